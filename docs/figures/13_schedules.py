"""Chapter 13: the factors of seven schedules over ten epochs."""


def draw(figure, read):
    data = read("13_schedules.csv")
    figure.set_figheight(3.9)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, names in ((left, ("constant", "step decay", "exponential")),
                        (right, ("linear cooldown", "cosine", "warm-up cosine", "one cycle"))):
        for name, line in zip(names, ("-", "--", "-.", ":")):
            axes.plot([i / 20 for i in data["twentieth"]], data[name], line, label=name)
        axes.set_xlabel("epochs passed, $e$")
        axes.set_ylim(-0.03, 1.05)
        axes.set_xticks(range(0, 11, 2))
        axes.set_yticks([0, 0.5, 1])
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.03))
    left.set_ylabel("factor, $f$")
