"""Appendix A: the training cost of the MLP with two initializers and two costs."""

from figures import legend


def draw(figure, read):
    data = read("A_curves.csv")
    figure.set_figheight(3.3)
    epochs = [number + 1 for number in data["epoch"]]
    for axes, end, title in zip(figure.subplots(1, 2), ("tanh MSE", "softmax CE"),
                                ("tanh, squared error", "softmax, cross-entropy")):
        for start, label, line in (("normal", "weights from N(0, 1)", "-"), ("Glorot", "Glorot's weights", "--")):
            axes.plot(epochs, data[f"{start} {end}"], line, label=label)
        axes.set_yscale("log")
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.set_xticks(range(4, 21, 4))
    figure.axes[0].set_ylabel("training cost")
    legend(figure, figure.axes[0], 2)
