"""Chapter 8: the window at its first place, the four products and their sum, and the output of all places."""

import numpy
from pieces import RECORDS, recorded_rows
from shapes import arrow, canvas, frame, numeral, table, words

BIAS = 1


def draw(figure, read):
    X, K, Y = (numpy.array(recorded_rows(RECORDS / "08_convolution.out", "8.2", name)) for name in "XKY")
    products = X[:2, :2] * K
    windows = numpy.lib.stride_tricks.sliding_window_view(X, K.shape)
    assert ((windows * K).sum((2, 3)) + BIAS == Y).all()

    axes = canvas(figure, 72, 25)
    table(axes, 2, 5, X, name="image $X$", color=0, marked=[(i, j) for i in (0, 1) for j in (0, 1)])
    frame(axes, 2, 13, 8, 8, 0)
    words(axes, 20.3, 17, "×", size=14)
    table(axes, 22.5, 13, K, name="kernel $K$", color=1)
    words(axes, 32.7, 17, "=", size=14)
    table(axes, 35, 13, products, name="products")
    arrow(axes, (44.5, 19), (57, 19), f"sum + bias {BIAS}")
    words(axes, 50.5, 17.4, " + ".join(map(numeral, [*products.flat, BIAS])).replace("+ −", "− "))
    table(axes, 58, 9, Y, name="output $Y$", color=2, marked=[(0, 0)])
    frame(axes, 58, 17, 4, 4, 2)
