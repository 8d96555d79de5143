"""Chapter 5: cost against step for four optimizers on MNIST."""

from figures import legend


def draw(figure, read):
    data = read("05_mnist.csv")
    figure.set_figheight(3.6)
    axes = figure.subplots()
    names = {"descent": "gradient descent", "momentum": "momentum", "rmsprop": "RMSProp",
             "adam": "Adam"}
    for (column, label), line in zip(names.items(), ("-", "--", "-.", ":")):
        axes.plot(data["step"], data[column], line, label=label)
    axes.set_xlim(0, 305)
    axes.set_ylim(0, 2)
    axes.set_yticks([0, 0.5, 1, 1.5, 2])
    axes.set_xlabel("step")
    axes.set_ylabel("cost (nats)")
    legend(figure, axes, 4)
