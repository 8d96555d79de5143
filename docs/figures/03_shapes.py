"""Chapter 3: predictions and targets are reduced to one number, and the gradient goes back to the logits."""

from shapes import arrow, canvas, matrix, words


def draw(figure, read):
    axes = canvas(figure, 38)
    matrix(axes, 3, 26.5, 2, 3, "$Z$", ("$B$", "$M$"), 0, 2.6)
    arrow(axes, (11.8, 29), (18.4, 29), "softmax")
    matrix(axes, 21.4, 26.5, 2, 3, r"$\hat{Y}$", ("$B$", "$M$"), 2, 2.6)
    arrow(axes, (30.2, 29), (35.4, 29))
    matrix(axes, 36.4, 27.7, 1, 1, "$C$", color=1, cell=2.6)
    words(axes, 37.7, 33.2, "cost,\none number")
    arrow(axes, (44.6, 29), (40, 29))
    matrix(axes, 47.4, 26.5, 2, 3, "$T$", ("$B$", "$M$"), cell=2.6)
    words(axes, 48.6, 21.6, "or $B$ class numbers")

    arrow(axes, (37.7, 23.6), (30.6, 14), color=1, dashed=True)
    matrix(axes, 21.4, 8.5, 2, 3, r"$\partial C/\partial \hat{Y}$", ("$B$", "$M$"), 1, 2.6)
    arrow(axes, (18.4, 11), (11.8, 11), color=1, dashed=True)
    words(axes, 15.1, 13, "softmax,\nbackward", color=1, va="bottom")
    matrix(axes, 3, 8.5, 2, 3, r"$\partial C/\partial Z$", ("$B$", "$M$"), 1, 2.6)
    words(axes, 6.9, 2.8, r"$= (\hat{Y} - T)/B$")
