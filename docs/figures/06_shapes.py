"""Chapter 6: all samples, three sets, and the training set in a new order, cut into batches."""

from shapes import arrow, canvas, rectangle, words

ORDER = (8, 4, 3, 7, 5, 1, 0, 9, 2, 6)  # epoch 1 of section 6.4


def strip(axes, x, y, numbers, color, cell=3.6):
    for i, number in enumerate(numbers):
        rectangle(axes, x + i * cell, y, cell, cell, color, linewidth=0.8)
        words(axes, x + (i + 0.5) * cell, y + cell / 2, str(number))


def draw(figure, read):
    axes = canvas(figure, 70, 55)
    rectangle(axes, 4, 48, 62, 4)
    words(axes, 35, 50, "all samples")
    arrow(axes, (35, 47.5), (35, 43.3))
    words(axes, 36.5, 45.4, "split: one permutation, cut in three", ha="left")
    for x, width, text, color in ((4, 36, "training set, $N$ samples", 0), (42, 12, "validation", 1),
                                   (56, 10, "test", 2)):
        rectangle(axes, x, 38.5, width, 4, color)
        words(axes, x + width / 2, 40.5, text)
    words(axes, 48, 36.2, "for choices")
    words(axes, 61, 36.2, "used once")
    arrow(axes, (22, 38), (22, 33.3))
    words(axes, 23.5, 35.2, "here $N = 10$", ha="left")
    strip(axes, 4, 29, range(10), 0)
    arrow(axes, (22, 28.5), (22, 23.3))
    words(axes, 23.5, 26, "a new permutation every epoch, cut into batches of $B = 4$", ha="left")
    for x, first, last in ((4, 0, 4), (24, 4, 8), (44, 8, 10)):
        strip(axes, x, 18.5, ORDER[first:last], 0)
    for x, rows in ((4, "4"), (24, "4"), (44, "2")):
        width = 14.4 if rows == "4" else 7.2
        arrow(axes, (x + width / 2, 18), (x + width / 2, 13.2))
        words(axes, x + width / 2, 11.5, f"$X$ $({rows}, D)$")
        words(axes, x + width / 2, 8.8, f"$T$ $({rows}, M)$")
        words(axes, x + width / 2, 4.5, f"$g_B$: mean\nof {rows} gradients")
    words(axes, 56, 20.3, "a short last batch", ha="left")
