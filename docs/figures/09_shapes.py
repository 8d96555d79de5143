"""Chapter 9: rows of probabilities become classes, and pairs of classes the confusion matrix."""

from shapes import arrow, canvas, matrix, words

ACTUAL = (0, 0, 0, 1, 1, 1, 2, 2, 2, 2)  # the ten animals of section 9.2
PREDICTED = (0, 0, 1, 0, 1, 1, 0, 2, 2, 2)


def draw(figure, read):
    axes = canvas(figure, 70, 42)
    cell, low = 3, 6
    matrix(axes, 5, low, 10, 3, "predictions", ("$N$", "$M$"), 0, cell, enumerate(PREDICTED))
    arrow(axes, (15, 21), (22, 21), "largest\nof a row", shift=2.4)
    matrix(axes, 24, low, 10, 1, "predicted", color=0, cell=cell)
    matrix(axes, 32, low, 10, 1, "actual", color=1, cell=cell)
    for i, (a, p) in enumerate(zip(ACTUAL, PREDICTED)):
        y = low + (9.5 - i) * cell
        words(axes, 25.5, y, str(p))
        words(axes, 33.5, y, str(a))
    arrow(axes, (37, 21), (45, 21), "count\npairs", shift=2.4)
    pairs = list(zip(ACTUAL, PREDICTED))
    counts = [[pairs.count((a, p)) for p in range(3)] for a in range(3)]
    matrix(axes, 50, 13.5, 3, 3, color=2, cell=5, sizes=("", ""), marked=[(i, i) for i in range(3)])
    for a in range(3):
        words(axes, 48.6, 26 - 5 * a, str(a))
        words(axes, 52.5 + 5 * a, 30, str(a))
        for p in range(3):
            words(axes, 52.5 + 5 * p, 26 - 5 * a, str(counts[a][p]), size=12)
    words(axes, 57.5, 33, "predicted $p$")
    words(axes, 46.6, 29.4, "actual $a$", ha="center")
    words(axes, 57.5, 11.5, "$N_{ap}$, shape $(M, M)$")
    words(axes, 57.5, 8.2, "on the diagonal: right")
