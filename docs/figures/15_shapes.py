"""Chapter 15: which numbers of a batch are normalized together."""

from matplotlib import patches
from shapes import canvas, ink, matrix, words


def strip(axes, x, y, width, height, color):
    axes.add_patch(patches.Rectangle((x, y), width, height, facecolor=ink(color), alpha=0.45,
                                     edgecolor="none"))


def sheet(axes, x, y, color):
    """One channel of one image."""
    size, cell = 6, 2
    axes.add_patch(patches.Rectangle((x, y), size, size, facecolor=ink(color) if color is not None else "none",
                                     alpha=0.45 if color is not None else 1, edgecolor="none"))
    for i in range(4):
        for line in (([x, x + size], [y + i * cell] * 2), ([x + i * cell] * 2, [y, y + size])):
            axes.plot(*line, color=ink(), linewidth=1.2 if i in (0, 3) else 0.4)


def draw(figure, read):
    axes = canvas(figure, 36)
    cell, low = 2.6, 11
    matrix(axes, 3, low, 5, 4, "", ("$B$", "$D$"), cell=cell)
    strip(axes, 3 + cell, low, cell, 5 * cell, 0)
    words(axes, 8.2, 33, "BatchNorm,\nrows", weight="semibold")
    words(axes, 8.2, 5.2, "a feature,\nover the batch:\n$n = B$", color=0)

    for image in range(2):
        for channel in range(3):
            sheet(axes, 20.2 + 6.6 * channel, 18 - 7 * image, 0 if channel == 1 else None)
    words(axes, 18.9, 17.4, "$B$")
    words(axes, 29.6, 25.6, "$D$ channels, $H \\times W$")
    words(axes, 29.6, 33, "BatchNorm,\nimages", weight="semibold")
    words(axes, 29.6, 5.2, "a channel, over the\nbatch and all pixels:\n$n = BHW$", color=0)

    matrix(axes, 44.6, low, 5, 4, "", ("$B$", "$D$"), cell=cell)
    strip(axes, 44.6, low + 3 * cell, 4 * cell, cell, 1)
    words(axes, 49.8, 33, "LayerNorm,\nrows", weight="semibold")
    words(axes, 49.8, 5.2, "a sample,\nby itself:\n$n = D$", color=1)
