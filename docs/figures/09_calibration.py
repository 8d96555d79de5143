"""Chapter 9: reliability diagrams: the fraction of right answers over their confidence."""

import re

from figures import legend
from matplotlib import rcParams
from pieces import RECORDS, output_section

FEWEST = 50  # answers in a bin; fewer say little


def bins(section, name):
    """(confidence, right) in percent of the bins with enough answers, as the program printed them."""
    block = output_section(RECORDS / "09_metrics.out", section).split(name + "\n")[1].split("expected")[0]
    rows = re.findall(r"^ +(\d+) +(\S+) % +(\S+) %$", block, re.MULTILINE)
    return zip(*[(float(confidence), float(right)) for count, confidence, right in rows if int(count) >= FEWEST])


def draw(figure, read):
    figure.set_figheight(3.7)
    left, right = figure.subplots(1, 2, sharey=True)
    left.plot(*bins("9.10", "the network"), "o-", label="as trained")
    right.plot(*bins("9.11", "network 1 on the test images, T = 1"), "o-", label="as trained")
    right.plot(*bins("9.11", "network 1 on the test images, the chosen T"), "s--", label="divided by T")
    for axes, title in ((left, "2 epochs"), (right, "20 epochs")):
        axes.plot((30, 100), (30, 100), ":", color=rcParams["text.color"], label="calibrated")
        axes.set_title(title)
        axes.set_xlabel("confidence (%)")
        axes.set_xlim(30, 101)
        axes.set_ylim(30, 101)
        axes.set_aspect("equal")
        axes.set_xticks(range(40, 101, 20))
        axes.set_yticks(range(40, 101, 20))
    left.set_ylabel("right (%)")
    legend(figure, right, 3)
