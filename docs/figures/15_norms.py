"""Chapter 15: the norm of the weights' gradient, layer by layer, before training."""

from figures import legend

METHODS = ("random", "Glorot", "He", "LayerNorm", "BatchNorm")


def draw(figure, read):
    data = read("15_norms.csv")
    figure.set_figheight(3.8)
    lines = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
    layers = [number + 1 for number in data["layer"]]
    for axes, activation in zip(figure.subplots(1, 3, sharey=True), ("sigmoid", "tanh", "ReLU")):
        for method, line in zip(METHODS, lines):
            axes.plot(layers, data[f"{method} {activation}"], linestyle=line, label=method)
        axes.set_yscale("log")
        axes.set_ylim(3e-8, 30)
        axes.set_xticks((1, 5, 9))
        axes.set_title(activation)
        axes.set_xlabel("layer")
        if activation == "sigmoid":
            axes.set_ylabel("norm of the gradient")
    figure.axes[0].set_yticks([1e-6, 1e-4, 1e-2, 1])
    legend(figure, figure.axes[0], 3)
