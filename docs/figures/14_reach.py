"""Chapter 14: how long a gradient is after it has gone back a number of steps."""

LINES = {"simple U × 0.5": ("C0", ":"), "simple U × 1": ("C0", "-"), "simple U × 2": ("C0", "--"),
         "GRU": ("C1", "-"), "GRU z open": ("C1", "--"), "LSTM": ("C2", "-"), "LSTM f open": ("C2", "--")}


def draw(figure, read):
    figure.set_size_inches(7.4, 4)
    axes = figure.subplots()
    data = read("14_reach.csv")
    for name, (color, line) in LINES.items():
        axes.plot(data["steps"], data[name], line, color=color, label=name)
    axes.set_yscale("log")
    axes.set_ylim(1e-12, 1e6)
    axes.set_xlabel("steps back")
    axes.set_ylabel("length of the gradient")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
