"""Programs in named pieces, and what of them a page shows.

A piece is between the lines `// [name]` and `// [/name]`. Plumbing, such as includes, is between
`// [fold: what it is]` and `// [/fold]`. The markers themselves are never shown.

A page shows a piece with the line ```{piece} FILE NAME, wherever its explanation needs it, all plumbing of a
program, folded away, with ```{folded} FILE, and a section of a chapter's recorded output
with ```{output} CHAPTER SECTION. In a sentence {recorded}`CHAPTER SECTION PATTERN` shows what the
group of a pattern matches in such a section.
"""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

RECORDS = Path(__file__).resolve().parents[2] / "chapters"
MARKER = re.compile(r"^\s*// \[(/?)([^\]]+)\]$")
SHOWN = re.compile(r"^(`{3,}|:{3,})\{piece\} (\S+) (\S+)$")
FOLDED = re.compile(r"^(`{3,}|:{3,})\{folded\} (\S+)$")
OUTPUT = re.compile(r"^(`{3,}|:{3,})\{output\} (\S+) (\S+)$")
CODE = re.compile(r"^(`{3,}|:{3,})(cpp|c\+\+|\{code-block\} cpp|\{literalinclude\}.*(?<!\.txt))$")
SECTION = re.compile(r"^((?:\d+|[A-Z])\.\d+) ")  # 5.6, or A.2 of an appendix


class PieceError(Exception):
    """A program or a record that is not marked as it must be."""


@dataclass
class Piece:
    name: str
    first: int  # the number of its first line in the file, from 1 on
    lines: list

    @property
    def text(self):
        return textwrap.dedent("\n".join(self.lines))

    @property
    def is_folded(self):
        return self.name.startswith("fold:")


def read_pieces(path):
    """The pieces of a file in order, and the numbers of the lines outside all pieces."""
    pieces, outside, current = [], [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        marker = MARKER.match(line)
        if marker is None:
            if current is not None:
                current.lines.append(line)
            elif line.strip():
                outside.append(number)
            continue
        ends, name = marker.groups()
        if not ends and current is None:
            if name.startswith("fold") and not re.match(r"fold: \S", name):
                raise PieceError(f"{path.name}:{number}: a folded piece needs a name: // [fold: NAME]")
            if not name.startswith("fold:") and any(p.name == name for p in pieces):
                raise PieceError(f"{path.name}:{number}: there is already a piece '{name}'")
            current = Piece(name, number + 1, [])
        elif ends and current is not None and name == current.name.split(":")[0]:
            pieces.append(current)
            current = None
        else:
            expected = f"// [/{current.name.split(':')[0]}]" if current else "// [NAME], the beginning of a piece"
            raise PieceError(f"{path.name}:{number}: '{line.strip()}', expected {expected}")
    if current is not None:
        raise PieceError(f"{path.name}:{current.first - 1}: '{current.name}' has no end")
    return pieces, outside


def find_piece(path, name):
    pieces, _ = read_pieces(path)
    for piece in pieces:
        if piece.name == name:
            return piece
    raise PieceError(f"{path.name} has no piece '{name}'")


def output_heading(path, section):
    """What follows the number of a section; nothing for the whole record."""
    if section == "all":
        return ""
    for line in path.read_text().splitlines():
        if (match := SECTION.match(line)) and match[1] == section:
            return line[match.end():]
    raise PieceError(f"{path.name} has no section '{section}'")


def output_section(path, section):
    """The lines below a heading of a record, up to the next heading; of `all` the whole record."""
    if section == "all":
        return path.read_text().strip("\n")
    lines = path.read_text().splitlines()
    starts = [i for i, line in enumerate(lines) if SECTION.match(line)]
    for start, end in zip(starts, starts[1:] + [len(lines)]):
        if lines[start].split()[0] == section:
            return "\n".join(lines[start + 2:end]).strip("\n")
    raise PieceError(f"{path.name} has no section '{section}'")


def recorded(path, section, pattern):
    """What the first group of a pattern matches in a section of a record: there, and only once."""
    found = [match[1] for match in re.finditer(pattern, output_section(path, section))]
    if len(found) != 1:
        raise PieceError(f"{path.name}, section {section}: '{pattern}' is found {len(found)} times, not once")
    return found[0]


def recorded_rows(path, section, name):
    """The numbers of the first tensor with that name in a section of a record, row by row."""
    block = re.search(rf"^  {re.escape(name)} \([\d, ]+\)((?:\s+-?\d+\.\d+)+)$", output_section(path, section),
                      re.MULTILINE)
    if not block:
        raise PieceError(f"{path.name}, section {section}: no tensor {name}")
    return [[float(number) for number in line.split()] for line in block[1].splitlines()]
