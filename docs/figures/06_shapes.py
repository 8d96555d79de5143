"""Chapter 6: all samples, three sets, and the training set in a new order, cut into batches."""

from shapes import arrow, canvas, rectangle, words

CELL = 3.4
ORDER = (8, 4, 3, 7, 5, 1, 0, 9, 2, 6)  # epoch 1 of section 6.4


def strip(axes, x, y, numbers, color, cell=CELL):
    for i, number in enumerate(numbers):
        rectangle(axes, x + i * cell, y, cell, cell, color, linewidth=0.8)
        words(axes, x + (i + 0.5) * cell, y + cell / 2, str(number))


def draw(figure, read):
    axes = canvas(figure, 55)
    rectangle(axes, 1, 49, 54, 4)
    words(axes, 28, 51, "all samples")
    arrow(axes, (18, 48.5), (18, 44.3))
    words(axes, 19.5, 46.4, "split: one permutation, cut in three", ha="left")
    for x, width, text, color in ((1, 34, "training set, $N$ samples", 0), (36.5, 10, "validation", 1),
                                   (48, 7, "test", 2)):
        rectangle(axes, x, 39.5, width, 4, color)
        words(axes, x + width / 2, 41.5, text)
    words(axes, 41.5, 37.2, "for choices")
    words(axes, 51.5, 37.2, "once")
    arrow(axes, (18, 39), (18, 34.3))
    words(axes, 19.5, 36.4, "here $N$ = 10", ha="left")
    strip(axes, 1, 30, range(10), 0)
    arrow(axes, (18, 29.5), (18, 25))
    words(axes, 19.5, 27.2, "each epoch: a new order, in batches of $B$ = 4", ha="left")
    for x, first, last in ((1, 0, 4), (18, 4, 8), (35, 8, 10)):
        rows = last - first
        strip(axes, x, 20.5, ORDER[first:last], 0)
        middle = x + CELL * rows / 2
        arrow(axes, (middle, 20), (middle, 15.4))
        words(axes, middle, 13.5, f"$X$  $({rows}, D)$")
        words(axes, middle, 10.3, f"$T$  $({rows}, M)$")
        words(axes, middle, 4.5, f"$g_B$: mean of\n{rows} gradients")
    words(axes, 43, 22.2, "a short\nlast batch", ha="left")
