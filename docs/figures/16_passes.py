"""Chapter 16: accuracy by passes through 42,000 images, with all in every step and with 200."""


def draw(figure, read):
    data = read("16_passes.csv")
    figure.set_size_inches(6.6, 3.8)
    axes = figure.subplots()
    for batch, label, line in ((42000, "all 42,000 in every step", "-"),
                               (200, "200 in every step", "o-")):
        places = [i for i, size in enumerate(data["batch"]) if size == batch]
        axes.plot([data["passes"][i] for i in places], [100 * data["accuracy"][i] for i in places],
                  line, label=label)
    axes.axhline(85, linestyle=":", color="gray")
    axes.text(1, 84.4, "reported: 85 %", va="top", fontsize=9)
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 5, 10, 20, 50, 100, 200], ["1", "2", "5", "10", "20", "50", "100", "200"])
    axes.minorticks_off()
    axes.set_xlabel("passes through the images")
    axes.set_ylabel("right of 5,000, %")
    axes.legend(loc="lower right")
