"""Appendix A: the three networks of Nguyen Ngoc's report, shape by shape."""

from shapes import arrow, canvas, rectangle, words

NETWORKS = (
    ("CNN simple", (("image", "1 × 28 × 28"), ("5 maps, ReLU", "5 × 26 × 26"),
                    ("a row", "3,380"), ("sigmoid", "100"), ("sigmoid", "2")),
     ("conv\n3 × 3", "flatten", "dense", "dense")),
    ("CNN full", (("image", "1 × 28 × 28"), ("5 maps", "5 × 24 × 24"),
                  ("pooled, sigmoid", "5 × 12 × 12"), ("a row", "720"), ("sigmoid", "100"),
                  ("softmax", "2")),
     ("conv\n5 × 5", "pool\n2", "flatten", "dense", "dense")),
    ("MLP", (("a row", "784"), ("tanh", "1,000"), ("tanh", "100"), ("tanh", "10")),
     ("dense", "dense", "dense")))
WIDTH, HEIGHT, STEP = 10.4, 5, 15.2


def draw(figure, read):
    axes = canvas(figure, 89, 38)
    for color, (name, shapes, steps) in enumerate(NETWORKS):
        y = 26 - 11.6 * color
        words(axes, 1, y + HEIGHT + 2.2, name, color, ha="left", size=11)
        for i, (what, shape) in enumerate(shapes):
            x = 1 + i * STEP
            rectangle(axes, x, y, WIDTH, HEIGHT, color)
            words(axes, x + WIDTH / 2, y + HEIGHT / 2, shape)
            words(axes, x + WIDTH / 2, y - 1.4, what, size=8.5)
            if i < len(steps):
                arrow(axes, (x + WIDTH + 0.4, y + HEIGHT / 2), (x + STEP - 0.4, y + HEIGHT / 2))
                words(axes, x + (WIDTH + STEP) / 2, y + HEIGHT + (1.9 if "\n" in steps[i] else 1),
                      steps[i], size=8.5)
