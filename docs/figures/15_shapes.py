"""Chapter 15: which numbers of a batch are normalized together."""

from matplotlib import patches
from shapes import canvas, ink, matrix, words


def strip(axes, x, y, width, height, color):
    axes.add_patch(patches.Rectangle((x, y), width, height, facecolor=ink(color), alpha=0.45,
                                     edgecolor="none"))


def sheet(axes, x, y, color):
    """One channel of one image."""
    size, cell = 7.5, 2.5
    axes.add_patch(patches.Rectangle((x, y), size, size, facecolor=ink(color) if color is not None else "none",
                                     alpha=0.45 if color is not None else 1, edgecolor="none"))
    for i in range(4):
        for line in (([x, x + size], [y + i * cell] * 2), ([x + i * cell] * 2, [y, y + size])):
            axes.plot(*line, color=ink(), linewidth=1.2 if i in (0, 3) else 0.4)


def draw(figure, read):
    axes = canvas(figure, 72, 33)
    cell, low = 3, 10
    matrix(axes, 5, low, 5, 4, "", ("$B$", "$D$"), cell=cell)
    strip(axes, 5 + cell, low, cell, 5 * cell, 0)
    words(axes, 11, 30, "BatchNorm, rows")
    words(axes, 11, 5, "a feature over the batch:\n$n = B$ numbers", color=0)

    for image in range(2):
        for channel in range(3):
            sheet(axes, 27 + 8.6 * channel, 19 - 9.5 * image, 0 if channel == 1 else None)
    words(axes, 25.4, 18, "$B$")
    words(axes, 39.3, 27.9, "$D$ channels of $H \\times W$ pixels")
    words(axes, 39.3, 30.6, "BatchNorm, images")
    words(axes, 39.3, 5, "a channel over the batch and all pixels:\n$n = B H W$ numbers", color=0)

    matrix(axes, 57.5, low, 5, 4, "", ("$B$", "$D$"), cell=cell)
    strip(axes, 57.5, low + 3 * cell, 4 * cell, cell, 1)
    words(axes, 63.5, 30, "LayerNorm")
    words(axes, 63.5, 5, "a sample by itself:\n$n = D$ numbers", color=1)
