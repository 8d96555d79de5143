"""Chapter 5: four optimizers walk through a narrow valley."""

import csv
from pathlib import Path

from matplotlib import rcParams


def draw(figure, read):
    with open(Path(__file__).with_name("05_paths.csv"), newline="") as lines:
        rows = list(csv.DictReader(lines))
    figure.set_figheight(4.2)
    grid = [-4.4 + 0.1 * i for i in range(60)]
    tall = [-1.4 + 0.05 * i for i in range(57)]
    names = list(dict.fromkeys(row["optimizer"] for row in rows))
    for i, (panel, name) in enumerate(zip(figure.subplots(2, 2, sharex=True, sharey=True).flat, names)):
        panel.grid(False)
        panel.contour(grid, tall, [[(x * x + 20 * y * y) / 2 for x in grid] for y in tall],
                      levels=[0.25, 1, 2.5, 5, 8, 12, 18], linewidths=0.8, alpha=0.5,
                      colors=rcParams["xtick.color"])
        path = [row for row in rows if row["optimizer"] == name]
        panel.plot([float(row["x"]) for row in path], [float(row["y"]) for row in path],
                   marker=".", color=f"C{i}", linewidth=1.2)
        panel.set_title({"GradientDescent": "gradient descent", "Momentum": "momentum"}.get(name, name))
        panel.set_yticks([-1, 0, 1])
