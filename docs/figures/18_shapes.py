"""Chapter 18: one head, from the sequence to the weighted means."""

from shapes import arrow, canvas, matrix, words


def draw(figure, read):
    axes = canvas(figure, 36)
    matrix(axes, 4, 13, 3, 2, "$X$", ("$T$", "$D$"))
    for name, y, color in (("$Q$", 24, 0), ("$K$", 13, 1), ("$V$", 2, 2)):
        arrow(axes, (11, 17.5), (17.4, y + 4.5), color=color)
        matrix(axes, 18.5, y, 3, 1, sizes=("", "$d$" if color == 0 else ""), color=color)
        words(axes, 23.4, y + 4.5, name, color=color)
    arrow(axes, (25.4, 28), (30.4, 24.5), color=0)
    arrow(axes, (25.4, 17.5), (30.4, 21), color=1)
    matrix(axes, 33, 18.5, 3, 3, "", ("$T$", "$T$"), marked=[(0, 2)])
    words(axes, 37.5, 33, "weights $P$: softmax\nof $q_i \\cdot k_j / \\sqrt{d}$")
    arrow(axes, (42.8, 21), (48, 14), color=None)
    arrow(axes, (25.4, 6.5), (48, 10), color=2)
    matrix(axes, 49.5, 7, 3, 1, "$O = P V$", ("", "$d$"), color=2)
