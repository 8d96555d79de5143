"""Chapter 8: the eight filters of 5×5 that a small network learned from digits."""


def draw(figure, read):
    data = read("08_filters.csv")
    weights = [(grey - 128) / 100 for grey in data["grey"]]  # as the program wrote them
    bound = max(abs(weight) for weight in weights)
    figure.set_size_inches(7, 3.6)
    axes = figure.subplots(2, 4)
    for o, place in enumerate(axes.flat):
        rows = [weights[o * 25 + m * 5:o * 25 + m * 5 + 5] for m in range(5)]
        image = place.imshow(rows, cmap="gray", vmin=-bound, vmax=bound)
        place.set_title(f"filter {o}")
        place.set_xticks([])
        place.set_yticks([])
        place.grid(False)
    figure.colorbar(image, ax=axes, label="weight")
