"""Chapter 13: the final accuracy of each schedule against the rate that its factors multiply."""

from figures import legend

RATES = (0.03, 0.1, 0.3, 1)
SHOWN = (("constant", "o-"), ("exponential", "s--"), ("linear cooldown", "^-."), ("one cycle", "D:"))


def draw(figure, read):
    data = read("13_contest.csv")
    figure.set_figheight(3.8)
    axes = figure.subplots()
    for name, line in SHOWN:
        axes.plot(RATES, data[name], line, label=name)
    axes.set_xscale("log")
    axes.set_xticks(RATES, [str(rate) for rate in RATES])
    axes.minorticks_off()
    axes.set_ylim(88, 98)
    axes.set_xlabel(r"learning rate $\eta$, which the factors multiply")
    axes.set_ylabel("right after 5 epochs (%)")
    legend(figure, axes, 2)
