"""Chapter 4: the surface from above, the field of its gradients, and the path of gradient descent."""


def draw(figure, read):
    data = read("04_field.csv")
    path = read("04_path.csv")
    side = round(len(data["x"]) ** 0.5)

    def grid(name):
        return [data[name][i * side:(i + 1) * side] for i in range(side)]

    figure.set_size_inches(6, 5.2)
    axes = figure.subplots()
    axes.grid(False)
    contours = axes.contour(grid("x"), grid("y"), grid("f"), levels=12, linewidths=1, alpha=0.7)
    figure.colorbar(contours, label="f(x, y)")
    every = [i for i in range(len(data["x"])) if (i % side) % 2 == 0 and (i // side) % 2 == 0]
    axes.quiver([data["x"][i] for i in every], [data["y"][i] for i in every],
                [data["fx"][i] for i in every], [data["fy"][i] for i in every],
                color=axes.xaxis.label.get_color(), alpha=0.55, width=0.003)
    axes.plot(path["x"], path["y"], marker="o", color="C1", label="gradient descent")
    axes.set_aspect("equal")
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    axes.legend(loc="upper left")
