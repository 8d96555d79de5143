"""Chapter 1: the shapes of a dense layer, forward and on the way back, in the sizes of its example."""

from shapes import canvas, matrix, words

DY = r"$\partial C/\partial Y$"


def draw(figure, read):
    axes = canvas(figure, 55)
    row = [(0, i) for i in range(3)]
    column = [(i, 0) for i in range(3)]

    words(axes, 0.5, 53, "forward", ha="left", weight="semibold")
    matrix(axes, 4, 41.5, 2, 3, "$X$", ("$B$", "$D$"), 0, marked=row)
    words(axes, 15.5, 44.5, "·", size=16)
    matrix(axes, 20, 40, 3, 2, "$W$", ("$D$", "$M$"), 1, marked=column)
    words(axes, 29, 44.5, "+", size=14)
    matrix(axes, 32, 43, 1, 2, "$b$", ("", "$M$"), 1, marked=column[:1])
    words(axes, 41, 44.5, "=", size=14)
    matrix(axes, 46.5, 41.5, 2, 2, "$Y$", ("$B$", "$M$"), 2, marked=column[:1])

    words(axes, 0.5, 35, "back", ha="left", weight="semibold")
    matrix(axes, 4, 21.5, 3, 2, "$X^T$", ("$D$", "$B$"), 0, marked=row[:2])
    words(axes, 12.5, 26, "·", size=16)
    matrix(axes, 17, 23, 2, 2, DY, ("$B$", "$M$"), 2, marked=column[:2])
    words(axes, 25.5, 26, "=", size=14)
    matrix(axes, 30, 21.5, 3, 2, r"$\partial C/\partial W$", ("$D$", "$M$"), 1, marked=column[:1])
    words(axes, 47.5, 32.4, "sum of each\ncolumn of " + DY)
    matrix(axes, 44.5, 24.5, 1, 2, r"$\partial C/\partial b$", ("", "$M$"), 1, marked=column[:1])

    matrix(axes, 4, 5, 2, 2, DY, ("$B$", "$M$"), 2, marked=row[:2])
    words(axes, 12.5, 8, "·", size=16)
    matrix(axes, 17, 5, 2, 3, "$W^T$", ("$M$", "$D$"), 1, marked=column[:2])
    words(axes, 28.5, 8, "=", size=14)
    matrix(axes, 33, 5, 2, 3, r"$\partial C/\partial X$", ("$B$", "$D$"), 0, marked=column[:1])
