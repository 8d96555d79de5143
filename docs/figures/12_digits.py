"""Chapter 12: one digit, changed in five ways by itself and in six by augmentation."""

from matplotlib import colors, rcParams

NAMES = ("as it is", "turned by 10°", "sheared by 15°", "wider, lower", "shifted", "bent")


def draw(figure, read):
    data = read("12_digits.csv")
    figure.set_size_inches(7.4, 3.1)
    shades = colors.LinearSegmentedColormap.from_list(
        "ink", [colors.to_rgba(rcParams["text.color"], 0), rcParams["text.color"]])
    panels = figure.subplots(2, 6).flatten()
    pictures = [[[0.0] * 28 for _ in range(28)] for _ in panels]
    for image, place, brightness in zip(data["image"], data["place"], data["brightness"]):
        pictures[int(image)][int(place) // 28][int(place) % 28] = brightness
    for i, (axes, picture) in enumerate(zip(panels, pictures)):
        axes.grid(False)
        axes.imshow(picture, cmap=shades, vmin=0, vmax=1)
        axes.set_xticks(())
        axes.set_yticks(())
        for side in axes.spines.values():
            side.set_visible(True)
            side.set_linewidth(0.5)
        axes.set_title(NAMES[i] if i < 6 else f"draw {i - 5}", fontsize=9)
