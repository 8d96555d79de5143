"""Chapter 13: what is misread after five epochs at each of seven constant rates."""


def draw(figure, read):
    data = read("13_ends.csv")
    figure.set_figheight(3.4)
    axes = figure.subplots()
    axes.plot(data["rate"], [100 - value for value in data["right"]], "o-")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_yticks([5, 10, 20, 50], ["5", "10", "20", "50"])
    axes.set_xticks(data["rate"], [f"{rate:g}" for rate in data["rate"]])
    axes.minorticks_off()
    axes.set_xlabel("learning rate")
    axes.set_ylabel("misread (%)")
