"""Writes modules as one source file that has no modules: the interfaces in the order of their imports, then the
implementations. A compiler then reads the standard headers only once, which takes most of its time.

In return, names in the unnamed namespaces of the sources must differ.

Run: one_source.py OUTPUT SOURCE…, where a SOURCE is an interface (.cppm) or an implementation
"""

import re
import sys
from pathlib import Path

MODULE = re.compile(r"(?:export )?module ([\w.]+);")
IMPORT = re.compile(r"(?:export )?import ([\w.]+);")


class Source:
    """A file in two parts: the includes, and the code, whose lines keep their numbers."""

    def __init__(self, path):
        self.path = path
        self.name = None
        self.imports = []
        lines = path.read_text().split("\n")
        code = 0  # the line at which it begins
        for number, line in enumerate(lines):
            if match := MODULE.match(line):
                self.name = match[1]
            elif match := IMPORT.match(line):
                self.imports.append(match[1])
            elif line != "module;":
                continue
            lines[number] = ""
            code = number
        self.includes = "\n".join(lines[:code])
        self.code = "\n".join(line.removeprefix("export ") for line in lines[code:])
        self.first = code + 1

    def text_of(self, part):
        first = 1 if part == "includes" else self.first
        return f'#line {first} "{self.path}"\n{getattr(self, part)}\n'


def in_order(interfaces):
    """Each interface after those that it imports."""
    ordered = {}

    def add(name):
        if name in interfaces and name not in ordered:
            for imported in interfaces[name].imports:
                add(imported)
            ordered[name] = interfaces[name]

    for name in interfaces:
        add(name)
    return list(ordered.values())


def main(output, *paths):
    sources = [Source(Path(path)) for path in paths]
    interfaces = {source.name: source for source in sources if source.path.suffix == ".cppm"}
    ordered = in_order(interfaces) + [source for source in sources if source.path.suffix != ".cppm"]
    Path(output).write_text("".join(source.text_of(part) for part in ("includes", "code") for source in ordered))


if __name__ == "__main__":
    main(*sys.argv[1:])
