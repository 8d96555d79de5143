"""Chapter 12: cost and accuracy by epoch, for batches of 100 and of 5."""

from figures import legend


def draw(figure, read):
    figure.set_figheight(4.8)
    panels = figure.subplots(2, 2, sharex="col", sharey="row")
    for column, file, title in ((0, "12_great.csv", "batches of 100"),
                                (1, "12_overfit.csv", "batches of 5")):
        data = read(file)
        for row, what in enumerate(("cost", "accuracy")):
            axes = panels[row][column]
            scale = 100 if what == "accuracy" else 1
            for kind, line in (("training", "--"), ("validation", "-")):
                axes.plot(data["epoch"], [scale * v for v in data[f"{kind}_{what}"]], line, label=kind)
        panels[0][column].set_title(title)
        panels[1][column].set_xlabel("epoch")
        panels[1][column].set_xticks(range(0, len(data["epoch"]) + 1, 5 * (column + 1)))
        lowest = min(data["validation_cost"])
        panels[0][column].plot(data["epoch"][data["validation_cost"].index(lowest)], lowest, "o",
                               color="C1")
    panels[0][0].set_ylabel("cost (nats)")
    panels[0][0].set_ylim(0, 0.4)
    panels[1][0].set_ylabel("accuracy (%)")
    panels[1][0].set_ylim(90, 100.2)
    panels[0][0].set_yticks([0, 0.2, 0.4])
    panels[1][0].set_yticks([90, 95, 100])
    legend(figure, panels[0][0], 2)
