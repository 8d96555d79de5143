"""Chapter 19: a window of a text, and what is predicted at each place."""

from shapes import arrow, canvas, rectangle, words


def draw(figure, read):
    axes = canvas(figure, 24)
    text = "networks"
    for place, (character, following) in enumerate(zip(text, text[1:])):
        x = 4 + 5 * place
        words(axes, x, 2.5, character)
        arrow(axes, (x, 4.5), (x, 8))
        arrow(axes, (x, 15.5), (x, 19))
        words(axes, x, 21, following, color=1)
    rectangle(axes, 1.5, 8.4, 35, 6.8)
    words(axes, 19, 11.8, "network with a causal mask")
    words(axes, 39, 2.5, "$T$ tokens", ha="left")
    words(axes, 39, 21, "targets", color=1, ha="left")
