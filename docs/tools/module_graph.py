"""Draws which module imports which, from the sources, as SVG in each colour of the pages. An import that
follows from others is left out: who imports nn.dense has nn.layer as well.
"""

import re
import subprocess
from pathlib import Path

from figures import INKS, CYCLES

MODULES = Path(__file__).resolve().parents[2] / "modules"
NAME = re.compile(r"^(?:export )?module nn\.(\w+);", re.MULTILINE)
IMPORT = re.compile(r"^(?:export )?import nn\.(\w+);", re.MULTILINE)


def read_imports(folder=MODULES):
    """Of each module the modules that its interface and its body import. The umbrella nn is not one."""
    imports = {}
    for file in sorted([*folder.glob("*.cppm"), *folder.glob("*.cpp")]):
        text = file.read_text()
        if name := NAME.search(text):
            imports.setdefault(name[1], set()).update(IMPORT.findall(text))
    return imports


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


def to_dot(imports, chapters, colour):
    """The graph in the language of Graphviz; modules with a chapter of their own stand out."""
    ink, accent = INKS[colour][0], CYCLES[colour][0]
    lines = ["digraph modules {", "rankdir=RL; bgcolor=transparent; nodesep=0.12; ranksep=0.35;",
             f'node [shape=box style=rounded fontname="sans-serif" fontsize=15 height=0.4 '
             f'color="{ink}" fontcolor="{ink}"];', f'edge [color="{ink}" arrowsize=0.7];']
    lines += [f'{name} [color="{accent}" fontcolor="{accent}" penwidth=2];'
              for name in sorted(imports) if name in chapters]
    lines += [f"{name} -> {wanted};" for name in sorted(imports) for wanted in sorted(imports[name])]
    return "\n".join([*lines, "}"])


def draw(folder):
    imports = reduce(read_imports())
    chapters = {path.stem[3:] for path in (MODULES.parent / "chapters").glob("[0-9]*.cpp")}
    folder.mkdir(parents=True, exist_ok=True)
    for colour in INKS:
        subprocess.run(["dot", "-Tsvg", "-o", folder / f"modules-{colour}.svg"], check=True,
                       text=True, input=to_dot(imports, chapters, colour))
