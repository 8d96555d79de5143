"""Chapter 2: an element-wise activation looks at one number, softmax at a whole row."""

from shapes import arrow, canvas, matrix, words


def draw(figure, read):
    axes = canvas(figure, 70, 26)
    row = [(1, i) for i in range(3)]

    words(axes, 17, 24, "element-wise: number by number")
    matrix(axes, 4, 8, 3, 3, "$X$", ("$B$", "$M$"), 0, marked=[(1, 1)])
    arrow(axes, (14, 12.5), (21, 12.5), "$f$")
    matrix(axes, 23, 8, 3, 3, "$Y$", ("", "$M$"), 2, marked=[(1, 1)])
    words(axes, 17.5, 2.5, r"$y_{nj} = f(x_{nj})$")

    words(axes, 53, 24, "softmax: row by row")
    matrix(axes, 40, 8, 3, 3, "$Z$", ("$B$", "$M$"), 0, marked=row)
    arrow(axes, (50, 12.5), (57, 12.5), "softmax")
    matrix(axes, 59, 8, 3, 3, "$Y$", ("", "$M$"), 2, marked=row)
    words(axes, 53.5, 2.5, r"$y_{nj}$ depends on all of row $n$ of $Z$")
