"""Chapter 8: a window on an image with channels, the kernels, and the feature maps."""

from matplotlib import patches
from shapes import arrow, canvas, ink, matrix, words


def stack(axes, x, y, sizes, color, cell, marked=(), step=1.4):
    """Sheets behind one another, the first in front: (how many, rows, columns)."""
    count, rows, columns = sizes
    for i in reversed(range(count)):
        left, low = x + i * step, y + i * step
        if i == 0:
            matrix(axes, left, low, rows, columns, color=color, cell=cell, marked=marked)
            continue
        right, top = left + columns * cell, low + rows * cell  # only the rim of it can be seen
        rim = ((left, top - step), (left, top), (right, top), (right, low), (right - step, low),
               (right - step, top - step))
        for fill in ({"facecolor": ink(color), "alpha": 0.3, "edgecolor": "none"},
                     {"fill": False, "edgecolor": ink(color), "linewidth": 1.2}):
            axes.add_patch(patches.Polygon(rim, **fill))


def draw(figure, read):
    axes = canvas(figure, 70, 31)
    stack(axes, 5, 9, (2, 6, 6), 0, 2.6, [(i, j) for i in (1, 2) for j in (2, 3)])
    words(axes, 3.4, 16.8, "$H$")
    words(axes, 12.8, 7.3, "$W$")
    words(axes, 23.2, 26.6, "$C$")
    words(axes, 12.8, 4, "image $X$")
    words(axes, 12.8, 1.4, "$(B, C, H, W)$")

    for y in (21, 15, 9):
        stack(axes, 34, y, (2, 2, 2), 1, 2, step=0.8)
        arrow(axes, (24, 17.4), (32.5, y + 2.3))
        arrow(axes, (40, y + 2.3), (49.5, 17.4))
    words(axes, 36, 28, "$F × G$")
    words(axes, 36.4, 7.3, "$O$ kernels")
    words(axes, 36.4, 4, "$K$")
    words(axes, 36.4, 1.4, "$(O, C, F, G)$")

    stack(axes, 51, 9, (3, 5, 5), 2, 2.6, [(1, 2)])
    words(axes, 49.2, 13, "$H'$")
    words(axes, 57.5, 7.3, "$W'$")
    words(axes, 68, 25.6, "$O$")
    words(axes, 57.5, 4, "feature maps $Y$")
    words(axes, 57.5, 1.4, "$(B, O, H', W')$")
