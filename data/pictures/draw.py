"""Draws the sample pictures anew: `python3 data/pictures/draw.py`, in this clone.

Four are handwriting, images of MNIST's test set on other paper; two are strokes of a round pen, as a
drawing program makes them; one is empty.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

HERE = Path(__file__).parent
IMAGES = gzip.open(HERE.parent / "mnist" / "t10k-images-idx3-ubyte.gz").read()[16:]


def ink_of_test_image(index, factor):
    """Ink from 0 to 1 by place, from an image enlarged."""
    pixels = IMAGES[784 * index : 784 * (index + 1)]

    def at(y, x):
        return pixels[28 * y + x] / 255 if 0 <= y < 28 and 0 <= x < 28 else 0

    def ink(y, x):
        y, x = (y + 0.5) / factor - 0.5, (x + 0.5) / factor - 0.5
        top, left = math.floor(y), math.floor(x)
        down, right = y - top, x - left
        above = at(top, left) * (1 - right) + at(top, left + 1) * right
        below = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
        return above * (1 - down) + below * down

    return ink


def ink_side_by_side(inks, width):
    """Ink by place, with a new one every so many pixels."""
    return lambda y, x: inks[min(int(x // width), len(inks) - 1)](y, x % width)


def ink_of_strokes(strokes, radius):
    """Ink from 0 to 1 by place, from lines through points (x, y)."""

    def distance(y, x, begin, end):
        (x1, y1), (x2, y2) = begin, end
        length = (x2 - x1) ** 2 + (y2 - y1) ** 2
        share = max(0, min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / (length or 1)))
        return math.hypot(x - x1 - share * (x2 - x1), y - y1 - share * (y2 - y1))

    lines = [line for stroke in strokes for line in zip(stroke, stroke[1:])]
    return lambda y, x: max(0, min(1, radius + 0.5 - min(distance(y, x, *line) for line in lines)))


def arc(x, y, width, height, first, last):
    """Points of an ellipse from one angle to another, in degrees, clockwise from the right."""
    steps = [first + (last - first) * i / 24 for i in range(25)]
    return [(x + width * math.cos(math.radians(a)), y + height * math.sin(math.radians(a))) for a in steps]


def shades(ink, height, width, paper, pen, down=0, right=0):
    """Rows of bytes, one or three a pixel, mixed of the colours of paper and pen."""
    rows = []
    for y in range(height):
        inks = [round(31 * ink(y - down, x - right)) / 31 for x in range(width)]
        rows.append(bytes(round(p + (q - p) * i) for i in inks for p, q in zip(paper, pen)))
    return rows


def in_light(rows, loss):
    """Rows of shades of gray in light that falls off from left to right by a fraction."""
    return [bytes(round(value * (1 - loss * x / len(row))) for x, value in enumerate(row)) for row in rows]


def write_png(name, rows, channels):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">II", len(rows[0]) // channels, len(rows))
    header = size + bytes([8, {1: 0, 3: 2}[channels], 0, 0, 0])
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    (HERE / name).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def write_pgm(name, rows):
    (HERE / name).write_bytes(b"P5\n%d %d\n255\n" % (len(rows[0]), len(rows)) + b"".join(rows))


three = ink_of_strokes([arc(100, 70, 45, 40, -150, 90) + arc(100, 155, 55, 45, -90, 140)], 6)
four = ink_of_strokes([[(60, 10), (18, 75), (100, 75)], [(78, 40), (74, 128)]], 2.5)

write_png("seven.png", shades(ink_of_test_image(0, 6), 220, 200, (250, 244, 225), (30, 40, 120), 45, 10), 3)
write_pgm("two.pgm", shades(ink_of_test_image(1, 3), 90, 100, (40,), (215,), 2, 14))
write_png("corner.png", shades(ink_of_test_image(8, 0.7), 28, 28, (255,), (0,), 7, -3), 1)
write_png("three.png", shades(three, 240, 320, (255,), (0,), 0, 90), 1)
write_png("four.png", shades(four, 140, 120, (20, 70, 50), (240, 240, 230)), 3)
number = ink_side_by_side([ink_of_test_image(index, 3.5) for index in (4, 1, 7)], 98)
write_png("number.png", in_light(shades(number, 130, 320, (240,), (40,), 16, 12), 0.55), 1)
write_png("empty.png", [bytes([250 + (7 * y + 3 * x) % 5 for x in range(40)]) for y in range(40)], 1)
