"""Chapter 10: learning curves of both networks: cost by epoch on training and validation images."""

from figures import legend


def draw(figure, read):
    figure.set_figheight(3.4)
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
    both[0].set_yticks([0.003, 0.01, 0.03, 0.1], ["0.003", "0.01", "0.03", "0.1"])
    legend(figure, both[0], 2)
