"""Chapter 10: the most confident mistakes, of the MLP alone and of the CNN, with the digits themselves."""

import gzip
from pathlib import Path

TEST_IMAGES = Path(__file__).resolve().parents[2] / "data/mnist/t10k-images-idx3-ubyte.gz"
HEADER, SIDE = 16, 28  # bytes before the first image, pixels of a side
COLUMNS, ROWS = 6, 2


def image(pixels, index):
    start = HEADER + index * SIDE * SIDE
    return [[255 - pixel for pixel in pixels[row:row + SIDE]]
            for row in range(start, start + SIDE * SIDE, SIDE)]


def mistakes(data):
    return [(int(i), int(a), int(p))
            for i, a, p in zip(data["index"], data["actual"], data["predicted"])]


def gallery(part, pixels, title, shown):
    part.suptitle(title)
    for axes in part.subplots(ROWS, COLUMNS).flat:
        axes.set_axis_off()
    for axes, (index, actual, predicted) in zip(part.axes, shown):
        axes.imshow(image(pixels, index), cmap="gray", vmin=0, vmax=255)
        axes.set_title(f"{actual} read as {predicted}", fontsize=9)


def draw(figure, read):
    pixels = gzip.decompress(TEST_IMAGES.read_bytes())
    mlp, cnn = mistakes(read("mnist_mlp_mistakes.csv")), mistakes(read("mnist_cnn_mistakes.csv"))
    hard = {index for index, _, _ in cnn}
    only_mlp = [mistake for mistake in mlp if mistake[0] not in hard]
    figure.set_size_inches(7.4, 7)
    above, below = figure.subfigures(2, 1, hspace=0.05)
    shown = ROWS * COLUMNS
    gallery(above, pixels, f"misread by the MLP only: the {shown} most confident out of {len(only_mlp)}", only_mlp)
    gallery(below, pixels, f"the CNN's {shown} most confident mistakes out of {len(cnn)}; the MLP makes "
            f"{len(mlp) - len(only_mlp)} of the {len(cnn)}, too", cnn)
