"""Chapter 8: the window at its first place, the four products and their sum, and the output of all places."""

import numpy
from pieces import RECORDS, recorded_rows
from shapes import arrow, canvas, frame, ink, numeral, table, words

BIAS = 1


def draw(figure, read):
    X, K, Y = (numpy.array(recorded_rows(RECORDS / "08_convolution.out", "8.2", name)) for name in "XKY")
    products = X[:2, :2] * K
    windows = numpy.lib.stride_tricks.sliding_window_view(X, K.shape)
    assert ((windows * K).sum((2, 3)) + BIAS == Y).all()

    axes = canvas(figure, 30)
    table(axes, 1, 5, X, name="image $X$", color=0, marked=[(i, j) for i in (0, 1) for j in (0, 1)])
    frame(axes, 1, 13, 8, 8, 0)
    words(axes, 19, 17, "×", size=14)
    table(axes, 21, 13, K, name="kernel $K$", color=1)
    words(axes, 31, 17, "=", size=14)
    table(axes, 33, 13, products, name="products")
    words(axes, 27, 27.5, "sum + bias: " + " + ".join(map(numeral, [*products.flat, BIAS])).replace("+ −", "− ")
          + f" = {numeral(Y[0, 0])}")
    axes.plot((37, 37, 45), (21.4, 25.6, 25.6), color=ink(), linewidth=1.3)
    arrow(axes, (45, 25.6), (45, 21.4))
    table(axes, 43, 9, Y, name="output $Y$", color=2, marked=[(0, 0)])
    frame(axes, 43, 17, 4, 4, 2)
