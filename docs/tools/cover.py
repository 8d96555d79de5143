"""Draws the cover of the EPUB and the picture on the title page of the PDF: digits of MNIST's test set."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

import print_fonts
from figures import CYCLES
from live_site import images

GROUND, INK = "#0e2a44", "#f4f6f8"
BLUE, ORANGE = CYCLES["light"][0], CYCLES["dark"][1]
COLUMNS = 10
TEST_IMAGES = 10_000


def digits(rows, ground, ink, marked):
    """An image, three numbers for each pixel: the classes from left to right, one of them marked by its color."""
    data = np.frombuffer(images("t10k", TEST_IMAGES), np.uint8)
    pixels, labels = data[:-TEST_IMAGES].reshape(-1, 28, 28) / 255, data[-TEST_IMAGES:]
    columns = [np.concatenate(pixels[labels == label][:rows]) for label in range(COLUMNS)]
    strength = np.concatenate(columns, axis=1)[..., None]
    color = np.repeat([to_rgb(marked if label == 7 else ink) for label in range(COLUMNS)], 28, axis=0)[None]
    return (1 - strength) * to_rgb(ground) + strength * color


def draw_title(file):
    plt.imsave(file, digits(9, "white", BLUE, ORANGE))


def draw(file, title, words):
    figure = plt.figure(figsize=(8, 12), facecolor=GROUND)
    axes = figure.add_axes((0.09, 0.08, 0.82, 0.5))
    axes.set_axis_off()
    axes.imshow(digits(9, GROUND, INK, ORANGE), interpolation="bicubic")
    serif, label = (print_fonts.face(family) for family in ("Title", "Label"))
    figure.text(0.09, 0.9, title.replace(", ", ",\n"), color=INK, font=serif, fontsize=46, va="top", linespacing=0.85)
    figure.text(0.09, 0.665, words, color=ORANGE, font=label, fontsize=21, va="top")
    figure.savefig(file, dpi=150)
    plt.close(figure)
