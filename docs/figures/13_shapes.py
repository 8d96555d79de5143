"""Chapter 13: before every step a schedule says what the learning rate is multiplied by."""

from shapes import SIZE, arrow, canvas, rectangle, words


def box(axes, x, y, width, text, color):
    rectangle(axes, x, y, width, 7, color)
    words(axes, x + width / 2, y + 3.5, text, size=SIZE)


def draw(figure, read):
    axes = canvas(figure, 72, 32)
    box(axes, 3, 19, 15, "progress", None)
    words(axes, 10.5, 16.2, "$e$ of $E$ epochs,\nlast epoch's cost", va="top")
    box(axes, 29, 19, 15, "schedule", 0)
    box(axes, 55, 19, 14, "optimizer", 1)
    arrow(axes, (18.5, 22.5), (28.5, 22.5))
    arrow(axes, (44.5, 22.5), (54.5, 22.5), "factor $f$", shift=2)
    words(axes, 49.5, 19.8, r"$\times\ \eta$", size=SIZE)
    words(axes, 36.5, 16.2, "knows nothing of\nthe optimizer", va="top")
    words(axes, 62, 16.2, r"$\theta \leftarrow \theta - f \eta\, g$" "\n(or Adam's step)", va="top")
    axes.plot([62, 62, 10.5], [9.8, 4, 4], color="gray", linewidth=1.3, linestyle="--")
    arrow(axes, (10.5, 4), (10.5, 10.8), dashed=True)
    words(axes, 36.5, 5.6, "the next batch, one step later")
    words(axes, 36.5, 28.8, r"before every step: rate $= f \eta$", size=SIZE)
