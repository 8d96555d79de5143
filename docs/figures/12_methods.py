"""Chapter 12: validation cost by epoch, without any remedy and with some."""

from figures import legend

SHOWN = (("none", "-"), ("decay 0.0001", "--"), ("dropout 0.3", "-."), ("augmentation", ":"),
         ("all three", (0, (5, 1, 1, 1, 1, 1))))


def draw(figure, read):
    figure.set_figheight(3.9)
    panels = figure.subplots(1, 2)
    for axes, file, title in zip(panels, ("12_methods.csv", "12_few_methods.csv"),
                                 ("48,000 images", "1,000 images")):
        data = read(file)
        for name, line in SHOWN:
            axes.plot([epoch + 1 for epoch in data["epoch"]], data[name], linestyle=line, label=name)
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.set_xticks(range(0, 21, 5))
    panels[0].set_ylim(0, 0.2)
    panels[1].set_ylim(0, 1.1)
    panels[0].set_ylabel("validation cost (nats)")
    panels[0].set_yticks([0, 0.1, 0.2])
    panels[1].set_yticks([0, 0.5, 1])
    legend(figure, panels[0], 3)
