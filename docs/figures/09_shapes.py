"""Chapter 9: rows of probabilities become classes, and pairs of classes the confusion matrix."""

from shapes import arrow, canvas, matrix, words

ACTUAL = (0, 0, 0, 1, 1, 1, 2, 2, 2, 2)  # the ten animals of section 9.2
PREDICTED = (0, 0, 1, 0, 1, 1, 0, 2, 2, 2)


def draw(figure, read):
    axes = canvas(figure, 40)
    cell, low = 3, 5
    matrix(axes, 3, low, 10, 3, "predictions", ("$N$", "$M$"), 0, cell, enumerate(PREDICTED))
    arrow(axes, (12.8, 20), (18.7, 20), "largest\nof a row", shift=2.6)
    matrix(axes, 19.7, low, 10, 1, "predicted", color=0, cell=cell)
    matrix(axes, 27, low, 10, 1, "actual", color=1, cell=cell)
    for i, (a, p) in enumerate(zip(ACTUAL, PREDICTED)):
        y = low + (9.5 - i) * cell
        words(axes, 21.2, y, str(p))
        words(axes, 28.5, y, str(a))
    arrow(axes, (30.8, 20), (35.7, 20), "count\npairs", shift=2.6)
    pairs = list(zip(ACTUAL, PREDICTED))
    counts = [[pairs.count((a, p)) for p in range(3)] for a in range(3)]
    matrix(axes, 40, 12.8, 3, 3, color=2, cell=4.8, sizes=("", ""), marked=[(i, i) for i in range(3)])
    for a in range(3):
        words(axes, 38.6, 24.8 - 4.8 * a, str(a))
        words(axes, 42.4 + 4.8 * a, 28.7, str(a))
        for p in range(3):
            words(axes, 42.4 + 4.8 * p, 24.8 - 4.8 * a, str(counts[a][p]), size=12)
    words(axes, 47.2, 31.4, "predicted $p$")
    words(axes, 40, 31.4, "actual $a$", ha="right")
    words(axes, 47.2, 10.6, "$N_{ap}$, shape $(M, M)$")
    words(axes, 47.2, 7.6, "diagonal: right")
