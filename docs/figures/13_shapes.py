"""Chapter 13: before every step a schedule says what the learning rate is multiplied by."""

from shapes import arrow, canvas, ink, rectangle, words


def box(axes, x, y, width, text, color):
    rectangle(axes, x, y, width, 7, color)
    words(axes, x + width / 2, y + 3.5, text)


def draw(figure, read):
    axes = canvas(figure, 30)
    box(axes, 1, 17, 12, "progress", None)
    words(axes, 7, 14.6, "$e$ of $E$ epochs,\nlast epoch's cost", va="top")
    box(axes, 21, 17, 12, "schedule", 0)
    box(axes, 43, 17, 12, "optimizer", 1)
    arrow(axes, (13.5, 20.5), (20.5, 20.5))
    arrow(axes, (33.5, 20.5), (42.5, 20.5), "factor $f$", shift=1.6)
    words(axes, 38, 18.6, r"$\times\ \eta$")
    words(axes, 27, 14.6, "does not know\nthe optimizer", va="top")
    words(axes, 49, 14.6, r"$\theta \leftarrow \theta - f \eta\, g$" "\n(or Adam's step)", va="top")
    axes.plot([49, 49, 7], [8.6, 3, 3], color=ink(), linewidth=1.3, linestyle="--")
    arrow(axes, (7, 3), (7, 9.2), dashed=True)
    words(axes, 28, 4.8, "the next batch, one step later")
    words(axes, 28, 27.3, r"before every step: rate $= f \eta$")
