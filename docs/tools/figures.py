"""Draws the figures of the book: docs/figures/NAME.py from data that a program wrote, as SVG, once for
each color scheme of the pages. A figure that opens a chapter is also drawn as NAME-opening, without its words.

A figure's file has one function, draw(figure, read): `figure` is Matplotlib's, `read(file)` gives the
columns of docs/figures/FILE as a dictionary of lists. A figure takes numbers in a chapter's output from its
record, by recorded_rows of pieces.py.
"""

import csv
import importlib.util
import re
from pathlib import Path

import matplotlib

from pieces import RECORDS

matplotlib.use("svg")
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axis import Axis  # noqa: E402
from matplotlib.legend import Legend  # noqa: E402
from matplotlib.spines import Spine  # noqa: E402
from matplotlib.text import Text  # noqa: E402

FIGURES = Path(__file__).resolve().parents[1] / "figures"
INKS = {"light": ("#1a1a1a", "#d0d0d0"), "dark": ("#e6e6e6", "#4a4a4a")}
# Okabe and Ito's colors, which color-blind readers can tell apart, in a shade for each background.
CYCLES = {"light": ["#0060a8", "#b84a00", "#00795b", "#9a4f85", "#7a6a00"],
          "dark": ["#6bb5ea", "#f0a04b", "#3ecfa6", "#dd9ac6", "#e6d650"]}


def read(file):
    with open(FIGURES / file, newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def style(color):
    ink, faint = INKS[color]
    return {"svg.hashsalt": "book", "svg.fonttype": "path", "figure.facecolor": "none",
            "axes.facecolor": "none", "savefig.facecolor": "none", "font.size": 10,
            "mathtext.fontset": "cm", "text.color": ink, "axes.labelcolor": ink,
            "axes.edgecolor": ink, "xtick.color": ink, "ytick.color": ink, "grid.color": faint,
            "axes.grid": True, "axes.spines.top": False, "axes.spines.right": False,
            "legend.frameon": False, "lines.linewidth": 1.8,
            "axes.prop_cycle": matplotlib.cycler(color=CYCLES[color])}


def openings():
    """The figures that open chapters."""
    pages = (FIGURES.parent / "chapters").glob("*.md")
    return {match[1] for page in pages if (match := re.search(r"\{opening\} (\S+)", page.read_text()))}


def leave_only_the_drawing(figure):
    for kind in (Axis, Legend, Spine, Text):
        for part in figure.findobj(kind):
            part.set_visible(False)


def draw_all(folder):
    """Draws them into a folder, if anything that they are made of is newer than they are."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [*FIGURES.iterdir(), *Path(__file__).parent.glob("*.py"), *RECORDS.glob("*.out")]
    newest = max(file.stat().st_mtime for file in sources)
    drawn = folder / "drawn"
    if drawn.exists() and drawn.stat().st_mtime > newest:
        return
    opening = openings()
    for source in sorted(FIGURES.glob("[0-9A-Z]*_*.py")):
        spec = importlib.util.spec_from_file_location("figure_" + source.stem, source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for color in INKS:
            with plt.rc_context(style(color)):
                figure = plt.figure(layout="constrained")
                module.draw(figure, read)
                figure.savefig(folder / f"{source.stem}-{color}.svg", metadata={"Date": None})
                if source.stem in opening:
                    leave_only_the_drawing(figure)
                    figure.savefig(folder / f"{source.stem}-opening-{color}.svg", metadata={"Date": None})
                plt.close(figure)
    drawn.touch()
