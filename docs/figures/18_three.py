"""Chapter 18: three places as a network; the attention weights are the widths of its lines."""

import numpy
from pieces import RECORDS, recorded_rows
from shapes import RADIUS, canvas, ink, neuron, numeral, words

X = (1, 0, 2)
CELL = 5


def draw(figure, read):
    p, o = (numpy.array(recorded_rows(RECORDS / "18_attention.out", "18.2", name))
            for name in ("weights p", "outputs o"))
    assert numpy.allclose(p @ X, o[:, 0], atol=0.002)
    axes = canvas(figure, 28)
    left, right, levels = 7, 29, (23, 14, 5)
    for (i, j), weight in numpy.ndenumerate(p):
        axes.plot((left + RADIUS, right - RADIUS), (levels[j], levels[i]), color=ink(0 if X[j] else None),
                  linewidth=11 * weight, alpha=0.75 if X[j] else 0.3, solid_capstyle="butt")
    for i, level in enumerate(levels):
        neuron(axes, (left, level), numeral(X[i]))
        neuron(axes, (right, level), numeral(o[i, 0]))
        words(axes, left - 4.6, level, f"$x_{i + 1}$")
        words(axes, right + 4.6, level, f"$o_{i + 1}$")
    words(axes, 38 + 1.5 * CELL, 25.5, "weights")
    for (i, j), weight in numpy.ndenumerate(p):
        x, y = 38 + j * CELL, 21.5 - (i + 1) * CELL
        axes.fill((x, x + CELL, x + CELL, x), (y, y, y + CELL, y + CELL), facecolor=ink(0), alpha=0.45 * weight)
        axes.plot((x, x + CELL, x + CELL, x, x), (y, y, y + CELL, y + CELL, y), color=ink(), linewidth=0.6)
        words(axes, x + CELL / 2, y + CELL / 2, f"{weight:.3f}")
