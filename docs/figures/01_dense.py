"""Chapter 1: a layer of three inputs and four outputs as a network; its products are the widths of lines."""

import numpy
from pieces import RECORDS, recorded_rows
from shapes import RADIUS, canvas, ink, neuron, numeral, words

YOURS = numpy.array([[1, 0], [0, 1], [1, 2]]), (0, -1)  # weights and biases of the last two outputs


def line(axes, start, end, product, most):
    color = 0 if product > 0 else 1 if product < 0 else None
    axes.plot((start[0] + RADIUS, end[0] - RADIUS), (start[1], end[1]), color=ink(color),
              linewidth=0.8 + 6 * abs(product) / most, alpha=0.9 if product else 0.5,
              solid_capstyle="butt")


def factor(value):
    return f"({numeral(value)})" if value < 0 else numeral(value)


def draw(figure, read):
    x = numpy.array(recorded_rows(RECORDS / "01_dense.out", "1.3", "X"))[0]
    W, b, y = (numpy.array(recorded_rows(RECORDS / "01_dense.out", "1.2", name))
               for name in ("W", "b", "x W + b"))
    W, b = numpy.hstack([W, YOURS[0]]), numpy.hstack([b[0], YOURS[1]])
    outputs = x @ W + b
    assert list(outputs[:2]) == list(y[0])

    axes = canvas(figure, 36)
    products = x[:, None] * W
    lefts, rights = [(7, 27.5 - 9 * i) for i in range(3)], [(30, 32 - 9 * j) for j in range(4)]
    for (i, j), product in numpy.ndenumerate(products):
        line(axes, lefts[i], rights[j], product, abs(products).max())
    for i, place in enumerate(lefts):
        neuron(axes, place, numeral(x[i]))
        words(axes, place[0] - 4.6, place[1], f"$x_{i + 1}$")
    for j, place in enumerate(rights):
        neuron(axes, place, numeral(outputs[j]))
        first, *others = [f"{factor(value)} · {factor(w)}" for value, w in zip(x, W[:, j])]
        words(axes, place[0] + 3.7, place[1], f"$y_{j + 1}$", ha="left")
        words(axes, place[0] + 6.6, place[1], f"= {numeral(b[j])} + {first}\n+ {' + '.join(others)}", ha="left")
