"""Chapter 17: the norm of the weights' gradient, layer by layer, before training."""

from figures import legend

KINDS = ("plain", "unscaled", "residual", "pre-norm", "post-norm")


def draw(figure, read):
    data = read("17_norms.csv")
    figure.set_figheight(3.8)
    lines = (":", "-.", "-", "--", (0, (6, 1, 1, 1, 1, 1)))
    for axes, hidden in zip(figure.subplots(1, 3, sharey=True), (8, 20, 50)):
        layers = [number + 1 for number in data["layer"][:hidden + 1]]
        for kind, line in zip(KINDS, lines):
            axes.plot(layers, data[f"{kind} {hidden}"][:hidden + 1], linestyle=line, label=kind)
        axes.set_yscale("log")
        axes.set_ylim(0.05, 1e9)
        axes.set_xticks((1, hidden + 1))
        axes.set_title(f"{hidden} hidden layers")
        axes.set_xlabel("layer")
        if hidden == 8:
            axes.set_ylabel("norm of the gradient")
    figure.axes[0].set_yticks([1, 1e3, 1e6, 1e9])
    legend(figure, figure.axes[0], 3)
