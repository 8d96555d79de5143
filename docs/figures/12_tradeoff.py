"""Chapter 12: training and validation error over the width of a network, and over the images it has."""

from figures import legend


def draw(figure, read):
    figure.set_figheight(4.2)
    left, right = figure.subplots(1, 2, sharey=True)
    data = read("12_sizes.csv")
    rows = list(zip(data["width"], data["images"], data["training"], data["validation"]))
    for count, mark, color in ((48000, "o", "C0"), (1000, "s", "C1")):
        part = sorted({row for row in rows if row[1] == count})
        for kind, line in ((2, "--"), (3, "-")):
            left.plot([row[0] for row in part], [row[kind] for row in part], mark + line, color=color,
                      label=f"{'training' if kind == 2 else 'validation'}, {count:,} images")
    part = sorted({row[1:] for row in rows if row[0] == 128})
    for kind, line in ((1, "--"), (2, "-")):
        right.plot([row[0] for row in part], [row[kind] for row in part], "o" + line, color="C2")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(0, 100)
        axes.set_yticks((0, 1, 3, 10, 30, 100), ("0", "1", "3", "10", "30", "100"))
    left.set_ylabel("error (%)")
    left.set_xlabel("hidden neurons")
    right.set_xlabel("images (128 neurons)")
    left.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    right.set_xticks([100, 1000, 10000], ["100", "1000", "10,000"])
    left.set_title("by width")
    right.set_title("by images")
    legend(figure, left, 2)
