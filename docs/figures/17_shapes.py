"""Chapter 17: a residual block, through the layers and past them."""

from matplotlib import patches
from shapes import arrow, canvas, ink, rectangle, words


def draw(figure, read):
    axes = canvas(figure, 20)
    words(axes, 3.5, 6, "$X$\n$(B, D)$")
    arrow(axes, (6.8, 6), (14.6, 6))
    rectangle(axes, 15, 3, 10, 6, 1)
    words(axes, 20, 6, "layers: $F$")
    arrow(axes, (25.4, 6), (34.8, 6), "$F(X)$")
    axes.add_patch(patches.Circle((37, 6), 1.8, fill=False, edgecolor=ink(), linewidth=1.2))
    words(axes, 37, 6, "+")
    axes.plot([9.5, 9.5, 37], [6, 15, 15], color=ink(0), linewidth=1.6)
    arrow(axes, (37, 15), (37, 8.2), color=0)
    words(axes, 23, 17, "past the layers: $X$, with the slope 1", color=0)
    arrow(axes, (39.2, 6), (44.2, 6))
    words(axes, 49.8, 6, "$Y = X + F(X)$\n$(B, D)$")
