"""Chapter 13: the factors of seven schedules over ten epochs."""


def draw(figure, read):
    data = read("13_schedules.csv")
    figure.set_size_inches(7.4, 3.8)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, names in ((left, ("constant", "step decay", "exponential")),
                        (right, ("linear cooldown", "cosine", "warm-up cosine", "one cycle"))):
        for name, line in zip(names, ("-", "--", "-.", ":")):
            axes.plot([i / 20 for i in data["twentieth"]], data[name], line, label=name)
        axes.set_xlabel("epochs passed $e$")
        axes.set_ylim(-0.03, 1.45)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axes.legend(loc="upper right", ncols=2, columnspacing=1, handlelength=1.8)
    left.set_ylabel("factor $f$")
