"""Chapter 15: accuracy against iteration, by activation, initializer and depth."""


def draw(figure, read):
    data = read("15_curves.csv")
    figure.set_size_inches(8, 5.6)
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    for row, depth in zip(panels, ("shallow", "deep")):
        for axes, activation in zip(row, ("sigmoid", "tanh", "ReLU")):
            for start, line in zip(("random", "Glorot", "He"), ("-", "--", "-.")):
                axes.plot(data["step"], data[f"{start:<8}{activation:<9}{depth:<8}"], line, label=start)
            axes.set_ylim(0, 100)
            axes.set_title(f"{activation}, {depth}")
        row[0].set_ylabel("% right")
    for axes in panels[1]:
        axes.set_xlabel("iteration")
    panels[0][2].legend(loc="lower right")
