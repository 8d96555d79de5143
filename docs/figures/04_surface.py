"""Chapter 4: the surface itself, seen from the side."""

import numpy
from matplotlib.ticker import MultipleLocator


def draw(figure, read):
    data = read("04_field.csv")
    side = round(len(data["x"]) ** 0.5)

    def grid(name):
        return numpy.reshape(data[name], (side, side))

    figure.set_size_inches(6, 4.4)
    axes = figure.add_subplot(projection="3d")
    axes.plot_surface(grid("x"), grid("y"), grid("f"), cmap="viridis", rcount=side, ccount=side,
                      linewidth=0.2, edgecolor=axes.xaxis.label.get_color(), alpha=0.9)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((0, 0, 0, 0))
        axis.set_major_locator(MultipleLocator(1))
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    axes.set_zlabel("f(x, y)")
    axes.view_init(elev=38, azim=-60)
