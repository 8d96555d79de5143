"""Chapter 12: where each of the four remedies acts, in training; and that in use none does."""

from shapes import arrow, canvas, matrix, words

KEPT = ((0, 0), (0, 2), (0, 3), (1, 1), (1, 2), (2, 0), (2, 1), (2, 3))  # of a mask
CELL = 1.9


def draw(figure, read):
    axes = canvas(figure, 44)
    top, low = 30, 9
    upper, lower = top + 1.5 * CELL, low + 1.5 * CELL
    words(axes, 0.5, 42.5, "training", ha="left", weight="semibold")
    matrix(axes, 2.6, top, 3, 4, "images", ("$B$", "784"), None, CELL)
    arrow(axes, (10.8, upper), (16.6, upper), "augment", 1)
    matrix(axes, 17.2, top, 3, 4, "changed", ("", "784"), 1, CELL)
    arrow(axes, (25.4, upper), (30, upper), "$W_1$")
    words(axes, 27.5, upper - 1.7, "ReLU")
    matrix(axes, 30.6, top, 3, 4, "$H$", ("", "256"), 0, CELL)
    arrow(axes, (38.8, upper), (42.4, upper), "mask", 2)
    matrix(axes, 43, top, 3, 4, r"$H \odot m / (1 - p)$", ("", "256"), 2, CELL, KEPT)
    arrow(axes, (51.2, upper), (55.4, upper), "$W_2$")
    words(axes, 54, upper - 2.2, "cost")
    words(axes, 21, top - 5.4, "in each step, weight decay:\n" r"$W \leftarrow (1 - \eta\lambda)\,W$", 3)
    words(axes, 0.5, 19.5, "validation, test and use", ha="left", weight="semibold")
    matrix(axes, 2.6, low, 3, 4, "images", ("$B$", "784"), None, CELL)
    arrow(axes, (10.8, lower), (30, lower), "$W_1$, ReLU", shift=1.7)
    matrix(axes, 30.6, low, 3, 4, "$H$", ("", "256"), 0, CELL)
    arrow(axes, (38.8, lower), (51, lower), "$W_2$")
    words(axes, 53.5, lower, "cost")
    words(axes, 55.5, 3, "stop early: when this cost no longer falls", 4, ha="right")
    arrow(axes, (53.5, 4.6), (53.5, lower - 1.6), color=4)
