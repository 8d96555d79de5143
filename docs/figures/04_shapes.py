"""Chapter 4: the network on paper, with what goes forward and the messages that come back."""

from shapes import RADIUS, SIZE, canvas, connection, neuron, words


def node(axes, x, y, value, message, name):
    neuron(axes, (x, y), value, 0)
    words(axes, x, y - RADIUS - 1.6, message, color=1, size=SIZE)
    words(axes, x, y + RADIUS + 1.5, name)


def edge(axes, start, end, weight="", where=0.3, aside=(0, 1.5)):
    connection(axes, start, end, color=0)
    x = start[0] + RADIUS + where * (end[0] - start[0] - 2 * RADIUS)
    y = start[1] + where * (end[1] - start[1])
    words(axes, x + aside[0], y + aside[1], weight)


def draw(figure, read):
    axes = canvas(figure, 70, 42)
    top, low, middle = 31, 14, 22.5
    places = {"x1": (5, top), "x2": (5, low), "s1": (24, top), "s2": (24, low), "h1": (39, top),
              "h2": (39, low), "y": (54, middle), "C": (66, middle)}
    node(axes, *places["x1"], "1", "2", "$x_1$")
    node(axes, *places["x2"], "0.5", "1.5", "$x_2$")
    node(axes, *places["s1"], "1", "2", "sum 1, bias 0")
    node(axes, *places["s2"], "0.5", "−1", "sum 2, bias 1.25")
    node(axes, *places["h1"], "1", "2", "hidden 1")
    node(axes, *places["h2"], "0.5", "−1", "hidden 2")
    node(axes, *places["y"], "1", "1", "output, bias −0.5")
    node(axes, *places["C"], "0.25", "", "cost")
    over, right, left = (0, 1.5), (1.8, 0.6), (-1.8, 0.6)
    for start, end, weight, where, aside in (
            ("x1", "s1", "0.5", 0.5, over), ("x1", "s2", "−1", 0.3, right),
            ("x2", "s1", "1", 0.25, left), ("x2", "s2", "0.5", 0.5, over),
            ("s1", "h1", "ReLU", 0.5, over), ("s2", "h2", "ReLU", 0.5, over),
            ("h1", "y", "2", 0.35, right), ("h2", "y", "−1", 0.5, left), ("y", "C", "", 0.5, over)):
        edge(axes, places[start], places[end], weight, where, aside)
    for x, text in ((5, "$X$ $(1, 2)$"), (24, "$XW_1 + b_1$\n$(1, 2)$"), (39, "$(1, 2)$"),
                    (54, "$(1, 1)$"), (66, "one\nnumber")):
        words(axes, x, 4, text)
    words(axes, 1, 40, "inside and along the arrows: forward", color=0, ha="left")
    words(axes, 69, 40, r"below: the message back, $\partial C/\partial$ of this number", color=1,
          ha="right")
