"""Chapter 5: a landscape that is not convex, with a saddle point between two minima, in profile and from
above. It is a formula, f(x, y) = x⁴/4 − x² + x/4 + y², so the figure needs no data of a program.
"""

import numpy

# Where both slopes are 0: y = 0, and x is a root of x³ − 2x + 1/4.
PLACES = sorted(numpy.roots([1, 0, -2, 0.25]).real)
POINTS = (("global minimum", "o", "C0", -18), ("saddle point", "X", "C1", 12),
          ("local minimum", "s", "C2", -18))


def height(x, y):
    return x ** 4 / 4 - x ** 2 + x / 4 + y ** 2


def slopes(x, y):
    return x ** 3 - 2 * x + 0.25, 2 * y


def draw(figure, read):
    figure.set_size_inches(7.4, 3.6)
    profile, above = figure.subplots(1, 2)
    ink = profile.xaxis.label.get_color()
    x, y = numpy.linspace(-2.2, 2.1, 200), numpy.linspace(-1.5, 1.5, 100)
    profile.plot(x, height(x, 0), color=ink)
    above.contour(x, y, height(x[None, :], y[:, None]), colors=ink, linewidths=0.8, alpha=0.4,
                  linestyles="solid",
                  levels=sorted((-1.2, -0.9, -0.5, -0.2, height(PLACES[1], 0), 0.4, 0.9, 1.6, 2.4)))
    for place, (name, marker, color, up) in zip(PLACES, POINTS):
        assert abs(slopes(place, 0)[0]) < 1e-9, name
        profile.plot(place, height(place, 0), marker, color=color, markersize=8)
        profile.annotate(name, (place, height(place, 0)), xytext=(0, up), color=color,
                         textcoords="offset points", ha="center")
        above.plot(place, 0, marker, color=color, markersize=8, zorder=3)
    profile.set_xlim(-2.8, 2.4)
    profile.set_ylim(-1.9, 1)
    profile.set_xlabel("x")
    profile.set_ylabel("f(x, 0)")

    x, y = numpy.linspace(-2, 2, 11), numpy.linspace(-1.4, 1.4, 9)
    dx, dy = numpy.broadcast_arrays(*slopes(x[None, :], y[:, None]))
    above.quiver(x, y, -dx, -dy, color=ink, alpha=0.7, width=0.004)
    above.grid(False)
    above.set_xlabel("x")
    above.set_ylabel("y")
