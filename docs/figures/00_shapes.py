"""Chapter 0: what flows through the first network, with its shapes."""

from shapes import arrow, canvas, matrix, rectangle, words

# What a layer is called, how many numbers leave it, how high that row of numbers is drawn.
LAYERS = [("Dense", "64", 22), ("ReLU", "64", 22), ("Dense", "10", 10)]
STEP = 10.4  # from one row of numbers to the next


def draw(figure, read):
    axes = canvas(figure, 33)
    words(axes, 6, 23.5, "an image")
    matrix(axes, 1, 12, 10, 10, "28 × 28", color=0, cell=1,
           marked=[(2, c) for c in range(2, 8)] + [(r, 9 - r) for r in range(3, 9)])
    arrow(axes, (12, 17), (15, 17))
    x = 17.5
    rectangle(axes, x - 1.5, 3, 3, 28, 0)
    words(axes, x, 1.3, "784")
    for i, (name, count, height) in enumerate(LAYERS):
        arrow(axes, (x + 2.3, 17), (x + STEP - 2.3, 17), name)
        x += STEP
        rectangle(axes, x - 1.5, 17 - height / 2, 3, height, 1 if i < 2 else 2)
        words(axes, x, 15.3 - height / 2, count)
    arrow(axes, (x + 2.3, 17), (x + 4.6, 17))
    words(axes, x + 6.2, 17, "7", size=15, weight="semibold")
