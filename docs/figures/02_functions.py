"""Chapter 2: the four functions and their derivatives."""


def draw(figure, read):
    data = read("02_functions.csv")
    figure.set_size_inches(7, 5)
    panels = figure.subplots(2, 2, sharex=True).flat
    names = {"relu": "ReLU", "leaky": "leaky ReLU, slope 0.1", "sigmoid": "sigmoid", "tanh": "tanh"}
    for panel, (name, title) in zip(panels, names.items()):
        panel.plot(data["x"], data[name], label="f(x)")
        panel.plot(data["x"], data[name + "_slope"], linestyle="--", label="f′(x)")
        panel.set_title(title)
        panel.set_ylim(-1.2, 2.2)
    figure.axes[0].legend(loc="upper left")
    for panel in figure.axes[2:]:
        panel.set_xlabel("x")
