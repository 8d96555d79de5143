"""Draws the picture benchmark: `python3 data/pictures/benchmark.py FOLDER`, with NumPy.

Every kind of picture gets a folder with twenty files: each digit twice, from two ways of writing it,
with slants, proportions and wobbles that a generator with a fixed seed draws. The file's name begins
with the digit. `./book reliability pictures` draws them, reads them and prints the table.
"""

import gzip
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SIDE = 220  # pixels of an ordinary picture


# ------------------------------------------------------------------------------ digits as strokes


def arc(x, y, width, height, first, last):
    """Points of an ellipse from one angle to another, in degrees, clockwise from the right."""
    angles = np.radians(np.linspace(first, last, 25))
    return np.stack([x + width * np.cos(angles), y + height * np.sin(angles)], axis=1)


def line(*points):
    return np.array(points, float)


def joined(*parts):
    return np.concatenate(parts)


# Two ways to write each digit. Coordinates are (x, y) from 0 to 1, with y pointing down.
STROKES = {
    0: ([arc(0.5, 0.5, 0.3, 0.48, -80, 285)], [arc(0.5, 0.5, 0.38, 0.46, -120, 245)]),
    1: ([line((0.5, 0.02), (0.5, 0.98))], [line((0.42, 0.14), (0.54, 0.02), (0.52, 0.98))]),
    2: ([joined(arc(0.48, 0.28, 0.3, 0.26, -165, 35), line((0.15, 0.97), (0.85, 0.95)))],
        [joined(arc(0.45, 0.27, 0.3, 0.25, -150, 50), line((0.3, 0.8)), arc(0.24, 0.86, 0.1, 0.1, -60, 200),
                line((0.35, 0.86), (0.6, 0.97), (0.88, 0.9)))]),
    3: ([joined(arc(0.45, 0.26, 0.3, 0.24, -150, 85), arc(0.45, 0.73, 0.34, 0.25, -85, 150))],
        [joined(line((0.18, 0.05), (0.75, 0.05), (0.42, 0.42)), arc(0.44, 0.7, 0.34, 0.28, -80, 150))]),
    4: ([line((0.58, 0.02), (0.12, 0.64), (0.88, 0.62)), line((0.64, 0.32), (0.62, 0.98))],
        [line((0.2, 0.05), (0.16, 0.5), (0.8, 0.48)), line((0.76, 0.03), (0.72, 0.98))]),
    5: ([joined(line((0.8, 0.03), (0.28, 0.04), (0.24, 0.46)), arc(0.45, 0.68, 0.34, 0.28, -120, 140))],
        [joined(line((0.3, 0.06), (0.25, 0.48)), arc(0.44, 0.7, 0.33, 0.27, -115, 145)),
         line((0.3, 0.05), (0.82, 0.03))]),
    6: ([joined(line((0.66, 0.02), (0.4, 0.25)), arc(0.48, 0.7, 0.28, 0.27, -170, 200))],
        [joined(arc(0.7, 0.55, 0.48, 0.53, -100, -180), arc(0.5, 0.72, 0.28, 0.25, 180, 530))]),
    7: ([line((0.15, 0.06), (0.82, 0.05), (0.4, 0.98))],
        [line((0.14, 0.12), (0.4, 0.06), (0.84, 0.05), (0.6, 0.5), (0.46, 0.98))]),
    8: ([joined(arc(0.5, 0.25, 0.25, 0.22, 60, -230), arc(0.5, 0.72, 0.3, 0.25, -120, 240),
                line((0.62, 0.44)))],
        [arc(0.5, 0.26, 0.24, 0.23, -90, 270), arc(0.5, 0.74, 0.29, 0.24, -90, 270)]),
    9: ([joined(arc(0.48, 0.3, 0.27, 0.26, -20, -380), line((0.7, 0.6), (0.62, 0.98)))],
        [joined(arc(0.46, 0.3, 0.28, 0.27, -10, -370), line((0.72, 0.98)))]),
}


class Writer:
    """Writes digits in pixels: ink from 0 to 1 on a field of any size."""

    def __init__(self, kind):
        self.random = np.random.default_rng(zlib.crc32(kind.encode()))

    def strokes(self, digit, way, turn=0.0):
        """Wobbled, slanted and turned; the middle is (0, 0) and the height about 1."""
        slant, narrow = self.random.uniform(-0.12, 0.22), self.random.uniform(0.62, 0.85)
        turn += np.radians(self.random.uniform(-4, 4))
        phases = self.random.uniform(0, 2 * np.pi, 4)
        turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        written = []
        for stroke in STROKES[digit][way]:
            x, y = stroke[:, 0] - 0.5, stroke[:, 1] - 0.5
            x = x + 0.02 * np.sin(5 * y + phases[0]) + 0.015 * np.sin(9 * x + phases[1])
            y = y + 0.015 * np.sin(6 * x + phases[2]) + 0.01 * np.sin(11 * y + phases[3])
            written.append(np.stack([narrow * (x - slant * y), y], axis=1) @ turned)
        return written

    def digit(self, digit, way, height, width, size=None, pen=None, center=None, turn=0.0, blur=1.0,
              gaps=False):
        """Ink of one digit. `size` is its height and `pen` the width of its line, in pixels."""
        size = size or min(height, width) * self.random.uniform(0.5, 0.65)
        pen = pen or size * self.random.uniform(0.07, 0.12)
        cy, cx = center or (height * self.random.uniform(0.46, 0.54), width * self.random.uniform(0.45, 0.55))
        distance = np.full((height, width), 1e9)
        for stroke in self.strokes(digit, way, turn):
            points = stroke * size + (cx, cy)
            pieces = list(zip(points, points[1:]))
            if gaps:
                points = dense(points, pen / 2)
                pieces = [pair for i, pair in enumerate(zip(points, points[1:])) if i % 9 < 6]
            for (x1, y1), (x2, y2) in pieces:
                lower_distance(distance, x1, y1, x2, y2, reach=pen / 2 + blur + 1)
        return np.clip((pen / 2 - distance) / blur + 0.5, 0, 1)


def lower_distance(distance, x1, y1, x2, y2, reach):
    """Lowers distances to those from a straight line, near the line."""
    top, left = (max(0, int(min(pair) - reach)) for pair in ((y1, y2), (x1, x2)))
    part = distance[top : max(0, int(max(y1, y2) + reach + 2)), left : max(0, int(max(x1, x2) + reach + 2))]
    ys, xs = np.ogrid[0 : part.shape[0], 0 : part.shape[1]]
    ys, xs = ys + top + 0.5, xs + left + 0.5
    length = (x2 - x1) ** 2 + (y2 - y1) ** 2
    share = np.clip(((xs - x1) * (x2 - x1) + (ys - y1) * (y2 - y1)) / (length or 1), 0, 1)
    np.minimum(part, np.hypot(xs - x1 - share * (x2 - x1), ys - y1 - share * (y2 - y1)), out=part)


def dense(points, step):
    """The same line with a point every `step` pixels."""
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.arange(0, lengths[-1], step)
    return np.stack([np.interp(at, lengths, points[:, 0]), np.interp(at, lengths, points[:, 1])], axis=1)


# -------------------------------------------------------------------------------- paper and light


def painted(ink, paper, pen):
    """Colors from 0 to 1, mixed from those of paper and pen."""
    paper, pen = np.asarray(paper, float), np.asarray(pen, float)
    return paper + (pen - paper) * ink[..., None]


def gray(ink, paper=0.97, pen=0.1):
    return painted(ink, [paper], [pen])


def grain(random, image, sigma):
    return image + random.normal(0, sigma, image.shape)


def blurred(image, radius):
    """Three means over 2 · radius + 1 pixels, which is nearly a Gaussian."""
    for _ in range(3):
        for axis in (0, 1):
            padded = np.pad(image, [(radius, radius) if a == axis else (0, 0) for a in range(3)], mode="edge")
            sums = np.cumsum(padded, axis=axis)
            zero = np.zeros_like(np.take(sums, [0], axis=axis))
            sums = np.concatenate([zero, sums], axis=axis)
            n = 2 * radius + 1
            image = (np.take(sums, range(n, sums.shape[axis]), axis=axis)
                     - np.take(sums, range(sums.shape[axis] - n), axis=axis)) / n
    return image


def ramp(random, height, width, loss):
    """Light that falls off by a fraction from one side to the other, in a random direction."""
    angle = random.uniform(0, 2 * np.pi)
    ys, xs = np.mgrid[0:height, 0:width]
    along = xs * np.cos(angle) + ys * np.sin(angle)
    along = (along - along.min()) / (along.max() - along.min())
    return (1 - loss * along)[..., None]


def shadow(random, height, width, depth, softness):
    """A shadow with a straight border that runs near the middle."""
    angle = random.uniform(0, 2 * np.pi)
    ys, xs = np.mgrid[0:height, 0:width]
    along = (xs - width * random.uniform(0.4, 0.6)) * np.cos(angle) + (ys - height / 2) * np.sin(angle)
    return (1 - depth * np.clip(along / softness + 0.5, 0, 1))[..., None]


def rules(height, width, step, thickness, first, tilt=0.0):
    """Ink of horizontal lines."""
    ys, xs = np.mgrid[0:height, 0:width]
    place = (ys - first + tilt * xs) % step
    return (place < thickness).astype(float)


def box(height, width, top, left, bottom, right, thickness):
    """Ink of a rectangle's outline."""
    ys, xs = np.mgrid[0:height, 0:width]
    outer = (ys >= top) & (ys < bottom) & (xs >= left) & (xs < right)
    inner = (ys >= top + thickness) & (ys < bottom - thickness) & (xs >= left + thickness) & (xs < right - thickness)
    return (outer & ~inner).astype(float)


def blocks(image, quality=14):
    """JPEG's artifacts: every block of 8 × 8 pixels keeps few of its frequencies."""
    n = np.arange(8)
    basis = np.sqrt(2 / 8) * np.cos(np.pi * (2 * n[None] + 1) * n[:, None] / 16)
    basis[0] /= np.sqrt(2)
    steps = (4 + 3 * (n[:, None] + n[None])) * quality / 255 / 4
    height, width = (s // 8 * 8 for s in image.shape[:2])
    image = image[:height, :width]
    tiles = image.reshape(height // 8, 8, width // 8, 8, -1).transpose(0, 2, 4, 1, 3) * 1.0
    kept = np.round((basis @ tiles @ basis.T) / steps) * steps
    return (basis.T @ kept @ basis).transpose(0, 3, 1, 4, 2).reshape(image.shape)


# ------------------------------------------------------------------------------------- the kinds

KINDS = {}


def kind(name):
    def add(draw):
        KINDS[name] = draw
        return draw

    return add


@kind("black on white")
def _(w, r, d, way):
    return gray(w.digit(d, way, SIDE, SIDE))


@kind("white on black")
def _(w, r, d, way):
    return gray(w.digit(d, way, SIDE, SIDE), 0.04, 0.95)


@kind("gradient of light, 55 %")
def _(w, r, d, way):
    return gray(w.digit(d, way, SIDE, SIDE)) * ramp(r, SIDE, SIDE, 0.55)


@kind("faint gradient, 25 %")
def _(w, r, d, way):
    return gray(w.digit(d, way, SIDE, SIDE), 0.95, r.uniform(0.45, 0.6)) * ramp(r, SIDE, SIDE, 0.25)


@kind("half in shadow")
def _(w, r, d, way):
    return gray(w.digit(d, way, SIDE, SIDE)) * shadow(r, SIDE, SIDE, r.uniform(0.45, 0.65), r.uniform(2, 25))


@kind("grain 15 on MNIST's digits")
def _(w, r, d, way):
    image = mnist_image(d, int(r.integers(10)))
    return grain(r, image[..., None], 15 / 255)


@kind("the same, ten times as large")
def _(w, r, d, way):
    return grain(r, np.kron(mnist_image(d, int(r.integers(10))), np.ones((10, 10)))[..., None], 15 / 255)


@kind("grain 20, dark pen")
def _(w, r, d, way):
    return grain(r, gray(w.digit(d, way, SIDE, SIDE), 0.85, 0.2), 20 / 255)


@kind("black edge of a scan")
def _(w, r, d, way):
    image = gray(w.digit(d, way, SIDE, SIDE))
    for side in range(4):
        if r.uniform() < 0.6 or side == 0:
            image[: int(r.uniform(3, 16))] = 0.03
        image = np.rot90(image)
    return image


@kind("frame around the digit")
def _(w, r, d, way):
    inset = int(r.uniform(8, 30))
    ink = np.maximum(w.digit(d, way, SIDE, SIDE, size=r.uniform(80, 125)),
                     box(SIDE, SIDE, inset, inset + 2, SIDE - inset, SIDE - inset - 3, int(r.uniform(2, 6))))
    return gray(ink)


@kind("cell of a form")
def _(w, r, d, way):
    height, width, thickness = 180, 260, int(r.uniform(2, 5))
    left, top = int(r.uniform(70, 90)), int(r.uniform(20, 40))
    cell = int(r.uniform(105, 125))
    ink = w.digit(d, way, height, width, size=cell * r.uniform(0.6, 0.75),
                  center=(top + cell / 2, left + cell / 2))
    for i in range(-2, 3):  # the neighbors on both sides, cut off by the edge of the picture
        ink = np.maximum(ink, box(height, width, top, left + i * cell, top + cell, left + (i + 1) * cell + thickness,
                                  thickness))
    return gray(ink)


@kind("paper on a dark desk")
def _(w, r, d, way):
    height, width = 240, 300
    ys, xs = np.mgrid[0:height, 0:width]
    turn = np.radians(r.uniform(-12, 12))
    across = (xs - 150) * np.cos(turn) + (ys - 120) * np.sin(turn)
    down = -(xs - 150) * np.sin(turn) + (ys - 120) * np.cos(turn)
    on_paper = (abs(across) < r.uniform(85, 125)) & (abs(down) < r.uniform(75, 100))
    ink = w.digit(d, way, height, width, size=r.uniform(75, 110), center=(120, 150), turn=turn)
    desk = painted(0.25 * np.sin(ys / 3 + 0.3 * np.sin(xs / 20)) + 0.5, (0.22, 0.15, 0.1), (0.3, 0.2, 0.12))
    paper = painted(ink, (0.93, 0.92, 0.88), (0.12, 0.12, 0.2))
    return blurred(np.where(on_paper[..., None], paper, desk), 1)


@kind("ruled paper")
def _(w, r, d, way):
    step = int(r.uniform(34, 60))
    lines = rules(SIDE, SIDE, step, int(r.uniform(2, 4)), int(r.uniform(0, step)), r.uniform(-0.02, 0.02))
    paper = painted(lines, (0.97, 0.97, 0.95), (0.45, 0.6, 0.85))
    ink = w.digit(d, way, SIDE, SIDE)
    return paper + (np.array((0.1, 0.1, 0.12)) - paper) * ink[..., None]


@kind("squared paper")
def _(w, r, d, way):
    step = int(r.uniform(18, 40))
    lines = np.maximum(rules(SIDE, SIDE, step, 2, int(r.uniform(0, step))),
                       rules(SIDE, SIDE, step, 2, int(r.uniform(0, step))).T)
    paper = gray(lines, 0.96, r.uniform(0.55, 0.75))
    return paper + (0.12 - paper) * w.digit(d, way, SIDE, SIDE)[..., None]


@kind("dark rules, black pen")
def _(w, r, d, way):
    step = int(r.uniform(60, 90))
    lines = rules(SIDE, SIDE, step, 2, int(r.uniform(0, step)), r.uniform(-0.01, 0.01))
    return gray(np.maximum(w.digit(d, way, SIDE, SIDE, pen=r.uniform(10, 14)), 0.9 * lines))


@kind("yellow highlighter")
def _(w, r, d, way):
    return painted(w.digit(d, way, SIDE, SIDE, pen=r.uniform(10, 18)), (1, 1, 1), (1, 0.97, 0.25))


@kind("white strokes, transparent")
def _(w, r, d, way):
    return clear(w.digit(d, way, SIDE, SIDE), (1, 1, 1))


@kind("black strokes, transparent")
def _(w, r, d, way):
    return clear(w.digit(d, way, SIDE, SIDE), (0, 0, 0))


@kind("light gray pencil")
def _(w, r, d, way):
    ink = w.digit(d, way, SIDE, SIDE, pen=r.uniform(5, 8))
    return grain(r, gray(ink * r.uniform(0.7, 1, ink.shape), 0.95, 0.62), 3 / 255)


@kind("blue ink")
def _(w, r, d, way):
    return painted(w.digit(d, way, SIDE, SIDE), (0.98, 0.96, 0.9), (0.15, 0.25, 0.7))


@kind("red ink")
def _(w, r, d, way):
    return painted(w.digit(d, way, SIDE, SIDE), (0.97, 0.97, 0.97), (0.85, 0.15, 0.2))


@kind("thick marker")
def _(w, r, d, way):
    size = r.uniform(130, 150)
    return gray(w.digit(d, way, SIDE, SIDE, size=size, pen=size * r.uniform(0.16, 0.2)))


@kind("thin pen")
def _(w, r, d, way):
    return gray(w.digit(d, way, SIDE, SIDE, size=r.uniform(120, 160), pen=r.uniform(2, 3)))


@kind("off center")
def _(w, r, d, way):
    return gray(w.digit(d, way, SIDE, SIDE, size=80, center=(r.uniform(50, 170), r.uniform(45, 175))))


@kind("turned by 10°")
def _(w, r, d, way):
    return gray(w.digit(d, way, SIDE, SIDE, turn=np.radians(10 * (-1) ** way)))


@kind("small in a large picture")
def _(w, r, d, way):
    return grain(r, gray(w.digit(d, way, 600, 800, size=r.uniform(60, 80),
                                 center=(r.uniform(150, 450), r.uniform(150, 650)))), 3 / 255)


@kind("broken strokes")
def _(w, r, d, way):
    return gray(w.digit(d, way, SIDE, SIDE, size=140, pen=r.uniform(9, 12), gaps=True))


@kind("specks of dirt")
def _(w, r, d, way):
    ink = w.digit(d, way, SIDE, SIDE)
    for _i in range(25):
        y, x, radius = r.integers(4, SIDE - 4), r.integers(4, SIDE - 4), r.integers(1, 3)
        ink[y - radius : y + radius, x - radius : x + radius] = r.uniform(0.5, 1)
    return gray(ink)


@kind("blurred")
def _(w, r, d, way):
    return blurred(gray(w.digit(d, way, SIDE, SIDE)), 4)


@kind("blocks of JPEG")
def _(w, r, d, way):
    return blocks(gray(w.digit(d, way, SIDE + 4, SIDE + 4)))


@kind("chalk on a green board")
def _(w, r, d, way):
    ink = w.digit(d, way, SIDE, SIDE)
    return grain(r, painted(ink * r.uniform(0.6, 1, ink.shape), (0.08, 0.28, 0.2), (0.93, 0.93, 0.88)), 8 / 255)


@kind("blue ink on yellow paper")
def _(w, r, d, way):
    return painted(w.digit(d, way, SIDE, SIDE), (0.98, 0.9, 0.45), (0.15, 0.2, 0.6))


@kind("dark corners")
def _(w, r, d, way):
    ys, xs = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    return gray(w.digit(d, way, SIDE, SIDE), 0.9) * (1 - 1.1 * (xs**2 + ys**2))[..., None]


@kind("gray on gray")
def _(w, r, d, way):
    return grain(r, gray(w.digit(d, way, SIDE, SIDE), 0.6, 0.4), 4 / 255)


@kind("cropped tight")
def _(w, r, d, way):
    ink = w.digit(d, way, SIDE, SIDE)
    ys, xs = np.where(ink > 0.5)
    return gray(ink[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1])


@kind("wide picture")
def _(w, r, d, way):
    return gray(w.digit(d, way, 120, 480, center=(60, r.uniform(80, 400))))


@kind("photograph of a notebook")
def _(w, r, d, way):
    height, width = 360, 480
    step = int(r.uniform(30, 44))
    paper = painted(rules(height, width, step, 2, int(r.uniform(0, step)), r.uniform(-0.03, 0.03)),
                    (0.93, 0.9, 0.84), (0.6, 0.68, 0.8))
    ink = w.digit(d, way, height, width, size=r.uniform(110, 160), turn=np.radians(r.uniform(-8, 8)))
    image = paper + (np.array((0.15, 0.2, 0.5)) - paper) * ink[..., None]
    image = blurred(image * ramp(r, height, width, 0.4) * shadow(r, height, width, 0.35, 40), 1)
    return grain(r, image, 5 / 255)


@kind("64 × 64 pixels")
def _(w, r, d, way):
    return gray(w.digit(d, way, 64, 64))


def clear(ink, color):
    """Strokes of one color; everything else is transparent."""
    return np.concatenate([np.broadcast_to(np.array(color, float), (*ink.shape, 3)), ink[..., None]], axis=2)


# ------------------------------------------------------------------------------------------ files


def mnist_image(digit, which):
    """The digit's image number `which` in MNIST's test set, from 0 to 1."""
    folder = HERE.parent / "mnist"
    labels = np.frombuffer(gzip.open(folder / "t10k-labels-idx1-ubyte.gz").read()[8:], np.uint8)
    pixels = np.frombuffer(gzip.open(folder / "t10k-images-idx3-ubyte.gz").read()[16:], np.uint8)
    index = np.where(labels == digit)[0][which]
    return pixels[784 * index : 784 * (index + 1)].reshape(28, 28) / 255


def write_png(file, image):
    """Writes gray, RGB or RGBA from 0 to 1, shape (height, width, channels)."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    pixels = np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)
    height, width, channels = pixels.shape
    header = struct.pack(">II", width, height) + bytes([8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0])
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 6))
                     + chunk(b"IEND", b""))


def draw(folder, names=None):
    for number, name in enumerate(KINDS):
        if names and name not in names:
            continue
        place = Path(folder) / f"{number:02} {name}"
        place.mkdir(parents=True, exist_ok=True)
        writer = Writer(name)
        for way in (0, 1):
            for digit in range(10):
                write_png(place / f"{digit}{'ab'[way]}.png", KINDS[name](writer, writer.random, digit, way))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("benchmark.py: expected the folder to draw in")
    draw(sys.argv[1])
