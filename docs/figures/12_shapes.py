"""Chapter 12: where each of the four remedies acts, in training; and that in use none does."""

from shapes import arrow, canvas, matrix, words

KEPT = ((0, 0), (0, 2), (0, 3), (1, 1), (1, 2), (2, 0), (2, 1), (2, 3))  # of a mask


def draw(figure, read):
    axes = canvas(figure, 76, 41)
    top, low = 27, 8
    words(axes, 1, 38.5, "training", ha="left", size=11)
    matrix(axes, 4, top, 3, 4, "images", ("$B$", "784"), None, 2.2)
    arrow(axes, (13.5, top + 3.3), (19.5, top + 3.3), "augment", 1)
    matrix(axes, 21, top, 3, 4, "other images", ("", "784"), 1, 2.2)
    arrow(axes, (30.5, top + 3.3), (37, top + 3.3), "$W_1$, ReLU", shift=1.7)
    matrix(axes, 38.5, top, 3, 4, "$H$", ("", "256"), 0, 2.2)
    arrow(axes, (48, top + 3.3), (53, top + 3.3), "mask", 2)
    matrix(axes, 54.5, top, 3, 4, "$H \\odot m / (1 - p)$", ("", "256"), 2, 2.2, KEPT)
    arrow(axes, (64, top + 3.3), (69, top + 3.3), "$W_2$")
    words(axes, 72, top + 3.3, "…  cost")
    words(axes, 30, top - 5, "in each step, weight decay:\n$W \\leftarrow (1 - \\eta\\lambda)\\,W$",
          3)
    words(axes, 1, 17.8, "validation, test and use", ha="left", size=11)
    matrix(axes, 4, low, 3, 4, "images", ("", "784"), None, 2.2)
    arrow(axes, (13.5, low + 3.3), (37, low + 3.3), "$W_1$, ReLU", shift=1.7)
    matrix(axes, 38.5, low, 3, 4, "$H$", ("", "256"), 0, 2.2)
    arrow(axes, (48, low + 3.3), (69, low + 3.3), "$W_2$")
    words(axes, 72, low + 3.3, "…  cost")
    words(axes, 57, 2.2, "stop early: when this cost no longer falls", 4)
    arrow(axes, (73, 4), (73, low + 1.8), color=4)
