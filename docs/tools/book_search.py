"""The search: one script with the text of every section, term of the glossary and part of the library. A page opened
from a disk may load scripts and nothing else, so Sphinx's search has no excerpts there. And it finds no sections.
"""

import json
import shutil
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

# What has its own entry, and what is not text, such as code and displayed formulas.
ENTRIES = nodes.section, addnodes.desc, addnodes.glossary
NO_TEXT = (nodes.literal_block, nodes.math_block, nodes.raw, nodes.comment, nodes.title, nodes.rubric,
           nodes.field_list, addnodes.desc_signature, addnodes.toctree, addnodes.index)
LONGEST_FORMULA = 12  # characters, for an excerpt


def text_of(node, titles):
    """The words of a node, without those of the entries in it. A link without words has the title of its page."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, addnodes.pending_xref) and not node.astext():
        return titles[node["reftarget"].lstrip("/")].astext()
    if isinstance(node, nodes.math):
        formula = node.astext()
        return formula if "\\" not in formula and len(formula) <= LONGEST_FORMULA else "…"
    is_elsewhere = node.get("literal_block") or node.get("expr", "").startswith("not ")  # code; for other builders
    if isinstance(node, (*ENTRIES, *NO_TEXT)) or is_elsewhere:
        return ""
    space = "" if isinstance(node, nodes.TextElement) else " "
    return space.join(text_of(child, titles) for child in node.children)


def entries_of(doctree, titles):
    """(kind, heading, anchor, text) of each entry of a page, in order."""
    def words_of(node):
        return " ".join(" ".join(text_of(child, titles) for child in node.children).split())

    for node in doctree.findall():
        if isinstance(node, nodes.section):
            heading, is_first = node.next_node(nodes.title).astext(), node.parent is doctree
            kind = "section" if not is_first else "code" if heading.startswith("nn.") else "page"
            yield kind, heading, "" if is_first else node["ids"][0], words_of(node)
        elif isinstance(node, addnodes.glossary):
            for item in node.findall(nodes.definition_list_item):
                terms = [term for term in item.children if isinstance(term, nodes.term)]
                heading = ", ".join(term.astext() for term in terms)
                yield "term", heading, terms[0]["ids"][0], words_of(item.next_node(nodes.definition))
        elif isinstance(node, addnodes.desc):
            text, name = words_of(node.next_node(addnodes.desc_content)), name_of(node)
            parts = name.split("::")
            if text and parts[-2:] != 2 * parts[-1:]:  # not of a namespace, nor of a constructor
                yield "code", name, node.next_node(addnodes.desc_signature)["ids"][0], text


def name_of(desc):
    """The name of a part of the library without its parameters: `Dense`, `Dense::forward`."""
    line = next(line for line in desc.findall(addnodes.desc_signature_line) if line.sphinx_line_type == "declarator")
    name, outer = line.next_node(addnodes.desc_name).astext(), desc.parent
    while outer is not None and not isinstance(outer, addnodes.desc):
        outer = outer.parent
    is_member = outer is not None and outer["objtype"] in ("class", "struct")
    return f"{name_of(outer)}::{name}" if is_member else name


def write(app, error):
    """Writes the index, once all pages are built."""
    if error or app.builder.name != "html":
        return
    pages, entries = [], []
    for name in sorted(app.env.found_docs):
        doctree = app.env.get_doctree(name)
        page = len(pages)
        pages.append([app.builder.get_target_uri(name), app.env.titles[name].astext()])
        seen = set()  # of overloads, the first is enough
        for kind, heading, anchor, text in entries_of(doctree, app.env.titles):
            if kind == "page":
                heading = app.env.titles[name].astext()  # with the chapter's number, as links have it
            if (kind, heading) not in seen:
                entries.append([kind, page, anchor, heading, text])
                seen.add((kind, heading))
    index = json.dumps({"pages": pages, "entries": entries}, ensure_ascii=False, separators=(",", ":"))
    (Path(app.outdir) / "search_index.js").write_text(f"const searchIndex = {index};\n")


def replace_search(app):
    if app.builder.name == "html":
        app.builder.search = False  # Sphinx's
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        for file in ("search.css", "search.js"):
            shutil.copy(Path(app.srcdir) / file, static)


def add_page(app):
    if app.builder.name == "html":
        yield "search", {"title": "Search"}, "search.html"


def setup(app):
    app.connect("builder-inited", replace_search)
    app.connect("html-collect-pages", add_page)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
