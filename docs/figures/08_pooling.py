"""Chapter 8: max pooling keeps the largest value of each window, and the gradient goes to these winners only."""

import numpy
from pieces import RECORDS, recorded_rows
from shapes import arrow, canvas, frame, table

SIZE, CELL = 2, 4


def draw(figure, read):
    record = RECORDS / "08_convolution.out"
    X = numpy.array(recorded_rows(record, "8.2", "X"))
    Y, dX = (numpy.array(recorded_rows(record, "8.7", name)) for name in ("largest", "dX"))
    winners = list(zip(*dX.nonzero()))
    assert all(X[i, j] == Y[i // SIZE, j // SIZE] for i, j in winners) and len(winners) == Y.size

    axes = canvas(figure, 70, 24)
    table(axes, 2, 4, X, name="image $X$", color=0, marked=winners)
    table(axes, 31, 8, Y, name="the largest, $Y$", color=2)
    table(axes, 52, 4, dX, name=r"$dX$, for a $dY\,$ of ones", color=1, marked=winners)
    for i, j in numpy.ndindex(Y.shape):
        for x in (2, 52):
            frame(axes, x + j * SIZE * CELL, 4 + i * SIZE * CELL, SIZE * CELL, SIZE * CELL)
    arrow(axes, (20, 12), (29, 12), "forward")
    arrow(axes, (41, 12), (50, 12), "backward", 1)
