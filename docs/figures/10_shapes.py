"""Chapter 10: the two networks next to each other, with the shapes of their data."""

from matplotlib import rcParams
from matplotlib.patches import FancyBboxPatch

# Label of a box, number of its parameters, shape of its output.
MLP = [("Dense 784→256, ReLU", 784 * 256 + 256, "256"),
       ("Dense 256→256, ReLU", 256 * 256 + 256, "256"),
       ("Dense 256→10", 256 * 10 + 10, "10")]
CNN = [("Reshape", 0, "1 × 28 × 28"),
       ("Convolution 1→16, 5×5", 1 * 25 * 16 + 16, "16 × 24 × 24"),
       ("MaxPool 2×2, ReLU", 0, "16 × 12 × 12"),
       ("Convolution 16→32, 5×5", 16 * 25 * 32 + 32, "32 × 8 × 8"),
       ("MaxPool 2×2, ReLU", 0, "32 × 4 × 4"),
       ("Flatten", 0, "512"),
       ("Dense 512→128, ReLU", 512 * 128 + 128, "128"),
       ("Dense 128→10", 128 * 10 + 10, "10")]
WIDTH, HEIGHT, GAP = 4.4, 0.9, 0.65


def arrow(axes, x, start, end):
    axes.annotate("", (x, end), (x, start),
                  arrowprops={"arrowstyle": "->", "color": rcParams["text.color"]})


def box(axes, x, top, name, parameters, color):
    axes.add_patch(FancyBboxPatch(
        (x - WIDTH / 2, top - HEIGHT), WIDTH, HEIGHT, boxstyle="round,pad=0,rounding_size=0.15",
        fill=False, edgecolor=color, linewidth=1.6, linestyle="-" if parameters else ":"))
    name = name.replace("→", r"$\to$")
    text = f"{name}\n{parameters:,} parameters" if parameters else name
    axes.text(x, top - HEIGHT / 2, text, ha="center", va="center")


def network(axes, x, title, layers, color):
    total = sum(parameters for _, parameters, _ in layers)
    axes.text(x, 1.75, f"{title}: {total:,} parameters", ha="center", weight="semibold")
    axes.text(x, 1.15, "an image: 784", ha="center")
    start = 0.95
    for name, parameters, shape in layers:
        top = start - GAP
        arrow(axes, x, start, top)
        box(axes, x, top, name, parameters, color)
        start = top - HEIGHT
        axes.text(x + 0.2, start - 0.34, shape, va="center")
    arrow(axes, x, start, start - GAP)
    return start - GAP


def draw(figure, read):
    figure.set_figheight(7.6)
    axes = figure.subplots()
    axes.set_axis_off()
    network(axes, 0, "MLP", MLP, "C0")
    bottom = network(axes, 5.0, "CNN", CNN, "C1")
    axes.set_xlim(-2.3, 7.3)
    axes.set_ylim(bottom - 0.1, 2.2)
