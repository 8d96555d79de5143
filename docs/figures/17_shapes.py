"""Chapter 17: a residual block, through the layers and past them."""

from matplotlib import patches
from shapes import arrow, canvas, ink, rectangle, words


def draw(figure, read):
    axes = canvas(figure, 22)
    words(axes, 4, 7, "$X$\n$(B, D)$")
    arrow(axes, (7.5, 7), (17.6, 7))
    rectangle(axes, 18, 4, 12, 6, 1)
    words(axes, 24, 7, "layers: $F$")
    arrow(axes, (30.4, 7), (40, 7), "$F(X)$")
    axes.add_patch(patches.Circle((42, 7), 1.8, fill=False, edgecolor=ink(), linewidth=1.2))
    words(axes, 42, 7, "+")
    axes.plot([11, 11, 42], [7, 16, 16], color=ink(0), linewidth=1.6)
    arrow(axes, (42, 16), (42, 9.2), color=0)
    words(axes, 26, 18, "past the layers: $X$, with the slope 1", color=0)
    arrow(axes, (44.2, 7), (52, 7))
    words(axes, 58, 7, "$Y = X + F(X)$")
