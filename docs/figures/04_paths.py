"""Chapter 4: the chain rule for the first input: two paths to the cost, a slope on each arrow."""

import math

from pieces import RECORDS, recorded
from shapes import canvas, connection, neuron, numeral, words

# From the input to the sum, to the hidden neuron, to the output, to the cost: the last is in both paths.
PATHS = ((0.5, 1, 2, 1), (-1, 1, -1, 1))
COLUMNS, ROWS, MIDDLE = (5, 19, 32, 43.5, 52.8), (30, 16), 23


def draw(figure, read):
    products = [float(recorded(RECORDS / "04_backprop.out", "4.4", rf"through sum {i}: .* is (\S+)")) for i in (1, 2)]
    assert products == [math.prod(path) for path in PATHS]

    axes = canvas(figure, 38)
    for left, right, name in zip(COLUMNS, COLUMNS[1:], ("$W_1$", r"$\mathrm{ReLU}'$", "$W_2$", "$2(y - 0.5)$")):
        words(axes, (left + right) / 2, 36.3, name)
    for i, (y, path) in enumerate(zip(ROWS, PATHS)):
        color = (0, 2)[i]
        places = [(COLUMNS[0], MIDDLE), (COLUMNS[1], y), (COLUMNS[2], y), (COLUMNS[3], MIDDLE)]
        for start, end, slope in zip(places, places[1:], path):
            connection(axes, start, end, color=color)
            aside = 1.5 if start[1] == end[1] else 2 if i == 0 else -2
            middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + aside
            words(axes, *middle, numeral(slope), color, weight="semibold")
        for place, name in zip(places[1:], (f"$s_{i + 1}$", f"$h_{i + 1}$")):
            neuron(axes, place, name)
        factors = " · ".join(f"({numeral(slope)})" if slope < 0 else numeral(slope) for slope in path)
        words(axes, 2.3, 8.4 - 2.8 * i, f"through $s_{i + 1}$: {factors} = {numeral(products[i])}", color, ha="left")
    connection(axes, (COLUMNS[3], MIDDLE), (COLUMNS[4], MIDDLE))
    words(axes, (COLUMNS[3] + COLUMNS[4]) / 2, MIDDLE + 1.5, numeral(PATHS[0][-1]), weight="semibold")
    for x, name in zip((COLUMNS[0], *COLUMNS[3:]), ("$x_1$", "$y$", "$C$")):
        neuron(axes, (x, MIDDLE), name)
    words(axes, 2.3, 2.2, rf"both together: $\partial C/\partial x_1$ = {' + '.join(map(numeral, products))} = "
          f"{numeral(sum(products))}", ha="left")
