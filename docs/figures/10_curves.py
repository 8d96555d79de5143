"""Chapter 10: learning curves of both networks: cost by epoch on training and validation images."""


def draw(figure, read):
    figure.set_size_inches(7.4, 3.8)
    both = figure.subplots(1, 2, sharey=True)
    for axes, file, title in zip(both, ("mnist_mlp.csv", "mnist_cnn.csv"), ("MLP", "CNN")):
        data = read(file)
        axes.plot(data["epoch"], data["training_cost"], "--", label="training")
        axes.plot(data["epoch"], data["validation_cost"], "-", label="validation")
        axes.set_yscale("log")
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.set_xticks(range(2, 11, 2))
    both[0].set_ylabel("cost (nats)")
    both[0].legend(loc="lower left")
