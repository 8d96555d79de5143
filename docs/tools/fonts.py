"""The typefaces of the pages, as WOFF2 files with only the characters that the book may use, so that pages need no
network and open quickly. All are under the SIL Open Font License, and none of them reserves its name.
"""

import importlib.util
import shutil
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

# Latin, Greek, accents, raised and lowered letters, punctuation, arrows, mathematical signs, boxes and blocks.
CHARACTERS = [*range(0x20, 0x180), *range(0x2B0, 0x400), *range(0x1D2C, 0x1D80), *range(0x2000, 0x2700)]

# The file to write, the package, and the file in the package. All are variable: one file has all weights.
FACES = [("text", "source_serif_4", "SourceSerif4[opsz,wght]"),
         ("text-italic", "source_serif_4", "SourceSerif4-Italic[opsz,wght]"),
         ("label", "libre_franklin", "LibreFranklin[wght]"),
         ("code", "inconsolata", "Inconsolata[wdth,wght]")]


def folder_of(package):
    """Where the files of an installed typeface are."""
    return Path(importlib.util.find_spec(f"fontpkg_{package}").submodule_search_locations[0])


def subset(file, features):
    """A typeface with only the characters of the book, and with some of OpenType's features."""
    font = TTFont(file)
    subsetter = Subsetter(Options(layout_features=features))
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    return font


def write_one(folder, name, package, file):
    target = folder / f"{name}.woff2"
    if not target.exists() or target.stat().st_mtime < Path(__file__).stat().st_mtime:
        font = subset(folder_of(package) / "files" / f"{file}.ttf",
                      [*Options().layout_features, "tnum", "lnum"])  # for columns of numbers
        font.flavor = "woff2"
        font.save(target)
        shutil.copy(folder_of(package) / "LICENSE", folder / f"{name}.LICENSE")


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        list(pool.map(write_one, repeat(folder), *zip(*FACES)))
