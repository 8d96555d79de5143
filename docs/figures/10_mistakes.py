"""Chapter 10: the most confident mistakes, of the MLP alone and of the CNN, with the digits themselves."""

import gzip
from pathlib import Path

from matplotlib import colors, rcParams

TEST_IMAGES = Path(__file__).resolve().parents[2] / "data/mnist/t10k-images-idx3-ubyte.gz"
HEADER, SIDE = 16, 28  # bytes before the first image, pixels of a side
COLUMNS, ROWS = 6, 2


def image(pixels, index):
    start = HEADER + index * SIDE * SIDE
    ink = colors.to_rgb(rcParams["text.color"])
    return [[(*ink, pixel / 255) for pixel in pixels[row:row + SIDE]]
            for row in range(start, start + SIDE * SIDE, SIDE)]


def mistakes(data):
    return [(int(i), int(a), int(p))
            for i, a, p in zip(data["index"], data["actual"], data["predicted"])]


def gallery(part, pixels, title, shown):
    part.suptitle(title, x=0, ha="left", fontsize=10.5, fontweight="semibold")
    for axes in part.subplots(ROWS, COLUMNS).flat:
        axes.set_axis_off()
    for axes, (index, actual, predicted) in zip(part.axes, shown):
        axes.imshow(image(pixels, index))
        axes.set_title(f"{actual} as {predicted}", fontweight="normal", loc="center", pad=2)


def draw(figure, read):
    pixels = gzip.decompress(TEST_IMAGES.read_bytes())
    mlp, cnn = mistakes(read("mnist_mlp_mistakes.csv")), mistakes(read("mnist_cnn_mistakes.csv"))
    hard = {index for index, _, _ in cnn}
    only_mlp = [mistake for mistake in mlp if mistake[0] not in hard]
    figure.set_figheight(6)
    above, below = figure.subfigures(2, 1, hspace=0.05)
    shown = ROWS * COLUMNS
    gallery(above, pixels, f"only the MLP misread these: the {shown} most confident of {len(only_mlp)}", only_mlp)
    gallery(below, pixels, f"the CNN misread these: the {shown} most confident of {len(cnn)}", cnn)
