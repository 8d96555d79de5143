"""Writes the pages of the reference into docs/api: one for each module in the list, with links to the
chapters that are about it, and an index.
"""

import re
from pathlib import Path

from module_list import ROOT, by_folder, read_modules, sources

DOCS = ROOT / "docs"


def readers_of(module, chapters, root=ROOT):
    """The chapters that show a piece of a module or link to its page; one of the same name is the
    first, the others follow in the order of the book.
    """
    files = "|".join(re.escape(str(file.relative_to(root))) for file in sources(root)[module.name])
    shown = re.compile(rf"\{{piece\}} ({files}) |\]\(\.\./api/{module.name}\.md[)#]")
    found = [page for page in sorted(chapters) if shown.search(page.read_text())]
    return sorted(found, key=lambda page: page.stem.split("_", 1)[-1] != module.name)


def joined(words):
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def page_of(module, chapters, root=ROOT):
    lines = [f"# nn.{module.name}", ""]
    if readers := readers_of(module, chapters, root):
        lines += [f"Read about it in {joined([f'[](../chapters/{page.name})' for page in readers])}.", ""]
    return "\n".join([*lines, f"```{{doxygenfile}} {module.name}.cppm", "```", ""])


def index_of(modules):
    lines = ["# The modules", "",
             "In reading order: a module imports only modules above it. Their files are in folders, which "
             "use each other in one direction.", ""]
    for folder, words, inside in by_folder(modules):
        lines += [f"## {folder}", "", f"{words[0].upper()}{words[1:]}.", ""]
        lines += [f"- [nn.{module.name}]({module.name}.md): {module.brief}" for module in inside]
        lines += ["", "```{toctree}", ":maxdepth: 1", ":hidden:", "", *(module.name for module in inside),
                  "```", ""]
    return "\n".join(lines)


def write(folder, docs=DOCS, root=ROOT):
    """Writes all pages; those that are as they were keep their time, and others in the folder go."""
    modules = read_modules(root)
    chapters = list((docs / "chapters").glob("*.md"))
    pages = {f"{module.name}.md": page_of(module, chapters, root) for module in modules}
    pages["index.md"] = index_of(modules)
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*.md"):
        if file.name not in pages:
            file.unlink()
    for name, text in pages.items():
        file = folder / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
