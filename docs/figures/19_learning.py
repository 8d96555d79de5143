"""Chapter 19: bits per character while two networks learn the book."""

from figures import legend


def draw(figure, read):
    data = read("19_learning.csv")
    figure.set_figheight(3.6)
    axes = figure.subplots()
    for name, line in (("counted pairs", ":"), ("zlib", "-."), ("GRU", "--"), ("transformer", "-")):
        axes.plot(data["step"], data[name], line, label=name)
    axes.set_ylim(1.5, 7)
    axes.set_xlabel("step")
    axes.set_ylabel("bits per character")
    legend(figure, axes, 2)
