"""Chapter 4: the surface itself, seen from the side."""

import numpy
from figures import CYCLES
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MultipleLocator


def draw(figure, read):
    data = read("04_field.csv")
    side = round(len(data["x"]) ** 0.5)

    def grid(name):
        return numpy.reshape(data[name], (side, side))

    figure.set_size_inches(5, 3.9)
    axes = figure.add_subplot(projection="3d")
    heights = LinearSegmentedColormap.from_list("heights", [CYCLES["light"][0], "#e8f1f8"])
    axes.plot_surface(grid("x"), grid("y"), grid("f"), cmap=heights, rcount=side, ccount=side,
                      linewidth=0.3, edgecolor="#1a1a1a")
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((0, 0, 0, 0))
        axis.set_major_locator(MultipleLocator(2))
    axes.set_xlabel("$x$")
    axes.set_ylabel("$y$")
    axes.set_zlabel("$f(x, y)$")
    axes.view_init(elev=38, azim=-60)
    axes.set_box_aspect((4, 4, 2.8), zoom=0.95)
