"""Chapter 2: an element-wise activation looks at one number, softmax at a whole row."""

from shapes import arrow, canvas, matrix, words


def draw(figure, read):
    axes = canvas(figure, 24)
    row = [(1, i) for i in range(3)]

    words(axes, 14.5, 22.3, "element-wise: each number", weight="semibold")
    matrix(axes, 3, 7.5, 3, 3, "$X$", ("$B$", "$M$"), 0, 2.7, marked=[(1, 1)])
    arrow(axes, (12.3, 11.5), (17.3, 11.5), "$f$")
    matrix(axes, 18.5, 7.5, 3, 3, "$Y$", ("", "$M$"), 2, 2.7, marked=[(1, 1)])
    words(axes, 14.5, 2, r"$y_{nj} = f(x_{nj})$")

    words(axes, 43, 22.3, "softmax: each row", weight="semibold")
    matrix(axes, 31.2, 7.5, 3, 3, "$Z$", ("$B$", "$M$"), 0, 2.7, marked=row)
    arrow(axes, (40.4, 11.5), (46, 11.5), "softmax")
    matrix(axes, 47.2, 7.5, 3, 3, "$Y$", ("", "$M$"), 2, 2.7, marked=row)
    words(axes, 43, 2, r"$y_{nj}$ depends on row $n$ of $Z$")
