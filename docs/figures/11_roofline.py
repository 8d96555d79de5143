"""Chapter 11: the roofline of a machine, and how close the steps of the matrix product come to it."""

from figures import legend
from matplotlib import rcParams

LEFT, RIGHT = 1 / 16, 16
LABELS = ["1", "2", "3", "4", "5", "6", "7", "n", "N"]  # then OpenBLAS on one thread, on all


def draw(figure, read):
    roofs = {name: values[0] for name, values in read("11_roofs.csv").items()}
    steps = read("11_steps.csv")
    figure.set_figheight(4.8)
    axes = figure.subplots()
    for name, label, line in (("cache", "one thread, L1 cache", "-"),
                              ("memory", "one thread, memory", "--")):
        ridge = roofs["one"] / roofs[name]
        axes.plot([LEFT, ridge, RIGHT], [LEFT * roofs[name], roofs["one"], roofs["one"]], line,
                  label=label)
    axes.plot([roofs["one"] / roofs["cache"], RIGHT], [roofs["all"]] * 2, "-.", label="all threads")
    ink = rcParams["text.color"]
    if steps["gflops"][-1] > 0:
        axes.hlines(steps["gflops"][-2:], RIGHT / 2, RIGHT, linestyle=":", color=ink,
                    label="OpenBLAS, one and all")
    marked = []
    for label, x, y in zip(LABELS, steps["intensity"], steps["gflops"]):
        # Marks that would cover each other are drawn side by side.
        beside = sum(x == other_x and 0.7 < y / other_y < 1.4 for other_x, other_y in marked)
        marked.append((x, y))
        x *= 1.17 ** beside
        axes.plot(x, y, "o", color=ink, markersize=4, zorder=3)
        axes.annotate(label, (x, y), textcoords="offset points", ha="center",
                      xytext=(9, -4) if x < 1 else (0, -13))
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_ylim(top=2 * roofs["all"])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}" if value >= 1 else f"1/{1 / value:g}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("arithmetic intensity: FLOP per byte loaded or stored")
    axes.set_ylabel("GFLOP/s")
    legend(figure, axes, 2)
