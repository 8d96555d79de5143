"""Chapter 18: where one head looks in a sequence with a marked number."""

from matplotlib import colors


def draw(figure, read):
    data = read("18_map.csv")
    steps = len(data["number"])
    figure.set_figheight(3.9)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2.6))
    marked = data["mark"].index(1)
    for step, number in enumerate(data["number"]):
        above.bar(step + 1, number, 0.6, color="C1" if step == marked else "C0",
                  alpha=1 if step == marked else 0.5)
    above.annotate("marked", (marked + 1, 1.05), ha="center", color="C1", annotation_clip=False)
    above.set_ylim(-1, 1)
    above.set_ylabel("number")
    ink = colors.to_rgb("C1")
    below.imshow([[(*ink, data[f"p{j + 1}"][i]) for j in range(steps)] for i in range(steps)],
                 extent=(0.5, steps + 0.5, steps + 0.5, 0.5), aspect="auto", interpolation="nearest")
    below.grid(False)
    below.set_xticks([1, 5, 10, 15, 20])
    below.set_yticks([1, 5, 10, 15, 20])
    below.set_xlabel("place that is looked at")
    below.set_ylabel("place that looks")
