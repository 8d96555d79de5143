"""The EPUB: formulas as MathML, since no script runs where it is read, declared as the format wants."""

import re
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.builders.epub3 import Epub3Builder


class Builder(Epub3Builder):
    math_renderer_name = "mathml"

    def build_content(self):
        super().build_content()
        package = Path(self.outdir) / "content.opf"
        page = r'href="([^"]+\.xhtml)"(?= media-type="[^"]+" />)'
        package.write_text(re.sub(page, self.declare_formulas, package.read_text()))

    def declare_formulas(self, item):
        has_formulas = "<math" in (Path(self.outdir) / item[1]).read_text()
        return item[0] + ' properties="mathml"' * has_formulas


def write(translator, node, display):
    # latex2mathml knows `aligned` by the name of its older twin.
    formula = node.astext().replace("{aligned}", "{split}")
    translator.body.append(convert(formula, display=display))
    raise nodes.SkipNode


def inline(translator, node):
    write(translator, node, "inline")


def block(translator, node):
    write(translator, node, "block")


def setup(app):
    app.add_builder(Builder, override=True)
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
