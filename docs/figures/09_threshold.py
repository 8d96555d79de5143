"""Chapter 9: "is it a 9?" as the threshold moves: precision and recall, the precision-recall curve, the ROC curve."""

import re

from pieces import RECORDS, output_section

RARE = 1 / 200  # fraction of nines among the images, for the second precision-recall curve


def points():
    """(threshold, precision, recall, false positive rate) of the digits, as the program printed them."""
    block = output_section(RECORDS / "09_metrics.out", "9.9").split("is it a 9?")[1]
    return [[float(number) for number in row] for row in
            re.findall(r"^ +(\S+) +(\S+) % +(\S+) % +(\S+) %$", block, re.MULTILINE)]


def precision_if(positives, recall, false_rate):
    """Precision in percent if this fraction of the samples were positive."""
    return 100 * positives * recall / (positives * recall + (1 - positives) * false_rate)


def draw(figure, read):
    threshold, precision, recall, false_rate = zip(*points())
    figure.set_size_inches(7.4, 3.2)
    left, middle, right = figure.subplots(1, 3)
    left.plot(threshold, precision, "o-", markersize=3.5, label="precision")
    left.plot(threshold, recall, "s--", markersize=3.5, label="recall")
    left.set_xlabel("threshold")
    left.set_ylabel("%")
    left.legend(loc="lower center")
    middle.plot(recall, precision, "o-", markersize=3.5, label="1 in 10 is a 9")
    middle.plot(recall, [precision_if(RARE, r, f) for r, f in zip(recall, false_rate)], "s--",
                markersize=3.5, label="1 in 200")
    middle.set_xlabel("recall (%)")
    middle.set_ylabel("precision (%)")
    middle.legend(loc="lower left")
    right.plot([0, *false_rate[::-1]], [0, *recall[::-1]], "o-", markersize=3.5)
    right.plot((0, 100), (0, 100), ":", color="C1")
    right.text(8, 86, "the network", color="C0")
    right.text(56, 40, "guessing", color="C1")
    right.set_xlabel("false positive rate (%)")
    right.set_ylabel("recall (%)")
    for axes in (left, middle, right):
        axes.set_ylim(0, 104)
