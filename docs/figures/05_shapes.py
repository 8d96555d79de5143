"""Chapter 5: what each optimizer remembers has the shape of the parameter."""

from shapes import arrow, canvas, matrix, words

MEMORY = (("gradient\ndescent", ()), ("momentum", ("$u$",)), ("RMSProp", ("$v$",)),
          ("Adam", ("$m$", "$v$")))


def draw(figure, read):
    axes = canvas(figure, 44)
    for x, text in ((18.3, "gradient"), (32, "memory"), (45, "parameter"), (53, "extra")):
        words(axes, x, 42.5, text, weight="semibold")
    for i, (name, memory) in enumerate(MEMORY):
        y = 34.3 - 10.5 * i
        words(axes, 0.5, y + 2.2, name, ha="left")
        matrix(axes, 15, y, 2, 3, "$g$", color=2, cell=2.2)
        matrix(axes, 41.7, y, 2, 3, r"$\theta$", color=0, cell=2.2)
        for j, symbol in enumerate(memory):
            x = 28.7 + (2 * j - len(memory) + 1) * 3.9
            matrix(axes, x, y, 2, 3, symbol, color=1, cell=2.2)
        half = {0: 0, 1: 4, 2: 7.9}[len(memory)]
        if half:
            arrow(axes, (22.3, y + 2.2), (32 - half, y + 2.2))
        arrow(axes, (32 + half, y + 2.2) if half else (22.3, y + 2.2), (41, y + 2.2))
        words(axes, 53, y + 2.2, f"{len(memory)} " + r"× $\theta$")
