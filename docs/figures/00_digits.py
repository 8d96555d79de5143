"""The opening of chapter 0: the first test images of MNIST."""

import gzip
from pathlib import Path

from matplotlib import colors, rcParams

TEST_IMAGES = Path(__file__).resolve().parents[2] / "data/mnist/t10k-images-idx3-ubyte.gz"
HEADER, SIDE, ACROSS = 16, 28, 6


def draw(figure, read):
    pixels = gzip.decompress(TEST_IMAGES.read_bytes())[HEADER:]
    ink = colors.to_rgb(rcParams["text.color"])
    figure.set_size_inches(4, 4)
    for number, axes in enumerate(figure.subplots(ACROSS, ACROSS).flat):
        image = [pixels[(number * SIDE + row) * SIDE:][:SIDE] for row in range(SIDE)]
        axes.imshow([[(*ink, pixel / 255) for pixel in row] for row in image])
        axes.set_axis_off()
