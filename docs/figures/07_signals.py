"""Chapter 7: how large a signal is after each of ten layers, by initializer."""


def draw(figure, read):
    figure.set_size_inches(7.4, 3.8)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, file, title in ((left, "07_relu.csv", "ReLU"), (right, "07_tanh.csv", "tanh")):
        data = read(file)
        for name, line in zip(("too small", "too large", "He", "Glorot"), ("-", "--", "-.", ":")):
            axes.plot(data["layer"], data[name], line, label=name)
        axes.set_yscale("log")
        axes.set_ylim(1e-6, 1e6)
        axes.set_title(title)
        axes.set_xlabel("layer")
    left.set_ylabel("size of the signal")
    left.legend(loc="lower left")
