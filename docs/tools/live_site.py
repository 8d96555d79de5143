"""Puts together what the figures need that work in a page. All of it are scripts, with the data in
base64: a page opened from a disk may load scripts, and nothing else.
"""

import base64
import gzip
import shutil
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIVE = ROOT / "docs" / "live"
CHARTS = Path("/usr/share/javascript/chart.js/chart.min.js")
TRAINING_IMAGES = 10_000  # of the 60,000: what a page trains with


def collect(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for source in [*LIVE.glob("*.js"), *LIVE.glob("*.css"), *LIVE.glob("scripts/*.js"), CHARTS]:
        shutil.copy(source, folder)
    wasm = (ROOT / "build" / "live" / "docs" / "live" / "live.wasm").read_bytes()
    pack(folder / "live_wasm.js", "wasm", wasm)
    for name, contents in data():
        pack(folder / f"data_{name}.js", name, contents)


def data():
    """What figures ask for by live.data(NAME); C++ reads it as a file of that name."""
    yield "mnist_training", images("train", TRAINING_IMAGES)
    yield "mnist_test", images("t10k", 10_000)
    for network in ("mlp", "cnn", "text"):
        yield network, (ROOT / "data" / "networks" / f"{network}.safetensors").read_bytes()
    yield "characters", characters().encode()


def characters():
    """The vocabulary of the language model, as chapters/19_language_model/writing.cpp finds it: a page need not load
    the whole text for these few. That it writes what `./book write` does is tested in tests/live/test_write.py.
    """
    counts = Counter((ROOT / "data" / "text" / "pages.txt").read_text())
    return "".join(sorted(character for character, count in counts.items() if count >= 20))


def images(which, count):
    """The images, 784 bytes each, then as many bytes with their classes."""
    folder = ROOT / "data" / "mnist"
    pixels = gzip.decompress((folder / f"{which}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / f"{which}-labels-idx1-ubyte.gz").read_bytes())[8:]
    return pixels[:count * 784] + labels[:count]


def pack(file, name, contents):
    packed = gzip.compress(contents, mtime=0)
    worth_it = len(packed) < 0.9 * len(contents)
    text = base64.b64encode(packed if worth_it else contents).decode()
    gzipped = "true" if worth_it else "false"
    file.write_text(f"live.packed.set('{name}', {{gzip: {gzipped}, base64: '{text}'}});\n")
