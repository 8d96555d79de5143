"""Chapter 13: training cost by epoch for three constant rates, and what each rate ends at."""


def draw(figure, read):
    figure.set_size_inches(7.4, 3.8)
    left, right = figure.subplots(1, 2)
    costs = read("13_costs.csv")
    for rate, line in ((0.01, "-."), (0.1, "-"), (1, "--")):
        rows = [i for i, value in enumerate(costs["rate"]) if value == rate]
        left.plot([costs["epoch"][i] for i in rows], [costs["cost"][i] for i in rows], line,
                  marker="o", markersize=3.5, label=f"rate {rate}")
    left.set_yscale("log")
    left.set_xticks(range(1, 6))
    left.set_xlabel("epoch")
    left.set_ylabel("training cost (nats)")
    left.legend(loc="best")
    ends = read("13_ends.csv")
    right.plot(ends["rate"], [100 - value for value in ends["right"]], "o-")
    right.set_xscale("log")
    right.set_yscale("log")
    right.set_yticks([5, 10, 20, 50], ["5", "10", "20", "50"])
    right.minorticks_off()
    right.set_xlabel("learning rate")
    right.set_ylabel("misread after five epochs (%)")
