"""Chapter 11: how training slows down as batch, width, depth and image grow."""

from figures import legend

AXES = {"batch": "batch size", "width": "neurons per hidden layer", "depth": "hidden layers",
        "side": "side of the images (pixels)"}


def draw(figure, read):
    figure.set_figheight(5)
    for axes, (name, label) in zip(figure.subplots(2, 2).flat, AXES.items()):
        table = read(f"growth_{name}.csv")
        sizes = table.pop("size")
        for (who, rates), line in zip(table.items(), ("o-", "s--")):
            axes.plot(sizes, rates, line, label={"ours": "the library"}.get(who, who))
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        shown = sizes if len(sizes) < 5 else sizes[::2]
        axes.set_xticks(shown, [f"{size:g}" for size in shown])
        axes.minorticks_off()
        axes.set_xlabel(label)
    for axes in figure.axes[::2]:
        axes.set_ylabel("images per second")
    legend(figure, figure.axes[0], 2)
