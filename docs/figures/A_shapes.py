"""Appendix A: the three networks of Nguyen Ngoc's report, shape by shape."""

from shapes import arrow, canvas, rectangle, words

# Of each network: what leads to a shape, and the shape.
NETWORKS = (
    ("CNN simple", (("", "1 × 28 × 28"), ("conv 3 × 3, ReLU", "5 × 26 × 26"), ("flatten", "3,380"),
                    ("dense, sigmoid", "100"), ("dense, sigmoid", "2"))),
    ("CNN full", (("", "1 × 28 × 28"), ("conv 5 × 5", "5 × 24 × 24"),
                  ("pool 2, sigmoid", "5 × 12 × 12"), ("flatten", "720"), ("dense, sigmoid", "100"),
                  ("dense, softmax", "2"))),
    ("MLP", (("", "784"), ("dense, tanh", "1,000"), ("dense, tanh", "100"),
             ("dense, tanh", "10"))))
WIDTH, HEIGHT, STEP = 12, 4, 9.4


def draw(figure, read):
    axes = canvas(figure, 58)
    for color, (name, shapes) in enumerate(NETWORKS):
        x = 1 + 20 * color
        words(axes, x, 56, name, color, ha="left", weight="semibold")
        for i, (how, shape) in enumerate(shapes):
            y = 49 - i * STEP
            rectangle(axes, x, y, WIDTH, HEIGHT, color)
            words(axes, x + WIDTH / 2, y + HEIGHT / 2, shape)
            if how:
                arrow(axes, (x + 1.5, y + STEP - 0.3), (x + 1.5, y + HEIGHT + 0.3))
                words(axes, x + 2.8, y + (STEP + HEIGHT) / 2, how, ha="left")
