"""Chapter 2: the four functions and their derivatives."""

from figures import legend


def draw(figure, read):
    data = read("02_functions.csv")
    figure.set_figheight(4.6)
    panels = figure.subplots(2, 2, sharex=True, sharey=True).flat
    names = {"relu": "ReLU", "leaky": "leaky ReLU, slope 0.1", "sigmoid": "sigmoid", "tanh": "tanh"}
    for panel, (name, title) in zip(panels, names.items()):
        panel.plot(data["x"], data[name], label="$f(x)$")
        panel.plot(data["x"], data[name + "_slope"], linestyle="--", label="$f\\,'(x)$")
        panel.set_title(title)
        panel.set_ylim(-1.2, 2.2)
        panel.set_yticks([-1, 0, 1, 2])
        panel.set_xticks(range(-4, 5, 2))
    for panel in figure.axes[2:]:
        panel.set_xlabel("$x$")
    legend(figure, figure.axes[0], 2)
