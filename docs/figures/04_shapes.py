"""Chapter 4: the network on paper, with what goes forward and the messages that come back."""

from shapes import RADIUS, canvas, connection, neuron, words


def node(axes, x, y, value, message, name):
    neuron(axes, (x, y), value, 0)
    words(axes, x, y - RADIUS - 1.6, message, color=1)
    words(axes, x, y + RADIUS + 0.6, name, va="bottom")


def edge(axes, start, end, weight="", where=0.3, aside=(0, 1.5)):
    connection(axes, start, end, color=0)
    x = start[0] + RADIUS + where * (end[0] - start[0] - 2 * RADIUS)
    y = start[1] + where * (end[1] - start[1])
    words(axes, x + aside[0], y + aside[1], weight)


def draw(figure, read):
    axes = canvas(figure, 46)
    top, low, middle = 31, 14, 22.5
    places = {"x1": (4, top), "x2": (4, low), "s1": (18.5, top), "s2": (18.5, low), "h1": (30.5, top),
              "h2": (30.5, low), "y": (42.5, middle), "C": (52.5, middle)}
    node(axes, *places["x1"], "1", "2", "$x_1$")
    node(axes, *places["x2"], "0.5", "1.5", "$x_2$")
    node(axes, *places["s1"], "1", "2", "sum 1,\nbias 0")
    node(axes, *places["s2"], "0.5", "−1", "sum 2,\nbias 1.25")
    node(axes, *places["h1"], "1", "2", "hidden 1")
    node(axes, *places["h2"], "0.5", "−1", "hidden 2")
    node(axes, *places["y"], "1", "1", "output,\nbias −0.5")
    node(axes, *places["C"], "0.25", "", "cost")
    over, right, left = (0, 1.5), (1.8, 0.6), (-1.8, 0.6)
    for start, end, weight, where, aside in (
            ("x1", "s1", "0.5", 0.5, over), ("x1", "s2", "−1", 0.3, right),
            ("x2", "s1", "1", 0.25, left), ("x2", "s2", "0.5", 0.5, over),
            ("s1", "h1", "ReLU", 0.5, over), ("s2", "h2", "ReLU", 0.5, over),
            ("h1", "y", "2", 0.35, right), ("h2", "y", "−1", 0.35, (1.8, -0.9)), ("y", "C", "", 0.5, over)):
        edge(axes, places[start], places[end], weight, where, aside)
    for x, text in ((4, "$X$\n$(1, 2)$"), (18.5, "$XW_1 + b_1$\n$(1, 2)$"), (30.5, "$(1, 2)$"),
                    (42.5, "$(1, 1)$"), (52.5, "one\nnumber")):
        words(axes, x, 4, text)
    words(axes, 0.5, 44.2, "blue: forward", color=0, ha="left")
    words(axes, 0.5, 41.4, r"orange: the message back, $\partial C/\partial$ of the number in the circle", color=1,
          ha="left")
