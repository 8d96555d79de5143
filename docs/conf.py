"""Sphinx: the pages of the book, from docs/ to build/docs/html. `./book docs` runs it."""

import logging
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "docs"
sys.path.insert(0, str(HERE / "tools"))

import figures  # noqa: E402

project = "Neural Networks, Module by Module"
author = "the project's authors"
copyright = "the project's authors"
extensions = ["myst_parser", "breathe", "sphinx.ext.mathjax", "sphinx_copybutton",
              "book_directives"]
exclude_patterns = ["tools", "requirements.txt"]
nitpicky = False

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

breathe_projects = {"nn": str(BUILD / "xml")}
breathe_default_project = "nn"
breathe_default_members = ("members",)
primary_domain = "cpp"
highlight_language = "cpp"
cpp_id_attributes = ["constexpr"]

html_theme = "furo"
html_title = project
html_static_path = [str(BUILD / "static")]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}


def collect_static():
    """MathJax as one file that draws formulas as SVG: it needs no font and no network."""
    import importlib.util
    static = BUILD / "static"
    static.mkdir(parents=True, exist_ok=True)
    package = Path(next(iter(importlib.util.find_spec(
        "sphinx-mathjax-offline").submodule_search_locations)))
    shutil.copy(package / "static" / "mathjax" / "tex-svg.js", static)
    shutil.copy(HERE / "book.css", static)


class NamespacesMayRepeat(logging.Filter):
    """Every module's page opens the namespace again; that is no duplicate."""

    def filter(self, record):
        return not str(record.msg).startswith("Duplicate C++ declaration") or \
            ".. cpp:type:: nn'" not in record.getMessage()


def setup(app):
    for handler in logging.getLogger("sphinx").handlers:
        handler.filters.insert(0, NamespacesMayRepeat())


collect_static()
figures.draw_all(HERE / "generated")
mathjax_path = "tex-svg.js"
