"""Chapter 6: gradient noise against batch size."""

from figures import legend
from matplotlib import rcParams


def draw(figure, read):
    data = read("06_noise.csv")
    figure.set_figheight(3.6)
    axes = figure.subplots()
    sizes = data["size"]
    for column, label, line in (("untrained", "untrained", "o-"), ("trained", "after an epoch", "s-")):
        axes.plot(sizes, data[column], line, label=label)
    for column, label in (("untrained", None), ("trained", r"$1/\sqrt{\mathrm{size}}$")):
        axes.plot(sizes, [data[column][0] / size ** 0.5 for size in sizes], ":", color=rcParams["text.color"],
                  label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
    axes.set_yticks([0.3, 1, 3, 10, 30], ["0.3", "1", "3", "10", "30"])
    axes.set_xlabel("batch size")
    axes.set_ylabel("noise / gradient")
    legend(figure, axes, 3)
