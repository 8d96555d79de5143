"""Chapter 16: the cost of every epoch of the CNNs, and of the MLP at its worst and mended."""


def draw(figure, read):
    data = read("16_curves.csv")
    figure.set_size_inches(6.6, 4)
    axes = figure.subplots()
    for column, label, line in (("mlp", "MLP from N(0, 1): squared error", "-"),
                                ("mended", "MLP mended: cross-entropy", "--"),
                                ("full", "CNN full: cross-entropy", "-"),
                                ("simple", "CNN simple: binary cross-entropy", "-")):
        axes.plot(data["epoch"], data[column], line, label=label)
    axes.set_yscale("log")
    axes.set_xlabel("epoch")
    axes.set_ylabel("cost of training")
    axes.set_xticks(range(2, 21, 2))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=2, fontsize=9)
