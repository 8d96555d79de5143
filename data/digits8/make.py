"""Writes the four files of this folder: the 8×8 digits that scikit-learn ships, enlarged to the 28×28
pixels of MNIST, as IDX files. The first 300 are for training, the other 1,497 for the test.

    pip install scikit-learn==1.7.2 && python3 make.py
"""

import gzip
import struct
from pathlib import Path

from sklearn.datasets import load_digits

SIDE, BOX, TRAINING = 28, 20, 300


def enlarged(image):
    """Bilinear, from 8×8 shades of 0 to 16 to 20×20 of 0 to 255, in the middle of 28×28."""
    small = len(image)
    pixels = [[0] * SIDE for _ in range(SIDE)]
    for row in range(BOX):
        for column in range(BOX):
            y = min(max((row + 0.5) * small / BOX - 0.5, 0), small - 1)
            x = min(max((column + 0.5) * small / BOX - 0.5, 0), small - 1)
            top, left = min(int(y), small - 2), min(int(x), small - 2)
            down, right = y - top, x - left
            shade = ((1 - down) * ((1 - right) * image[top][left] + right * image[top][left + 1])
                     + down * ((1 - right) * image[top + 1][left] + right * image[top + 1][left + 1]))
            margin = (SIDE - BOX) // 2
            pixels[margin + row][margin + column] = round(shade * 255 / 16)
    return bytes(pixel for line in pixels for pixel in line)


def write(name, axes, values):
    header = struct.pack(f">BBBB{len(axes)}I", 0, 0, 8, len(axes), *axes)
    with open(Path(__file__).with_name(name + ".gz"), "wb") as file:
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as out:
            out.write(header + values)


def main():
    digits = load_digits()
    images = [enlarged(image.tolist()) for image in digits.images]
    labels = bytes(int(label) for label in digits.target)
    for stem, part in (("train", slice(0, TRAINING)), ("t10k", slice(TRAINING, None))):
        count = len(labels[part])
        write(f"{stem}-images-idx3-ubyte", (count, SIDE, SIDE), b"".join(images[part]))
        write(f"{stem}-labels-idx1-ubyte", (count,), labels[part])


if __name__ == "__main__":
    main()
