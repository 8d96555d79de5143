"""Chapter 7: fan-in and fan-out, as connections and in the matrix of weights."""

from matplotlib import patches
from shapes import canvas, ink, matrix, words

CELL = 3.6


def layer(axes, x, heights, chosen):
    for i, y in enumerate(heights):
        axes.add_patch(patches.Circle((x, y), 1.5, facecolor=ink(chosen[i]) if i in chosen else "none",
                                      edgecolor=ink(chosen.get(i)), linewidth=1.2, zorder=3))


def draw(figure, read):
    axes = canvas(figure, 31)
    inputs, outputs = (23.5, 17.5, 11.5, 5.5), (20.5, 14.5, 8.5)
    for i, left in enumerate(inputs):
        for j, right in enumerate(outputs):
            color = 0 if j == 1 else 1 if i == 0 else None
            strong = color is not None
            axes.plot((6.1, 17.9), (left, right), color=ink(color), linewidth=1.8 if strong else 0.6,
                      alpha=1 if strong else 0.4, zorder=2 if strong else 1)
    layer(axes, 4.5, inputs, {0: 1})
    layer(axes, 19.5, outputs, {1: 0})
    words(axes, 4.5, 29.5, "$D = 4$ inputs", ha="left")
    words(axes, 16, 26.8, "$M = 3$\noutputs", ha="left")
    words(axes, 21.7, 14.5, r"$n_{\mathrm{in}} = 4$", color=0, ha="left")
    words(axes, 4.5, 26.6, r"$n_{\mathrm{out}} = 3$", color=1)
    words(axes, 12, 1.5, "connections")
    words(axes, 36.4, 1.5, "weights")

    matrix(axes, 31, 8.5, 4, 3, "$W$", ("$D$", "$M$"), cell=CELL)
    for i in range(4):
        cell(axes, 31 + CELL, 8.5 + CELL * i, 0)
    for j in (0, 2):
        cell(axes, 31 + CELL * j, 8.5 + CELL * 3, 1)
    words(axes, 42.8, 11.3, "a column: the\n" r"$n_{\mathrm{in}} = D$ weights" "\nof one neuron", color=0, ha="left")
    words(axes, 42.8, 20.4, "a row: the\n" r"$n_{\mathrm{out}} = M$ weights" "\nof one input", color=1, ha="left")


def cell(axes, x, y, color):
    axes.add_patch(patches.Rectangle((x, y), CELL, CELL, facecolor=ink(color), alpha=0.45))
