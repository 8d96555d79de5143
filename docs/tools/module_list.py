"""The list of modules, read from modules/CMakeLists.txt: the README's table, the pages of the reference,
the graph and the checks are all made from it.

    python3 docs/tools/module_list.py            the names of the modules, in reading order
    python3 docs/tools/module_list.py --readme   writes the table in README.md again
    python3 docs/tools/module_list.py --check    fails if that would change README.md
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The folders of modules/, in the order in which they may use each other, and what is in them.
FOLDERS = {"core": "tensors, and fast, reproducible arithmetic on them",
           "layers": "the layers, and the chain rule through a network of them",
           "training": "costs, optimizers, batches, metrics and the training loop",
           "storage": "networks and training runs in files",
           "data": "data sets, and your own pictures prepared in the same way"}

TABLE = re.compile(r"(<!-- modules -->\n).*?(<!-- /modules -->)", re.DOTALL)
PART_OF = re.compile(r"^(?:export )?module nn\.(\w+);", re.MULTILINE)


class ListError(Exception):
    """A list, a module or a README that is not as the others need it."""


@dataclass(frozen=True)
class Module:
    folder: str
    name: str
    brief: str

    @property
    def path(self):
        """The interface, from the repository's root."""
        return f"modules/{self.folder}/{self.name}.cppm"


def brief_of(path):
    """The text of the first `/// @brief`, which ends where the comment or its paragraph does."""
    match = re.search(r"^/// @brief (.+(?:\n/// +[^@\s].*)*)", path.read_text(), re.MULTILINE)
    if not match:
        raise ListError(f"{path} has no line '/// @brief …'")
    return " ".join(match[1].replace("///", " ").split())


def read_modules(root=ROOT):
    """The modules of the library, in reading order."""
    listed = re.search(r"^set\(nn_modules\s([^)]*)\)", (root / "modules" / "CMakeLists.txt").read_text(),
                       re.MULTILINE)
    if not listed:
        raise ListError("modules/CMakeLists.txt has no set(nn_modules …)")
    found = []
    for entry in listed[1].split():
        folder, name = entry.split("/")
        if folder not in FOLDERS:
            raise ListError(f"modules/{folder} is a folder that docs/tools/module_list.py does not know")
        found.append(Module(folder, name, brief_of(root / "modules" / folder / f"{name}.cppm")))
    return found


def sources(root=ROOT):
    """Every source in modules/, by the name of its module: `dense` has dense.cppm, then its other files."""
    found = {}
    for file in sorted((root / "modules").rglob("*.cpp*")):
        if part := PART_OF.search(file.read_text()):
            found.setdefault(part[1], []).append(file)
    return {name: sorted(files, key=lambda file: file.suffix != ".cppm") for name, files in found.items()}


def by_folder(modules):
    """(folder, what is in it, its modules) in the order of FOLDERS."""
    return [(folder, words, inside) for folder, words in FOLDERS.items()
            if (inside := [module for module in modules if module.folder == folder])]


def readme_table(modules):
    """A row for each folder; the modules' briefs are in the reference."""
    rows = ["| folder | contents | modules, in reading order |", "| --- | --- | --- |"]
    for folder, words, inside in by_folder(modules):
        links = ", ".join(f"[{module.name}]({module.path})" for module in inside)
        rows.append(f"| [`modules/{folder}`](modules/{folder}) | {words} | {links} |")
    return "\n".join([*rows, ""])


def with_table(text, modules):
    """The text of the README with the table as the modules give it."""
    if not TABLE.search(text):
        raise ListError("README.md has no lines '<!-- modules -->' and '<!-- /modules -->'")
    return TABLE.sub(lambda match: f"{match[1]}\n{readme_table(modules)}\n{match[2]}", text)


def check_readme_table(root=ROOT):
    """The problem of the README's table, if it has one, in a list."""
    text = (root / "README.md").read_text()
    try:
        if with_table(text, read_modules(root)) == text:
            return []
    except ListError as error:
        return [str(error)]
    return ["README.md: the table of modules is out of date; run python3 docs/tools/module_list.py --readme"]


def main():
    if sys.argv[1:] == ["--readme"]:
        readme = ROOT / "README.md"
        readme.write_text(with_table(readme.read_text(), read_modules()))
    elif sys.argv[1:] == ["--check"]:
        problems = check_readme_table()
        print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
        return 1 if problems else 0
    elif sys.argv[1:]:
        sys.exit("module_list.py takes --readme or --check, or nothing")
    else:
        print("\n".join(module.name for module in read_modules()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
