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
    figure.set_figheight(5.2)
    panels = figure.subplot_mosaic([["left", "left"], ["middle", "right"]])
    left, middle, right = panels["left"], panels["middle"], panels["right"]
    left.plot(threshold, precision, "o-", label="precision")
    left.plot(threshold, recall, "s--", label="recall")
    left.set_title("precision and recall")
    left.set_xlabel("threshold")
    left.set_ylabel("%")
    left.text(0.17, 71, "precision", color="C0")
    left.text(0.74, 67, "recall", color="C1")
    middle.plot(recall, precision, "o-")
    middle.plot(recall, [precision_if(RARE, r, f) for r, f in zip(recall, false_rate)], "s--")
    middle.set_title("precision-recall curve")
    middle.set_xlabel("recall (%)")
    middle.set_ylabel("precision (%)")
    middle.text(4, 22, "1 in 10 is a 9", color="C0")
    middle.text(4, 8, "1 in 200 is a 9", color="C1")
    right.plot([0, *false_rate[::-1]], [0, *recall[::-1]], "o-")
    right.plot((0, 100), (0, 100), ":", color="C1")
    right.set_title("ROC curve")
    right.text(8, 86, "the network", color="C0")
    right.text(52, 40, "guessing", color="C1")
    right.set_xlabel("false positive rate (%)")
    right.set_ylabel("recall (%)")
    for axes in (left, middle, right):
        axes.set_ylim(0, 106)
        axes.set_yticks(range(0, 101, 50))
    for axes in (middle, right):
        axes.set_xticks(range(0, 101, 50))
