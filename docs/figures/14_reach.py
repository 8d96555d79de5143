"""Chapter 14: how long a gradient is after it has gone back a number of steps."""

from figures import legend

LINES = {"simple U × 0.5": ("C0", ":"), "simple U × 1": ("C0", "-"), "simple U × 2": ("C0", "--"),
         "GRU": ("C1", "-"), "GRU z open": ("C1", "--"), "LSTM": ("C2", "-"), "LSTM f open": ("C2", "--")}


def draw(figure, read):
    figure.set_figheight(4.4)
    axes = figure.subplots()
    data = read("14_reach.csv")
    for name, (color, line) in LINES.items():
        axes.plot(data["steps"], data[name], line, color=color, label=name)
    axes.set_yscale("log")
    axes.set_ylim(1e-12, 1e6)
    axes.set_xlabel("steps back")
    axes.set_ylabel("length of the gradient")
    axes.set_yticks([1e-12, 1e-9, 1e-6, 1e-3, 1, 1e3, 1e6])
    legend(figure, axes, 3)
