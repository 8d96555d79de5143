"""Chapter 5: what each optimizer remembers has the shape of the parameter."""

from shapes import arrow, canvas, matrix, words

MEMORY = (("gradient descent", ()), ("momentum", ("$u$",)), ("RMSProp", ("$v$",)),
          ("Adam", ("$m$", "$v$")))


def draw(figure, read):
    axes = canvas(figure, 70, 48)
    for x, text in ((19, "gradient"), (37, "what it remembers"), (58, "parameter"), (65.5, "extra")):
        words(axes, x, 46, text)
    for i, (name, memory) in enumerate(MEMORY):
        y = 37 - 11.5 * i
        words(axes, 1, y + 2.2, name, ha="left")
        matrix(axes, 16.7, y, 2, 3, "$g$", color=2, cell=2.2)
        matrix(axes, 54.7, y, 2, 3, r"$\theta$", color=0, cell=2.2)
        for j, symbol in enumerate(memory):
            x = 33.7 + (2 * j - len(memory) + 1) * 4.4
            matrix(axes, x, y, 2, 3, symbol, color=1, cell=2.2)
        half = {0: 0, 1: 4.4, 2: 8.8}[len(memory)]
        if half:
            arrow(axes, (24.5, y + 2.2), (37 - half, y + 2.2))
        arrow(axes, (37 + half, y + 2.2) if half else (24.5, y + 2.2), (53.7, y + 2.2))
        words(axes, 63, y + 2.2, f"{len(memory)} " + r"× $\theta$", ha="left")
