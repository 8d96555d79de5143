"""Formulas, drawn once while the book is built, for all its forms: SVG in the color of the text, which needs
neither a script nor a font. Pages also have the formula as MathML, unseen, for those who listen to the book.

MathJax draws them in Node, because its SVG looks the same in browsers, readers of EPUB and on paper. MathML alone
would be smaller, but many EPUB readers and WeasyPrint cannot set it, and browsers need a font for it.
"""

import importlib.util
import json
import re
import subprocess
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

SCRIPT = Path(__file__).resolve().with_name("formulas.js")
DRAWN = SCRIPT.parents[2] / "build" / "docs" / "formulas.json"
PACKAGE = Path(importlib.util.find_spec("sphinx-mathjax-offline").submodule_search_locations[0])

# What only MathJax's own script reads, which EPUB does not allow; and lines of no width, which print as thin ones.
NOT_NEEDED = re.compile(r' (?:data-[\w-]+|focusable|role|stroke|stroke-width)="[^"]*"')


class Formulas:
    """The formulas drawn so far, by their text and whether they are a "block" or "inline"."""

    def __init__(self):
        newest = max(file.stat().st_mtime for file in (SCRIPT, PACKAGE))
        is_fresh = DRAWN.exists() and DRAWN.stat().st_mtime > newest
        self.drawn = json.loads(DRAWN.read_text()) if is_fresh else {}
        self.read = []

    def draw(self, wanted):
        missing = [formula for formula in dict.fromkeys(wanted) if key(*formula) not in self.drawn]
        if not missing:
            return
        request = json.dumps([{"tex": tex, "display": display == "block"} for tex, display in missing])
        answer = subprocess.run(["node", SCRIPT, PACKAGE / "static" / "mathjax"], input=request,
                                stdout=subprocess.PIPE, text=True, check=True).stdout
        for formula, drawing in zip(missing, json.loads(answer), strict=True):
            self.drawn[key(*formula)] = drawing
        DRAWN.write_text(json.dumps(self.drawn))

    def __getitem__(self, formula):
        self.draw([formula])  # for the title of a page that is not written yet
        return self.drawn[key(*formula)]


def key(tex, display):
    return f"{display} {tex}"


def formula_of(node):
    return node.astext(), "block" if isinstance(node, nodes.math_block) else "inline"


def formulas_in(doctree):
    return list(doctree.findall(lambda node: isinstance(node, (nodes.math, nodes.math_block))))


def draw_formulas(app, env):
    """Those of all pages that were read; Node and MathJax take a while to start."""
    app.formulas.draw(app.formulas.read)


def check_formulas(app, doctree, docname):
    formulas = formulas_in(doctree)
    app.formulas.draw(map(formula_of, formulas))  # of a page that was read before, if they are not there any more
    for node in formulas:
        if error := app.formulas[formula_of(node)].get("error"):
            logging.getLogger(__name__).warning("formula %s: %s", node.astext(), error, location=node)


def write(translator, node):
    formula = formula_of(node)
    drawing = translator.builder.app.formulas[formula]
    html = NOT_NEEDED.sub("", drawing.get("svg", ""))
    if translator.builder.name == "html":
        mathml = re.sub(r">\s+<", "><", drawing.get("mathml", ""))
        html = html.replace("<svg", '<svg aria-hidden="true"', 1) + NOT_NEEDED.sub("", mathml)
    else:
        html = html.replace("<svg", f'<svg role="img" aria-label="{escape(formula[0])}"', 1)
    tag = "div" if formula[1] == "block" else "span"
    translator.body.append(translator.starttag(node, tag, "", CLASS="math notranslate nohighlight"))
    translator.body.append(f"{html}</{tag}>")
    raise nodes.SkipNode


def setup(app):
    app.formulas = Formulas()
    app.connect("doctree-read", lambda app, doctree: app.formulas.read.extend(map(formula_of, formulas_in(doctree))))
    app.connect("env-updated", draw_formulas)
    app.connect("doctree-resolved", check_formulas)
    app.add_html_math_renderer("svg", (write, None), (write, None))
    return {"parallel_read_safe": False, "parallel_write_safe": False}
