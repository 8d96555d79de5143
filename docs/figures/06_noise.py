"""Chapter 6: gradient noise against batch size."""


def draw(figure, read):
    data = read("06_noise.csv")
    figure.set_size_inches(7, 4)
    axes = figure.subplots()
    sizes = [float(size) for size in data["size"]]
    for column, label, line in (("untrained", "untrained", "o-"),
                                ("trained", "after an epoch", "s-")):
        axes.plot(sizes, data[column], line, label=label)
        first = float(data[column][0])
        axes.plot(sizes, [first / size ** 0.5 for size in sizes], ":", color="gray",
                  label="1 / square root of the size" if column == "trained" else None)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("batch size")
    axes.set_ylabel("noise, relative to the gradient")
    axes.legend()
