"""Chapter 12: validation cost by epoch, without any remedy and with each."""

NAMES = ("none of them", "weight decay", "dropout", "augmentation", "all three")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def draw(figure, read):
    figure.set_size_inches(7.4, 3.9)
    panels = figure.subplots(1, 2)
    for axes, file, title in zip(panels, ("12_methods.csv", "12_few_methods.csv"),
                                 ("48,000 images", "1,000 images")):
        data = read(file)
        for i, name in enumerate(NAMES):
            rows = [(epoch, cost) for plan, epoch, cost in zip(data["plan"], data["epoch"], data["cost"])
                    if plan == i]
            axes.plot(*zip(*rows), linestyle=LINES[i], label=name)
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.set_ylim(bottom=0)
    panels[0].set_ylim(0, 0.2)
    panels[1].set_ylim(0, 0.8)
    panels[0].set_ylabel("validation cost (nats)")
    panels[1].legend(fontsize=8.5, handlelength=3, ncols=2, loc="upper right")
