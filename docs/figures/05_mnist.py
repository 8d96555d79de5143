"""Chapter 5: cost against step for four optimizers on MNIST."""


def draw(figure, read):
    data = read("05_mnist.csv")
    figure.set_size_inches(7, 4)
    axes = figure.subplots()
    names = {"descent": "gradient descent", "momentum": "momentum", "rmsprop": "RMSProp",
             "adam": "Adam"}
    for (column, label), line in zip(names.items(), ("-", "--", "-.", ":")):
        axes.plot(data["step"], data[column], line, label=label)
    axes.set_ylim(0, 2)
    axes.set_xlabel("step")
    axes.set_ylabel("cost, mean of ten batches (nats)")
    axes.legend()
