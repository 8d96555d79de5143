"""Chapter 3: two costs of a sigmoid whose target is 1, and their gradients, against its logit."""

from figures import legend


def draw(figure, read):
    data = read("03_saturation.csv")
    figure.set_figheight(3.2)
    left, right = figure.subplots(1, 2)
    for axes, suffix, title in ((left, "", "cost"), (right, "_slope", "gradient at the logit")):
        for name, line in (("squares", "--"), ("entropy", "-")):
            label = {"squares": "squared error", "entropy": "cross-entropy"}[name]
            axes.plot(data["z"], data[name + suffix], line, label=label)
        axes.set_title(title)
        axes.set_xlabel("logit $z$ (the target is 1)")
        axes.set_xticks(range(-8, 5, 4))
    left.set_yticks(range(0, 9, 2))
    right.set_yticks([-1, -0.5, 0])
    legend(figure, left, 2)
