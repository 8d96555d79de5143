"""Chapter 14: a digit, and the ten probabilities after each of its rows."""

from matplotlib import colors, rcParams


def draw(figure, read):
    data = read("14_rows.csv")
    pixels = [[data[f"x{c}"][row] / 255 for c in range(28)] for row in range(28)]
    guesses = [[data[f"p{digit}"][row] for digit in range(10)] for row in range(28)]
    figure.set_figheight(3.2)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, values, color in ((left, pixels, rcParams["text.color"]), (right, guesses, "C0")):
        ink = colors.to_rgb(color)
        axes.imshow([[(*ink, value) for value in row] for row in values], aspect="auto",
                    extent=(-0.5, len(values[0]) - 0.5, 28.5, 0.5), interpolation="nearest")
        axes.grid(False)
    left.set_xticks([])
    left.set_box_aspect(1)
    right.set_box_aspect(1)
    left.set_yticks([1, 7, 14, 21, 28])
    left.set_ylabel("row")
    left.set_title("what it reads")
    right.set_xticks(range(10))
    right.set_title("its answer after each row")
    right.set_xlabel("digit")
