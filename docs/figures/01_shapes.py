"""Chapter 1: the shapes of a dense layer, forward and on the way back, in the sizes of its example."""

from shapes import canvas, matrix, words

DY = r"$\partial C/\partial Y$"


def draw(figure, read):
    axes = canvas(figure, 70, 54)
    row = [(0, i) for i in range(3)]
    column = [(i, 0) for i in range(3)]

    words(axes, 1, 51.5, "forward", ha="left")
    matrix(axes, 6, 39.5, 2, 3, "$X$", ("$B$", "$D$"), 0, marked=row)
    words(axes, 18, 42.5, r"$\cdot$", size=20)
    matrix(axes, 23, 38, 3, 2, "$W$", ("$D$", "$M$"), 1, marked=column)
    words(axes, 32.5, 42.5, "+", size=14)
    matrix(axes, 37, 41, 1, 2, "$b$", ("", "$M$"), 1, marked=column[:1])
    words(axes, 47, 42.5, "=", size=14)
    matrix(axes, 53, 39.5, 2, 2, "$Y$", ("$B$", "$M$"), 2, marked=column[:1])

    words(axes, 1, 34.5, "back", ha="left")
    matrix(axes, 6, 21, 3, 2, "$X^T$", ("$D$", "$B$"), 0, marked=row[:2])
    words(axes, 16, 25.5, r"$\cdot$", size=20)
    matrix(axes, 21, 22.5, 2, 2, DY, ("$B$", "$M$"), 2, marked=column[:2])
    words(axes, 30.5, 25.5, "=", size=14)
    matrix(axes, 36, 21, 3, 2, r"$\partial C/\partial W$", ("$D$", "$M$"), 1, marked=column[:1])
    words(axes, 52, 31.6, "sum of each column", size=9.5)
    words(axes, 52, 29.2, r"of $\partial C/\partial Y$ =")
    matrix(axes, 49, 23, 1, 2, r"$\partial C/\partial b$", ("", "$M$"), 1, marked=column[:1])

    matrix(axes, 6, 5, 2, 2, DY, ("$B$", "$M$"), 2, marked=row[:2])
    words(axes, 16, 8, r"$\cdot$", size=20)
    matrix(axes, 21, 5, 2, 3, "$W^T$", ("$M$", "$D$"), 1, marked=column[:2])
    words(axes, 34, 8, "=", size=14)
    matrix(axes, 39, 5, 2, 3, r"$\partial C/\partial X$", ("$B$", "$D$"), 0, marked=column[:1])
