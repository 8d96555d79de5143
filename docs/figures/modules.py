"""The modules of the library in their folders, and which folder imports from which, read from the sources."""

import itertools
import re

from matplotlib.patches import Rectangle
from module_list import FOLDERS, ROOT, by_folder, read_modules, sources
from shapes import arrow, canvas, ink, words

IMPORT = re.compile(r"^(?:export )?import nn\.(\w+);", re.MULTILINE)
RIGHT, COLUMN, LINE, GAP = 46, 11.2, 2.6, 2.6


def imports(modules):
    """(user, used) for two folders, each pair once."""
    folder_of = {module.name: module.folder for module in modules}
    return {(folder_of[name], folder_of[used]) for name, files in sources().items() if name in folder_of
            for file in files for used in IMPORT.findall(file.read_text()) if folder_of[name] != folder_of[used]}


def draw(figure, read):
    modules = read_modules()
    chapters = {path.stem[3:] for path in (ROOT / "chapters").glob("[0-9]*.cpp")}
    rows = {folder: -(-len(inside) // 4) for folder, _, inside in by_folder(modules)}
    heights = {folder: 3.8 + LINE * count for folder, count in rows.items()}
    axes = canvas(figure, sum(heights.values()) + GAP * (len(heights) - 1) + 1)

    low, bottoms, slots = 0.5, {}, {}
    for folder, _, inside in by_folder(modules):
        top = low + heights[folder]
        axes.add_patch(Rectangle((1, low), RIGHT - 1, heights[folder], fill=False, edgecolor=ink(), linewidth=1.2))
        words(axes, 2.2, top - 2.4, folder, ha="left", va="baseline", weight="semibold")
        for i, module in enumerate(inside):
            words(axes, 2.2 + COLUMN * (i % 4), top - 5.2 - LINE * (i // 4), module.name,
                  0 if module.name in chapters else None, ha="left", va="baseline")
        bottoms[folder] = low
        slots[folder] = itertools.count(top - 1.4, -1.8)  # where arrows end, from the top down
        low = top + GAP

    order = list(FOLDERS)
    pairs = sorted(imports(modules), key=lambda pair: order.index(pair[0]) - order.index(pair[1]))
    across = RIGHT + 2.2
    for user, used in pairs:
        if order.index(user) - order.index(used) == 1:
            arrow(axes, (RIGHT / 2, bottoms[user]), (RIGHT / 2, bottoms[user] - GAP))
            continue
        start, end = next(slots[user]), next(slots[used])
        axes.plot((RIGHT, across, across), (start, start, end), color=ink(), linewidth=1.3)
        arrow(axes, (across, end), (RIGHT, end))
        across += 2.2
