"""Chapter 8: the eight filters of 5×5 that a small network learned from digits."""

from matplotlib.colors import LinearSegmentedColormap, to_rgba
from shapes import ink


def draw(figure, read):
    data = read("08_filters.csv")
    weights = [(gray - 128) / 100 for gray in data["gray"]]  # as the program wrote them
    bound = max(abs(weight) for weight in weights)
    # As in the live figures: orange is negative, blue is positive, and a weight of 0 is the page.
    signs = LinearSegmentedColormap.from_list(
        "signs", [(0, to_rgba(ink(1))), (0.5, to_rgba(ink(1), 0)), (0.5, to_rgba(ink(0), 0)), (1, to_rgba(ink(0)))])
    figure.set_figheight(3)
    axes = figure.subplots(2, 4)
    for o, place in enumerate(axes.flat):
        rows = [weights[o * 25 + m * 5:o * 25 + m * 5 + 5] for m in range(5)]
        image = place.imshow(rows, cmap=signs, vmin=-bound, vmax=bound)
        place.set_title(f"filter {o}")
        place.set_xticks([])
        place.set_yticks([])
        place.grid(False)
        place.spines[:].set_visible(True)
    figure.colorbar(image, ax=axes, label="weight", ticks=[-0.4, 0, 0.4])
