"""Chapter 3: two costs of a sigmoid whose target is 1, and their gradients, against its logit."""


def draw(figure, read):
    data = read("03_saturation.csv")
    figure.set_size_inches(7.4, 3.8)
    left, right = figure.subplots(1, 2)
    for axes, suffix, title in ((left, "", "cost"), (right, "_slope", "gradient at the logit")):
        for name, line in (("squares", "--"), ("entropy", "-")):
            label = {"squares": "squared error", "entropy": "cross-entropy"}[name]
            axes.plot(data["z"], data[name + suffix], line, label=label)
        axes.set_title(title)
        axes.set_xlabel("logit z (the target is 1)")
    left.legend(loc="upper right")
