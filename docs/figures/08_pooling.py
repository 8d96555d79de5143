"""Chapter 8: max pooling keeps the largest value of each window, and the gradient goes to these winners only."""

import numpy
from pieces import RECORDS, recorded_rows
from shapes import arrow, canvas, frame, table

SIZE, CELL = 2, 3.6


def draw(figure, read):
    record = RECORDS / "08_convolution.out"
    X = numpy.array(recorded_rows(record, "8.2", "X"))
    Y, dX = (numpy.array(recorded_rows(record, "8.7", name)) for name in ("largest", "dX"))
    winners = list(zip(*dX.nonzero()))
    assert all(X[i, j] == Y[i // SIZE, j // SIZE] for i, j in winners) and len(winners) == Y.size

    axes = canvas(figure, 20)
    table(axes, 1, 4, X, CELL, name="image $X$", color=0, marked=winners)
    table(axes, 24.4, 4 + CELL, Y, CELL, name="largest, $Y$", color=2)
    table(axes, 40.6, 4, dX, CELL, name=r"$dX$, for a $dY\,$ of ones", color=1, marked=winners)
    for i, j in numpy.ndindex(Y.shape):
        for x in (1, 40.6):
            frame(axes, x + j * SIZE * CELL, 4 + i * SIZE * CELL, SIZE * CELL, SIZE * CELL)
    arrow(axes, (16.4, 4 + 2 * CELL), (23.4, 4 + 2 * CELL), "forward")
    arrow(axes, (32.6, 4 + 2 * CELL), (39.6, 4 + 2 * CELL), "back", 1)
