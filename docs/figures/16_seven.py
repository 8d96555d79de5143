"""The opening of chapter 16: a picture, and what the network is given in its place."""

from pathlib import Path

from matplotlib import colors, image, rcParams

PICTURE = Path(__file__).resolve().parents[2] / "data/pictures/seven.png"


def draw(figure, read):
    ink = colors.to_rgb(rcParams["text.color"])
    picture = image.imread(PICTURE)
    shades = 1 - (picture if picture.ndim == 2 else picture[..., :3].mean(axis=2))
    figure.set_size_inches(4, 4)
    axes = figure.add_subplot()
    axes.imshow([[(*ink, shade) for shade in row] for row in shades])
    axes.grid(False)
    axes.set_axis_off()
