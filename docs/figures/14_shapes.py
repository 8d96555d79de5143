"""Chapter 14: the simple recurrent layer, unrolled over three steps."""

from shapes import arrow, canvas, matrix, rectangle, words


def draw(figure, read):
    axes = canvas(figure, 38)
    steps = (("1", 8), ("2", 24), ("T", 40))
    for step, x in steps:
        matrix(axes, x - 3, 5, 2, 3, color=0, cell=2)
        words(axes, x, 2.6, f"$x_{step}$, $(B, D)$")
        arrow(axes, (x, 9.4), (x, 14))
        words(axes, x + 1.9, 11.6, "$W$")
        rectangle(axes, x - 4.4, 14.4, 8.8, 4.4, 1)
        words(axes, x, 16.6, "$+\\; b$, tanh")
        arrow(axes, (x, 19.2), (x, 24.5))
        matrix(axes, x - 4, 25, 2, 4, color=2, cell=2)
        words(axes, x, 31, f"$h_{step}$, $(B, H)$")
    for (_, left), (_, right), dashed in ((*steps[:2], False), (*steps[1:], True)):  # a state goes to the next step
        arrow(axes, (left + 4.3, 26), (right - 4.8, 17.4), dashed=dashed)
        words(axes, (left + right) / 2 + 2.1, 22.6, "$U$")
    words(axes, 0.5, 22.6, "$h_0 = 0$", ha="left")
    arrow(axes, (1.3, 21), (3.2, 18.9))
    arrow(axes, (4, 35.6), (46, 35.6), "time")
    arrow(axes, (44.4, 27), (47.2, 27))
    words(axes, 47.8, 27, "output:\n$h_T$, $(B, H)$,\nor all,\n$(B, T, H)$", ha="left")
