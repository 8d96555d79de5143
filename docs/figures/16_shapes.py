"""Chapter 16: how a picture of a digit is made like one of MNIST's."""

from shapes import arrow, canvas, ink, rectangle, words

SEVEN = [(0, 1), (1, 1), (0.45, 0)]  # across and up, in a box of 1 by 1


def seven(axes, x, y, width, height, linewidth):
    points = [(x + width * across, y + height * up) for across, up in SEVEN]
    axes.plot(*zip(*points), color=ink(0), linewidth=linewidth, solid_joinstyle="round")


def frame(axes, x, y, width, height):
    axes.plot([x, x + width, x + width, x, x], [y, y, y + height, y + height, y], color=ink(1),
              linewidth=1.2, linestyle="--")


def draw(figure, read):
    axes = canvas(figure, 30)
    rectangle(axes, 1, 8, 11, 14)
    seven(axes, 2.6, 9.6, 3.4, 6, 1.8)
    frame(axes, 2, 9, 4.6, 7.2)
    words(axes, 6.5, 27.3, "any picture", weight="semibold")
    words(axes, 6.5, 4, "the edge is\npaper")
    arrow(axes, (13, 15), (19, 15), "scale")
    frame(axes, 20, 9, 12, 12)
    seven(axes, 22.8, 9.6, 6.4, 10.8, 3.4)
    words(axes, 26, 27.3, "20 × 20", weight="semibold")
    words(axes, 26, 4, "its longer side\nfits the box")
    arrow(axes, (33, 15), (38.6, 15), "center")
    rectangle(axes, 39, 7, 16.4, 16.4)
    seven(axes, 43.1, 8.1, 6.4, 10.8, 3.4)
    axes.plot([47.2], [15], marker="o", color=ink(1), markersize=7)
    words(axes, 47.2, 27.3, "28 × 28", weight="semibold")
    words(axes, 47.2, 4, "the center of mass\nis in the middle")
