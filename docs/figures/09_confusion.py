"""Chapter 9: the confusion matrix of the digits; the most frequent mistakes are darkest."""

from matplotlib import colors, rcParams
from pieces import RECORDS, output_section


def draw(figure, read):
    rows = output_section(RECORDS / "09_metrics.out", "9.8").splitlines()[2:12]
    cells = [[int(count) for count in row.split()[1:]] for row in rows]
    most = max(cells[a][p] for a in range(10) for p in range(10) if a != p)
    figure.set_size_inches(5.2, 5)
    axes = figure.subplots()
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    shades = colors.LinearSegmentedColormap.from_list(
        "mistakes", [colors.to_rgba("C1", 0), colors.to_rgba("C1", 0.75)])
    mistakes = [[0 if a == p else cells[a][p] for p in range(10)] for a in range(10)]
    axes.imshow(mistakes, cmap=shades, vmin=0, vmax=most)
    for a in range(10):
        for p in range(10):
            axes.text(p, a, cells[a][p], ha="center", va="center", color="C0" if a == p else rcParams["text.color"],
                      fontweight="semibold" if a == p else "normal")
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("actual")
