"""Draws the figures of the book: docs/figures/NAME.py from data that a program wrote, as SVG, once for
each color scheme of the pages. A figure that opens a chapter is also drawn as NAME-opening, without its words.

A figure's file has one function, draw(figure, read): `figure` is Matplotlib's, `read(file)` gives the
columns of docs/figures/FILE as a dictionary of lists. A figure takes numbers in a chapter's output from its
record, by recorded_rows of pieces.py.

No figure is wider than WIDTH, so that a telephone, which shrinks it to its screen, leaves the labels legible;
check_figures.py measures that.
"""

import csv
import importlib.util
import re
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import matplotlib
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from fonts import folder_of
from pieces import RECORDS

matplotlib.use("svg")
from matplotlib import font_manager, pyplot as plt  # noqa: E402
from matplotlib.axis import Axis  # noqa: E402
from matplotlib.legend import Legend  # noqa: E402
from matplotlib.spines import Spine  # noqa: E402
from matplotlib.text import Text  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "docs" / "figures"
WIDTH = 5.6  # inches


def palette():
    """The colors of the live figures, by their names in live.css: one dictionary for each color scheme."""
    blocks = re.findall(r"\.live \{([^}]*--live-ink[^}]*)\}", (ROOT / "docs" / "live" / "live.css").read_text())
    return dict(zip(("light", "dark"), (dict(re.findall(r"--live-([\w-]+): (#\w+)", block)) for block in blocks)))


PALETTE = palette()
CYCLES = {scheme: [colors[f"series-{i}"] for i in range(1, 6)] for scheme, colors in PALETTE.items()}


def add_face(folder):
    """Matplotlib cannot set the weight of a variable font, so each of the two weights becomes a file."""
    for weight in (400, 600):
        font = TTFont(folder_of("libre_franklin") / "files" / "LibreFranklin[wght].ttf")
        font["hmtx"]["space"] = (280, 0)  # instead of 214: on a telephone, words in small type would run together
        file = folder / f"face-{weight}.ttf"
        instantiateVariableFont(font, {"wght": weight}, updateFontNames=True).save(file)
        font_manager.fontManager.addfont(file)


def read(file):
    with open(FIGURES / file, newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def style(color):
    ink, line = PALETTE[color]["ink"], PALETTE[color]["line"]
    quiet = PALETTE[color]["faint"]
    return {"svg.hashsalt": "book", "svg.fonttype": "path", "figure.facecolor": "none",
            "axes.facecolor": "none", "savefig.facecolor": "none",
            "font.family": "Libre Franklin", "font.size": 10.5, "mathtext.fontset": "cm",
            "axes.titlesize": 10.5, "axes.titleweight": "semibold", "axes.titlelocation": "left",
            "axes.labelsize": 10.5, "xtick.labelsize": 10.5, "ytick.labelsize": 10.5, "legend.fontsize": 10.5,
            "text.color": ink, "axes.labelcolor": ink, "xtick.labelcolor": ink, "ytick.labelcolor": ink,
            "axes.edgecolor": quiet, "xtick.color": quiet, "ytick.color": quiet, "axes.linewidth": 0.8,
            "xtick.major.size": 3, "ytick.major.size": 3, "xtick.minor.size": 0, "ytick.minor.size": 0,
            "axes.grid": True, "grid.color": line, "grid.linewidth": 0.6, "axes.axisbelow": True,
            "axes.spines.top": False, "axes.spines.right": False,
            "legend.frameon": False, "legend.borderaxespad": 0, "legend.handlelength": 2.2,
            "legend.columnspacing": 1.6, "lines.linewidth": 1.8, "lines.markersize": 5,
            "axes.prop_cycle": matplotlib.cycler(color=CYCLES[color])}


def legend(figure, axes, columns):
    """The names of the lines of one panel, above all panels, where no curve can run into them."""
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=columns)


def openings():
    """The figures that open chapters."""
    pages = (ROOT / "docs" / "chapters").glob("*.md")
    return {match[1] for page in pages if (match := re.search(r"\{opening\} (\S+)", page.read_text()))}


def leave_only_the_drawing(figure):
    for kind in (Axis, Legend, Spine, Text):
        for part in figure.findobj(kind):
            part.set_visible(False)


def draw_all(folder):
    """Draws them into a folder, if anything that they are made of is newer than they are."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [*FIGURES.iterdir(), *Path(__file__).parent.glob("*.py"), *RECORDS.glob("*.out"),
               *ROOT.glob("modules/**/*.cpp*"), ROOT / "docs" / "live" / "live.css"]
    newest = max(file.stat().st_mtime for file in sources)
    drawn = folder / "drawn"
    opening = openings()
    if drawn.exists() and drawn.stat().st_mtime > newest and \
            all((folder / f"{name}-opening-light.svg").exists() for name in opening):
        return
    for old in folder.glob("*.svg"):  # one may be of a figure that the book no longer has
        old.unlink()
    add_face(folder)
    figures = sorted(FIGURES.glob("*.py"))
    with ProcessPoolExecutor() as pool:
        list(pool.map(draw_one, figures, repeat(folder), [figure.stem in opening for figure in figures]))
    drawn.touch()


def draw_one(source, folder, opens=False):
    spec = importlib.util.spec_from_file_location("figure_" + source.stem, source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for color in PALETTE:
        with plt.rc_context(style(color)):
            figure = plt.figure(layout="constrained", figsize=(WIDTH, WIDTH / 1.6))
            module.draw(figure, read)
            figure.savefig(folder / f"{source.stem}-{color}.svg", metadata={"Date": None})
            if opens:  # a chapter
                leave_only_the_drawing(figure)
                figure.savefig(folder / f"{source.stem}-opening-{color}.svg", metadata={"Date": None})
            plt.close(figure)
