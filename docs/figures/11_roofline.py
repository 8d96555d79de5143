"""Chapter 11: the roofline of a machine, and how near the steps of the matrix product come to it."""


def draw(figure, read):
    roofs = {name: values[0] for name, values in read("11_roofs.csv").items()}
    steps = read("11_steps.csv")
    figure.set_size_inches(7, 4.6)
    axes = figure.subplots()
    left, right = 1 / 16, 16
    for bandwidth, name, line in ((roofs["cache"], "first cache", "-"), (roofs["memory"], "memory", "--")):
        ridge = roofs["one"] / bandwidth
        axes.plot([left, ridge, right], [left * bandwidth, roofs["one"], roofs["one"]], line,
                  label=f"one thread, {name}")
    axes.plot([roofs["one"] / roofs["cache"], right], [roofs["all"]] * 2, label="all threads")
    for i, (label, height) in enumerate((("nn::matmul", None), ("OpenBLAS", steps["gflops"][-1]))):
        if height:
            axes.axhline(height, linestyle=":", color="gray")
            axes.text(left * 1.1, height * 1.06, f"{label}, all threads", color="gray")
    labels = ["1", "2", "3", "4", "5", "6", "7", "n", "N"]
    taken = []
    for label, x, y in zip(labels, steps["intensity"], steps["gflops"]):
        if x == 0 or y == 0:
            continue
        axes.plot(x, y, "o", color="tab:gray", zorder=3)
        near = sum(abs(x - a) < 0.01 and 0.8 < y / b < 1.25 for a, b in taken)
        axes.annotate(label, (x, y), textcoords="offset points", xytext=(7 + 10 * near, -3))
        taken.append((x, y))
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("intensity: FLOP for each byte loaded or stored")
    axes.set_ylabel("GFLOP/s")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.legend(loc="lower right")
