"""Chapter 12: training and validation error over the width of a network, and over the images it has."""


def draw(figure, read):
    figure.set_size_inches(7.4, 3.9)
    left, right = figure.subplots(1, 2, sharey=True)
    widths, images = read("12_width.csv"), read("12_images.csv")
    left.plot(widths["width"], widths["training"], "o--", color="C0", label="48,000: training")
    left.plot(widths["width"], widths["validation"], "o-", color="C0", label="48,000: validation")
    left.plot(widths["width"], widths["few_training"], "s--", color="C1", label="1,000: training")
    left.plot(widths["width"], widths["few_validation"], "s-", color="C1", label="1,000: validation")
    right.plot(images["images"], images["training"], "o--", color="C0", label="training")
    right.plot(images["images"], images["validation"], "o-", color="C0", label="validation")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(0, 100)
        axes.set_yticks((0, 1, 3, 10, 30, 100), ("0", "1", "3", "10", "30", "100"))
    left.set_ylabel("error (%)")
    left.set_xlabel("neurons in the hidden layer")
    right.set_xlabel("images, 128 neurons")
    left.legend(fontsize=8.5, handlelength=3, loc="upper right")
    right.legend(fontsize=8.5, handlelength=3, loc="upper right")
