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
    axes = canvas(figure, 31)
    stack(axes, 3, 9, (2, 6, 6), 0, 2.2, [(i, j) for i in (1, 2) for j in (2, 3)])
    words(axes, 1.5, 15.6, "$H$")
    words(axes, 9.6, 7.4, "$W$")
    words(axes, 18.5, 24, "$C$")
    words(axes, 9.6, 4.4, "image $X$")
    words(axes, 9.6, 1.6, "$(B, C, H, W)$")

    for y in (21, 15, 9):
        stack(axes, 26.5, y, (2, 2, 2), 1, 2, step=0.8)
        arrow(axes, (18.4, 16.5), (25.4, y + 2.3))
        arrow(axes, (32.3, y + 2.3), (38.4, 16.5))
    words(axes, 28.9, 28, "$F × G$")
    words(axes, 28.9, 7.1, "$O$ kernels")
    words(axes, 28.9, 4.4, "$K$")
    words(axes, 28.9, 1.6, "$(O, C, F, G)$")

    stack(axes, 41, 9, (3, 5, 5), 2, 2.2, [(1, 2)])
    words(axes, 39.6, 12.4, "$H'$")
    words(axes, 46.5, 7.4, "$W'$")
    words(axes, 54.8, 24, "$O$")
    words(axes, 46.5, 4.4, "feature maps $Y$")
    words(axes, 46.5, 1.6, "$(B, O, H', W')$")
