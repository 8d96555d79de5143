"""Chapter 7: how large a signal is after each of ten layers, by initializer."""

from figures import legend


def draw(figure, read):
    figure.set_figheight(3.4)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, file, title in ((left, "07_relu.csv", "ReLU"), (right, "07_tanh.csv", "tanh")):
        data = read(file)
        for name, line in zip(("too small", "too large", "He", "Glorot"), ("-", "--", "-.", ":")):
            axes.plot(data["layer"], data[name], line, label=name)
        axes.set_yscale("log")
        axes.set_ylim(1e-6, 1e6)
        axes.set_title(title)
        axes.set_xlabel("layer")
        axes.set_xticks(range(0, 11, 2))
    left.set_yticks([1e-6, 1e-3, 1, 1e3, 1e6])
    left.set_ylabel("size of the signal")
    legend(figure, left, 4)
