"""Chapter 8: the first training images, and the same with their pixels in the order that the program draws."""

import gzip
from pathlib import Path

from matplotlib import rcParams
from matplotlib.colors import to_rgb

IMAGES = Path(__file__).resolve().parents[2] / "data/mnist/train-images-idx3-ubyte.gz"
HEADER, SIDE, SHOWN = 16, 28, 6  # bytes before the first image, pixels of a side, images


def draw(figure, read):
    with gzip.open(IMAGES) as file:
        file.read(HEADER)
        images = [file.read(SIDE * SIDE) for _ in range(SHOWN)]
    order = [int(pixel) for pixel in read("08_shuffled.csv")["from"]]
    assert sorted(order) == list(range(SIDE * SIDE))

    ink = to_rgb(rcParams["text.color"])
    figure.set_figheight(2.3)
    panels = figure.subplots(2, SHOWN)
    for above, below, image in zip(*panels, images):
        for axes, pixels in ((above, image), (below, [image[pixel] for pixel in order])):
            axes.imshow([[(*ink, pixel / 255) for pixel in pixels[row:row + SIDE]]
                         for row in range(0, SIDE * SIDE, SIDE)])
            axes.grid(False)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(True)
    panels[0][0].set_title("in order")
    panels[1][0].set_title("shuffled")
