"""Chapter 2: softmax by the formula as written and by nn::Softmax, for logits and for the same plus 86."""

import numpy
from figures import legend
from matplotlib import rcParams
from pieces import RECORDS, recorded_rows


def formula(logits):
    """In floats, as the program computes; what is too large for them is infinite."""
    with numpy.errstate(over="ignore", invalid="ignore"):
        powers = numpy.exp(logits.astype("float32"))
        return powers, powers / powers.sum()


def panel(axes, logits, right):
    powers, naive = formula(logits)
    assert numpy.allclose(formula(logits - logits.max())[1], right, atol=0.0005)
    broken = numpy.isnan(naive)
    places = numpy.arange(len(logits))
    axes.bar(places - 0.21, naive, 0.38, label="the formula as written")
    axes.bar(places + 0.21, right, 0.38, label="nn::Softmax")
    for place, wrong, share in zip(places, naive, right):
        agree = abs(wrong - share) < 0.0005  # then one label is for both bars
        axes.text(place + (0 if agree else 0.21), share + 0.02, f"{share:.2f}", ha="center")
        if not agree and not numpy.isnan(wrong):
            axes.text(place - 0.21, wrong + 0.02, f"{wrong:.2f}", ha="center")
    for place in places[broken]:
        axes.bar(place - 0.21, 1, 0.38, fill=False, hatch="///", edgecolor=rcParams["text.color"], alpha=0.5)
        axes.text(place - 0.5, 0.6, f"{powers[place]} / {powers.sum()}:\nnot a number", ha="right",
                  va="center")
    axes.set_xticks(places, [f"{logit:g}" for logit in logits])
    axes.set_xlabel("logit")
    axes.set_axisbelow(True)
    axes.grid(axis="x", visible=False)


def draw(figure, read):
    record = RECORDS / "02_activation.out"
    logits, right = (numpy.array(recorded_rows(record, "2.5", name)[0]) for name in ("z", "softmax"))
    assert numpy.allclose(formula(logits)[1], right, atol=0.0005)
    figure.set_figheight(3.6)
    first, second = figure.subplots(1, 2, sharey=True)
    panel(first, logits, right)
    panel(second, logits + 86, right)
    first.set_title("logits unchanged")
    second.set_title("86 added to all")
    first.set_ylabel("probability")
    first.set_yticks([0, 0.5, 1])
    legend(figure, first, 2)
