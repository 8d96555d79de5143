"""Appendix A: accuracy over passes through 42,000 images, with all of them or 200 in every step."""

from figures import legend
from matplotlib import rcParams


def draw(figure, read):
    figure.set_figheight(3.7)
    axes = figure.subplots()
    for file, label, line in (("A_full_batch.csv", "all 42,000 in every step", "-"),
                              ("A_batches.csv", "200 in every step", "o-")):
        data = read(file)
        axes.plot([number + 1 for number in data["pass"]], data["right"], line, label=label)
    axes.axhline(85, linestyle=":", color=rcParams["text.color"])
    axes.text(1, 84.4, "reported: 85 %", va="top")
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 5, 10, 20, 50, 100, 200], ["1", "2", "5", "10", "20", "50", "100", "200"])
    axes.minorticks_off()
    axes.set_xlabel("passes through the images")
    axes.set_ylabel("accuracy on 5,000 images (%)")
    legend(figure, axes, 2)
