"""Draws which module imports which, from the sources, as SVG in each color scheme of the pages: a frame for each
folder with all its modules. An import that follows from others is left out: a module that imports nn.dense
has nn.layer as well.
"""

import re
import subprocess

from figures import INKS, CYCLES
from module_list import ROOT, by_folder, read_modules, sources

IMPORT = re.compile(r"^(?:export )?import nn\.(\w+);", re.MULTILINE)


def read_imports(root=ROOT):
    """Of each module the modules that its interface and its other sources import."""
    return {name: {imported for file in files for imported in IMPORT.findall(file.read_text())}
            for name, files in sources(root).items()}


def reachable(imports, start):
    """What `start` imports, and what that imports, and so on."""
    found, open_ends = set(), [start]
    while open_ends:
        for name in imports[open_ends.pop()] - found:
            found.add(name)
            open_ends.append(name)
    return found


def reduce(imports):
    """The imports that do not follow from others."""
    behind = {name: reachable(imports, name) for name in imports}
    return {name: {direct for direct in wanted
                   if not any(direct in behind[other] for other in wanted)}
            for name, wanted in imports.items()}


def to_dot(imports, chapters, color, folders=()):
    """The graph in the language of Graphviz; modules with their own chapter are highlighted.

    @param folders (folder, names of its modules): each becomes a frame.
    """
    (ink, faint), accent = INKS[color], CYCLES[color][0]
    lines = ["digraph modules {", "rankdir=RL; bgcolor=transparent; nodesep=0.12; ranksep=0.35;",
             f'node [shape=box style=rounded fontname="sans-serif" fontsize=15 height=0.4 '
             f'color="{ink}" fontcolor="{ink}"];', f'edge [color="{ink}" arrowsize=0.7];']
    lines += [f'subgraph cluster_{folder} {{ label="{folder}"; style=rounded; color="{faint}"; fontcolor="{ink}"; '
              f'fontname="sans-serif"; fontsize=15; labeljust=r; {"; ".join(names)}; }}'
              for folder, names in folders]
    lines += [f'{name} [color="{accent}" fontcolor="{accent}" penwidth=2];'
              for name in sorted(imports) if name in chapters]
    lines += [f"{name} -> {wanted};" for name in sorted(imports) for wanted in sorted(imports[name])]
    return "\n".join([*lines, "}"])


def draw(folder):
    imports = reduce(read_imports())
    chapters = {path.stem[3:] for path in (ROOT / "chapters").glob("[0-9]*.cpp")}
    folders = [(folder, [module.name for module in inside]) for folder, _, inside in by_folder(read_modules())]
    folder.mkdir(parents=True, exist_ok=True)
    for color in INKS:
        subprocess.run(["dot", "-Tsvg", "-o", folder / f"modules-{color}.svg"], check=True,
                       text=True, input=to_dot(imports, chapters, color, folders))
