"""Chapter 14: the simple recurrent layer, unrolled over three steps."""

from shapes import SIZE, arrow, canvas, matrix, rectangle, words


def draw(figure, read):
    axes = canvas(figure, 76, 36)
    for step, x in (("1", 10), ("2", 31), ("T", 52)):
        matrix(axes, x, 4.5, 2, 3, color=0, cell=2)
        words(axes, x + 3, 2.6, f"$x_{step}$, $(B, D)$")
        arrow(axes, (x + 3, 8.9), (x + 3, 14))
        words(axes, x + 4.7, 11.3, "$W$", size=SIZE)
        rectangle(axes, x - 2, 14.4, 10, 4.4, 1)
        words(axes, x + 3, 16.6, "$+\\; b$, tanh")
        arrow(axes, (x + 3, 19.2), (x + 3, 24.5))
        matrix(axes, x - 1, 25, 2, 4, color=2, cell=2)
        words(axes, x + 3, 30.6, f"$h_{step}$, $(B, H)$")
    for left, right, dashed in ((10, 31, False), (31, 52, True)):  # a state passes on to the next step
        arrow(axes, (left + 7.5, 26), (right - 2.5, 17.4), dashed=dashed)
        words(axes, (left + right) / 2 + 4.4, 23, "$U$", size=SIZE)
    words(axes, 3, 19.4, "$h_0 = 0$")
    arrow(axes, (3, 18), (7.5, 16.9))
    arrow(axes, (8, 33), (60, 33), "time")
    arrow(axes, (59.6, 27), (63.4, 27))
    words(axes, 64, 27, "output:\nthe last, $(B, H)$,\nor all, $(B, T, H)$", ha="left")
