"""Chapter 7: fan-in and fan-out, as connections and in the matrix of weights."""

from matplotlib import patches
from shapes import canvas, ink, matrix, words


def layer(axes, x, heights, chosen):
    for i, y in enumerate(heights):
        axes.add_patch(patches.Circle((x, y), 1.5, facecolor=ink(chosen[i]) if i in chosen else "none",
                                      edgecolor=ink(chosen.get(i)), linewidth=1.2, zorder=3))


def draw(figure, read):
    axes = canvas(figure, 70, 32)
    inputs, outputs = (24, 18, 12, 6), (21, 15, 9)
    for i, left in enumerate(inputs):
        for j, right in enumerate(outputs):
            color = 0 if j == 1 else 1 if i == 0 else None
            strong = color is not None
            axes.plot((9.6, 24.4), (left, right), color=ink(color), linewidth=1.8 if strong else 0.6,
                      alpha=1 if strong else 0.4, zorder=2 if strong else 1)
    layer(axes, 8, inputs, {0: 1})
    layer(axes, 26, outputs, {1: 0})
    words(axes, 8, 30, "$D = 4$ inputs")
    words(axes, 26, 30, "$M = 3$ outputs")
    words(axes, 28.5, 15, "$n_{in}$ = 4", color=0, ha="left", size=11)
    words(axes, 8, 27, "$n_{out}$ = 3", color=1, size=11)
    words(axes, 17, 2, "as connections")
    words(axes, 48.4, 2, "as weights")

    matrix(axes, 43, 9, 4, 3, "$W$", ("$D$", "$M$"), cell=3.6)
    for i in range(4):
        cell(axes, 43 + 3.6, 9 + 3.6 * i, 0)
    for j in (0, 2):
        cell(axes, 43 + 3.6 * j, 9 + 3.6 * 3, 1)
    words(axes, 55.2, 12, "a column:\n$n_{in} = D$ weights\nlead into one neuron", color=0, ha="left",
          va="center")
    words(axes, 55.2, 21, "a row:\n$n_{out} = M$ weights\nlead out of one input", color=1, ha="left")


def cell(axes, x, y, color):
    axes.add_patch(patches.Rectangle((x, y), 3.6, 3.6, facecolor=ink(color), alpha=0.45))
