"""Draws the picture that goes with a link to the book: a digit of MNIST and what the first layer of the stored CNN
makes of it.
"""

import json

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

import print_fonts
from figures import CYCLES, PALETTE
from live_site import ROOT, images

WIDTH, HEIGHT = 1200, 630  # pixels, the size that sites recommend for link previews
DIGIT = 0  # the place of the digit among the test images: a 7
GROUND, INK = PALETTE["dark"]["ground"], PALETTE["dark"]["ink"]
BLUE, ORANGE = CYCLES["dark"][:2]


def first_filters():
    """The kernels of the CNN's first convolution, shape (16, 5, 5), and their biases."""
    file = (ROOT / "data" / "networks" / "cnn.safetensors").read_bytes()
    begin = 8 + int.from_bytes(file[:8], "little")
    header = json.loads(file[8:begin])

    def tensor(name):
        first, last = header[name]["data_offsets"]
        return np.frombuffer(file[begin + first:begin + last], "<f4").reshape(header[name]["shape"])

    return tensor("1.weight")[:, 0], tensor("1.bias")


def maps_of(digit):
    kernels, biases = first_filters()
    windows = np.lib.stride_tricks.sliding_window_view(digit, kernels.shape[1:])
    return np.einsum("yxij,cij->cyx", windows, kernels) + biases[:, None, None]


def place(figure, left, top, side):
    """Axes for a square picture; numbers in pixels from the left and the top."""
    axes = figure.add_axes((left / WIDTH, 1 - (top + side) / HEIGHT, side / WIDTH, side / HEIGHT))
    axes.set_axis_off()
    return axes


def draw(file, title, words):
    digit = np.frombuffer(images("t10k", DIGIT + 1)[784 * DIGIT:784 * (DIGIT + 1)], np.uint8).reshape(28, 28) / 255
    maps = maps_of(digit)
    signed = LinearSegmentedColormap.from_list("signed", [ORANGE, GROUND, BLUE])
    figure = plt.figure(figsize=(WIDTH / 100, HEIGHT / 100), facecolor=GROUND)
    text = {"x": 72 / WIDTH, "color": INK, "va": "top", "linespacing": 1.3}
    figure.text(y=1 - 76 / HEIGHT, s=title, fontsize=38, font=print_fonts.face("Title"), **text)
    figure.text(y=1 - 228 / HEIGHT, s=words, fontsize=19, font=print_fonts.face("Label"), **text)
    place(figure, 40, 404, 151).imshow(digit, cmap=LinearSegmentedColormap.from_list("ink", [GROUND, "white"]))
    for i, one in enumerate(maps):
        high = np.abs(one).max()
        place(figure, 656 + 120 * (i % 4), 79 + 120 * (i // 4), 112).imshow(one, cmap=signed, vmin=-high, vmax=high)
    figure.savefig(file, dpi=100, facecolor=GROUND, metadata={"Software": None})
    plt.close(figure)
