"""Chapter 16: how a picture of a digit is made like one of MNIST's."""

from shapes import SIZE, arrow, canvas, ink, rectangle, words

SEVEN = [(0, 1), (1, 1), (0.45, 0)]  # across and up, in a box of 1 by 1


def seven(axes, x, y, width, height, linewidth):
    points = [(x + width * across, y + height * up) for across, up in SEVEN]
    axes.plot(*zip(*points), color=ink(0), linewidth=linewidth, solid_joinstyle="round")


def frame(axes, x, y, width, height):
    axes.plot([x, x + width, x + width, x, x], [y, y, y + height, y + height, y], color=ink(1),
              linewidth=1.2, linestyle="--")


def draw(figure, read):
    axes = canvas(figure, 72, 32)
    rectangle(axes, 2, 8, 14, 18)
    seven(axes, 4, 10, 4, 7, 2)
    frame(axes, 3.4, 9.4, 5.2, 8.2)
    words(axes, 9, 28, "any picture", size=SIZE)
    words(axes, 9, 5.2, "the edge is paper,\nwhat differs is ink", va="center")
    arrow(axes, (17, 17), (25, 17), "scale")
    frame(axes, 26, 10, 14, 14)
    seven(axes, 29.3, 10.8, 7.4, 12.4, 4)
    words(axes, 33, 28, r"$20 \times 20$", size=SIZE)
    words(axes, 33, 5.2, "its longer side\nfits the box")
    arrow(axes, (41, 17), (49, 17), "center")
    rectangle(axes, 50, 7.2, 19.6, 19.6)
    seven(axes, 55, 8.5, 7.4, 12.4, 4)
    axes.plot([59.8], [17], marker="o", color=ink(1), markersize=7)
    words(axes, 59.8, 28.8, r"$28 \times 28$", size=SIZE)
    words(axes, 59.8, 4.2, "the middle is the\ncenter of mass")
