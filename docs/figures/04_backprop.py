"""Chapter 4: the network on paper after the backward pass: every parameter with its gradient next to it."""

import numpy
from pieces import RECORDS, recorded, recorded_rows
from shapes import RADIUS, canvas, connection, neuron, numeral, words

TOP, LOW, MIDDLE = 29.5, 9, 19
RECORD = RECORDS / "04_backprop.out"
W1, B1, W2, B2 = numpy.array([[0.5, -1], [1, 0.5]]), [0, 1.25], numpy.array([[2], [-1]]), [-0.5]


def node(axes, place, name, value, message=None):
    neuron(axes, place, numeral(value), 0)
    words(axes, place[0], place[1] + RADIUS + 0.6, name, va="bottom")
    if message is not None:
        words(axes, place[0], place[1] - RADIUS - 1.6, numeral(message), color=1)


def parameter(axes, x, y, value, gradient, name=""):
    words(axes, x - 0.5, y, name + numeral(value), color=0, ha="right")
    words(axes, x + 0.5, y, numeral(gradient), color=1, ha="left", weight="semibold")


def draw(figure, read):
    x, s, h, y = (numpy.array(recorded_rows(RECORD, "4.3", name))
                  for name in ("X", "X W1 + b1", "ReLU of it", "output"))
    assert (s == x @ W1 + B1).all() and (h == s.clip(0)).all() and (y == h @ W2 + B2).all()
    dW1, db1, dW2, db2, dx, ds, dh, dy = (recorded_rows(RECORD, "4.4", "d" + name) for name in (
        "W1", "b1", "W2", "b2", "X", " sums", " hidden", " output"))

    axes = canvas(figure, 41)
    inputs, sums, hidden = ([(at, TOP), (at, LOW)] for at in (3.5, 19.5, 32))
    output, cost = (43.5, MIDDLE), (53, MIDDLE)
    for i, j, across, up in ((0, 0, 11.5, TOP + 1.5), (0, 1, 11.3, 25.6), (1, 0, 7.3, 15.7), (1, 1, 11.5, LOW + 1.5)):
        connection(axes, inputs[i], sums[j])
        parameter(axes, across, up, W1[i, j], dW1[i][j])
    for i in range(2):
        connection(axes, sums[i], hidden[i])
        words(axes, 25.7, sums[i][1] + 1.5, "ReLU")
        connection(axes, hidden[i], output)
        parameter(axes, (35.2, 39.6)[i], (23.4, 10.6)[i], W2[i, 0], dW2[i][0])
        parameter(axes, sums[i][0] + 1.6, sums[i][1] + 6.8, B1[i], db1[0][i], "bias ")
        node(axes, inputs[i], f"$x_{i + 1}$", x[0, i], dx[0][i])
        node(axes, sums[i], f"sum {i + 1}", s[0, i], ds[0][i])
        node(axes, hidden[i], f"hidden {i + 1}", h[0, i], dh[0][i])
    connection(axes, output, cost)
    parameter(axes, 45.6, MIDDLE + 6.8, B2[0], db2[0][0], "bias ")
    node(axes, output, "output", y[0, 0], dy[0][0])
    node(axes, cost, "cost", float(recorded(RECORD, "4.3", r"cost = .* = (\S+)")))
