"""What the pictures with shapes are drawn with: matrices as rectangles with their sizes, arrows, words.

A tenth of an inch is the unit of length, (0, 0) the lower left corner. Colors come from the theme: None
is that of text, and 0, 1, 2 … are those of lines.
"""

import re

from matplotlib import patches, rcParams

WIDTH = 56  # the width of all these pictures: that of figures.py
SIZE = 10.5  # of letters, in points
RADIUS = 2.7  # of neurons


def canvas(figure, height):
    """Axes of so many tenths of an inch that show nothing of themselves."""
    figure.set_layout_engine("none")
    figure.set_size_inches(WIDTH / 10, height / 10)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, height)
    axes.axis("off")
    return axes


def ink(color=None):
    return rcParams["text.color"] if color is None else f"C{color}"


def words(axes, x, y, text, color=None, size=SIZE, **more):
    if not re.search(r"\w", re.sub(r"\$[^$]*\$", "", text)):
        size *= 1.2  # the letters of formulas are smaller
    more = {"ha": "center", "va": "center", "linespacing": 1.35} | more
    axes.text(x, y, text, color=ink(color), fontsize=size, **more)


def rectangle(axes, x, y, width, height, color=None, linewidth=1.2):
    axes.add_patch(patches.Rectangle((x, y), width, height, facecolor=ink(color), alpha=0.16,
                                     edgecolor="none"))
    axes.add_patch(patches.Rectangle((x, y), width, height, fill=False, edgecolor=ink(color),
                                     linewidth=linewidth, zorder=1.1))


def matrix(axes, x, y, rows, columns, name="", sizes=("", ""), color=None, cell=3, marked=()):
    """A matrix whose lower left corner is (x, y): its name below it, its numbers of rows and
    columns on the left and above; marked cells, (row, column), are highlighted."""
    width, height = columns * cell, rows * cell
    rectangle(axes, x, y, width, height, color)
    for row, column in marked:
        axes.add_patch(patches.Rectangle((x + column * cell, y + height - (row + 1) * cell), cell, cell,
                                         facecolor=ink(color), alpha=0.45, edgecolor="none"))
    for i in range(1, rows):
        axes.plot([x, x + width], [y + i * cell] * 2, color=ink(color), linewidth=0.5, alpha=0.6)
    for i in range(1, columns):
        axes.plot([x + i * cell] * 2, [y, y + height], color=ink(color), linewidth=0.5, alpha=0.6)
    if name:
        words(axes, x + width / 2, y - 1.6, name)
    if sizes[0]:
        words(axes, x - 1.2, y + height / 2, sizes[0])
    if sizes[1]:
        words(axes, x + width / 2, y + height + 1.2, sizes[1])


def neuron(axes, place, value, color=None):
    """A circle with a number in it."""
    axes.add_patch(patches.Circle(place, RADIUS, facecolor="none", edgecolor=ink(), linewidth=1.2))
    words(axes, *place, value, color=color)


def numeral(value):
    return f"{value:g}".replace("-", "−")


def table(axes, x, y, rows, cell=4, **more):
    """A matrix with its numbers; the options are those of a matrix."""
    matrix(axes, x, y, len(rows), len(rows[0]), cell=cell, **more)
    for i, row in enumerate(rows):
        for j, number in enumerate(row):
            words(axes, x + (j + 0.5) * cell, y + (len(rows) - i - 0.5) * cell, numeral(number))


def frame(axes, x, y, width, height, color=None):
    """What a window covers."""
    axes.add_patch(patches.Rectangle((x, y), width, height, fill=False, edgecolor=ink(color), linewidth=2.6,
                                     zorder=2))


def arrow(axes, start, end, text="", color=None, dashed=False, shift=1.4):
    axes.annotate("", end, start, zorder=3, arrowprops={
        "arrowstyle": "-|>", "color": ink(color), "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0,
        "linestyle": "--" if dashed else "-", "mutation_scale": 11})
    if text:
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + shift)
        words(axes, *middle, text, color=color)


def connection(axes, start, end, color=None):
    """An arrow from a neuron to another."""
    arrow(axes, (start[0] + RADIUS, start[1]), (end[0] - RADIUS, end[1]), color=color)
