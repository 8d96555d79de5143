"""Chapter 3: predictions and targets are reduced to one number, and the gradient goes back to the logits."""

from shapes import arrow, canvas, matrix, words


def draw(figure, read):
    axes = canvas(figure, 70, 38)
    matrix(axes, 4, 26, 2, 3, "$Z$", ("$B$", "$M$"), 0)
    arrow(axes, (14, 29), (23, 29), "softmax")
    matrix(axes, 26, 26, 2, 3, r"$\hat{Y}$", ("$B$", "$M$"), 2)
    arrow(axes, (36, 29), (43, 29))
    matrix(axes, 44, 27.5, 1, 1, "$C$", color=1)
    words(axes, 45.5, 33, "cost\none number")
    arrow(axes, (55, 29), (48, 29))
    matrix(axes, 58, 26, 2, 3, "$T$", ("$B$", "$M$"))
    words(axes, 62.5, 21.5, "or class numbers, $(B)$")

    arrow(axes, (45.5, 22.5), (36, 13), color=1, dashed=True)
    matrix(axes, 26, 8, 2, 3, r"$\partial C/\partial \hat{Y}$", ("$B$", "$M$"), 1)
    arrow(axes, (23, 11), (14, 11), color=1, dashed=True)
    words(axes, 18.5, 13, "softmax,\nbackward", color=1, va="bottom")
    matrix(axes, 4, 8, 2, 3, r"$\partial C/\partial Z$", ("$B$", "$M$"), 1)
    words(axes, 8.5, 2.5, r"$= (\hat{Y} - T)/B$")
