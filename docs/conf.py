"""Sphinx: the pages of the book, from docs/ to build/docs/html. `./book docs` runs it."""

import itertools
import logging
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "docs"
sys.path[:0] = [str(HERE / "tools"), str(HERE.parent / "exercises")]

from docutils import nodes  # noqa: E402

import api_pages  # noqa: E402
import figures  # noqa: E402
import fonts  # noqa: E402
import live_site  # noqa: E402

project = "Neural Networks, Module by Module"
author = "the project's authors"
copyright = "the project's authors"
release = version = re.search(r"project\(nn VERSION ([\d.]+)",
                              (HERE.parent / "CMakeLists.txt").read_text())[1]
extensions = ["myst_parser", "breathe", "sphinx_copybutton",
              "book_directives", "book_exercises", "book_home", "book_math", "book_search", "book_theme", "book_epub"]
exclude_patterns = ["live", "tools", "requirements.txt"]
smartquotes_action = "qe"  # quotes and ellipses; two hyphens stay, an option begins with them

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

breathe_projects = {"nn": str(BUILD / "xml")}
breathe_default_project = "nn"
breathe_default_members = ("members",)
primary_domain = "cpp"
highlight_language = "cpp"
cpp_id_attributes = ["constexpr"]

html_theme = "furo"
html_math_renderer = "svg"
html_title = project
html_css_files = ["theme/type.css", "theme/layout.css", "theme/blocks.css"]
html_js_files = [(f"theme/{name}.js", {"defer": "defer"}) for name in ("answers", "scroll")]
html_favicon = "pictures/favicon.svg"
templates_path = ["templates"]
html_copy_source = False
html_show_sphinx = False

epub_title = project
epub_basename = "book"
epub_show_urls = "no"
epub_author = epub_publisher = author
epub_copyright = "MIT License"
epub_description = "Neural networks from scratch in C++20, from a single neuron to networks that read handwriting."
epub_identifier = epub_uid = "neural-networks-module-by-module"
epub_scheme = "id"
epub_cover = ("_static/cover.png", "epub-cover.html")
epub_css_files = ["reader.css"]
epub_use_index = False
epub_tocdup = False
epub_tocscope = "includehidden"


def prepare_reference():
    """Doxygen's XML has the private members too; the reference is of what a reader can use. It also keeps the ends of
    lines in quotation marks, at which Breathe would begin paragraphs.
    """
    for file in (BUILD / "xml").glob("*.xml"):
        tree = ET.parse(file)
        for parent in list(tree.iter()):
            for child in list(parent):
                if child.tag in ("memberdef", "member", "sectiondef") and (
                        child.get("prot") == "private" or
                        child.get("kind", "").startswith("private")):
                    parent.remove(child)
        for paragraph in tree.iter("para"):
            if paragraph.text and not paragraph.text.isspace():
                paragraph.text = paragraph.text.replace("\n", " ")
        tree.write(file, encoding="utf-8", xml_declaration=True)


class NamespacesMayRepeat(logging.Filter):
    """Every module's page opens the namespace again, which is not a duplicate."""

    def filter(self, record):
        return not str(record.msg).startswith("Duplicate C++ declaration") or \
            not re.search(r"\.\. cpp:type:: (nn|mnist)'", record.getMessage())


def mend_breathe(app, doctree):
    """Breathe names the headings of all classes of a page alike, and puts paragraphs and lists into
    paragraphs; no reader of HTML has to bear with that.
    """
    for rubric in doctree.findall(nodes.rubric):
        if "breathe-sectiondef-title" in rubric["classes"]:
            rubric["ids"] = []
    for paragraph in reversed(list(doctree.findall(nodes.paragraph))):
        if any(is_block(child) for child in paragraph):
            parts = []
            for block, children in itertools.groupby(paragraph, is_block):
                parts += children if block else [nodes.paragraph("", "", *children)]
            paragraph.replace_self(parts)


def is_block(node):
    return isinstance(node, (nodes.Body, nodes.container)) and not isinstance(node, nodes.image)


def give_captions_a_level(app, pagename, templatename, context, doctree):
    """Captions are headings, whose level Sphinx leaves out."""
    for part in ("body", "furo_navigation_tree"):
        context[part] = context.get(part, "").replace('role="heading"', 'role="heading" aria-level="2"')


def add_files_of_pages(app):
    """What only pages have, not paper: their design, and figures that work."""
    if app.builder.name == "html":
        static = Path(app.outdir) / "_static"
        shutil.copytree(HERE / "theme", static / "theme", dirs_exist_ok=True)
        fonts.write(static / "theme" / "fonts")
        live_site.collect(static / "live")


def setup(app):
    app.connect("builder-inited", add_files_of_pages)
    app.connect("doctree-read", mend_breathe)
    app.connect("html-page-context", give_captions_a_level, priority=900)
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # nobody needs the list of what is left out
    for handler in logging.getLogger("sphinx").handlers:
        handler.filters.insert(0, NamespacesMayRepeat())


prepare_reference()
api_pages.write(HERE / "api")
figures.draw_all(HERE / "generated")
