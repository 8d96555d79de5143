"""Chapter 4: the surface from above, the field of its gradients, and the path of gradient descent."""

from figures import legend
from matplotlib import rcParams
from shapes import ink, numeral


def draw(figure, read):
    data = read("04_field.csv")
    path = read("04_path.csv")
    side = round(len(data["x"]) ** 0.5)

    def grid(name):
        return [data[name][i * side:(i + 1) * side] for i in range(side)]

    figure.set_size_inches(5, 5.2)
    axes = figure.subplots()
    axes.grid(False)
    contours = axes.contour(grid("x"), grid("y"), grid("f"), levels=[-3.5, -3, -2.5, -2, -1.5, -1, -0.5],
                            linewidths=0.8, linestyles="solid", colors=rcParams["xtick.color"], alpha=0.6)
    every = [i for i in range(len(data["x"])) if (i % side) % 4 == 2 and (i // side) % 4 == 2]
    axes.quiver([data["x"][i] for i in every], [data["y"][i] for i in every],
                [data["fx"][i] for i in every], [data["fy"][i] for i in every],
                color=ink(0), width=0.005)
    axes.plot([], [], marker=r"$\rightarrow$", linestyle="", color=ink(0), markersize=16, label="gradient")
    axes.plot(path["x"], path["y"], marker="o", color=ink(1), label="gradient descent")
    axes.set_aspect("equal")
    axes.set_xlabel("$x$")
    axes.set_ylabel("$y$")
    axes.set_xticks(range(-2, 3))
    axes.set_yticks(range(-2, 3))
    legend(figure, axes, 2)
    figure.draw_without_rendering()  # a label is placed by the final size of the axes
    axes.clabel(contours, levels=[-3, -2], fmt=numeral, colors=ink(), manual=[(0, -0.55), (0, -0.87)])
