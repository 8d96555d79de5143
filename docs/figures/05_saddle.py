"""Chapter 5: a landscape that is not convex, with a saddle point between two minima, from above and in
profile. It is a formula, f(x, y) = x⁴/4 − x² + x/4 + y², so the figure needs no data of a program.
"""

import numpy
from matplotlib import rcParams
from shapes import ink

# Where both slopes are 0: y = 0, and x is a root of x³ − 2x + 1/4.
PLACES = sorted(numpy.roots([1, 0, -2, 0.25]).real)
POINTS = (("global minimum", "o", "C0", -18), ("saddle point", "X", "C1", 12),
          ("local minimum", "s", "C2", -18))


def height(x, y):
    return x ** 4 / 4 - x ** 2 + x / 4 + y ** 2


def slopes(x, y):
    return x ** 3 - 2 * x + 0.25, 2 * y


def draw(figure, read):
    figure.set_figheight(5.6)
    above, profile = figure.subplots(2, 1, sharex=True, height_ratios=(5, 3))
    x, y = numpy.linspace(-2.25, 2.05, 200), numpy.linspace(-1.1, 1.1, 100)
    levels = sorted((-1.2, -0.9, -0.5, -0.2, height(PLACES[1], 0), 0.4, 0.9, 1.6, 2.4))
    above.contour(x, y, height(x[None, :], y[:, None]), colors=rcParams["xtick.color"], linewidths=0.8, alpha=0.6,
                  linestyles="solid", levels=levels)
    across, up = numpy.meshgrid(numpy.linspace(-2, 1.8, 13), numpy.linspace(-0.9, 0.9, 7))
    dx, dy = slopes(across, up)
    above.quiver(across, up, -dx, -dy, color=ink(), alpha=0.75, width=0.004)
    profile.plot(x, height(x, 0), color=ink())
    for place, (name, marker, color, up) in zip(PLACES, POINTS):
        assert abs(slopes(place, 0)[0]) < 1e-9, name
        above.plot(place, 0, marker, color=color, markersize=9, zorder=3)
        profile.plot(place, height(place, 0), marker, color=color, markersize=9)
        profile.annotate(name, (place, height(place, 0)), xytext=(0, up), color=color,
                         textcoords="offset points", ha="center")
    profile.set_xticks(range(-2, 3))
    above.set_title("from above: contours, and arrows downhill")
    above.set_aspect("equal")
    above.set_xlim(-2.25, 2.05)
    above.grid(False)
    above.set_yticks([-1, 0, 1])
    above.set_ylabel("$y$")
    profile.set_title("in profile, along $y = 0$")
    profile.set_ylim(-2, 1)
    profile.set_yticks([-2, -1, 0, 1])
    profile.set_xlabel("$x$")
    profile.set_ylabel("$f(x, 0)$")
