"""Chapter 11: how training slows down as batch, width, depth and image grow."""

AXES = {"batch": "batch size", "width": "width of two hidden layers", "depth": "hidden layers",
        "side": "height and width of the images"}


def draw(figure, read):
    figure.set_size_inches(7, 5.4)
    for axes, (name, label) in zip(figure.subplots(2, 2).flat, AXES.items()):
        table = read(f"growth_{name}.csv")
        sizes = table.pop("size")
        for (who, rates), line in zip(table.items(), ("o-", "s--")):
            axes.plot(sizes, rates, line, markersize=3, label=who)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        shown = sizes if len(sizes) < 8 else sizes[::2]
        axes.set_xticks(shown, [f"{size:g}" for size in shown])
        axes.minorticks_off()
        axes.set_xlabel(label)
    figure.axes[0].set_ylabel("images/s")
    figure.axes[2].set_ylabel("images/s")
    figure.axes[0].legend()
