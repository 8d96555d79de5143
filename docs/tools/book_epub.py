"""The EPUB: what its format asks for and Sphinx does not give, and without what is only for pages or for the dark."""

import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.builders.epub3 import Epub3Builder

import cover

ACCESSIBILITY = "".join(f'<meta property="schema:{name}">{value}</meta>\n' for name, value in (
    ("accessMode", "textual"), ("accessMode", "visual"), ("accessModeSufficient", "textual"),
    ("accessibilityFeature", "alternativeText"), ("accessibilityFeature", "tableOfContents"),
    ("accessibilityFeature", "structuralNavigation"), ("accessibilityHazard", "none"),
    ("accessibilitySummary", "Figures have descriptions; formulas have their TeX as a description.")))


class Builder(Epub3Builder):
    def build_content(self):
        super().build_content()
        for picture in (Path(self.outdir) / "_images").glob("*.svg"):
            # The format knows no document types, and Matplotlib's empty paths lack what they need.
            svg = re.sub(r"<!DOCTYPE.*?>", "", picture.read_text(), count=1, flags=re.DOTALL)
            picture.write_text(re.sub(r"<path(?![^>]* d=)", '<path d=""', svg))
        package = Path(self.outdir) / "content.opf"
        text = package.read_text().replace("<dc:contributor>unknown</dc:contributor>\n", "")
        text = text.replace("  </metadata>", ACCESSIBILITY + "  </metadata>")
        text = text.replace('cover.png"', 'cover.png" properties="cover-image"')
        page = r'href="([^"]+\.xhtml)"(?= media-type="[^"]+" />)'
        package.write_text(re.sub(page, self.declare_drawings, text))

    def declare_drawings(self, item):
        has_drawings = "<svg" in (Path(self.outdir) / item[1]).read_text()
        return item[0] + ' properties="svg"' * has_drawings


def add_files(app):
    if app.builder.name == "epub":
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        cover.draw(static / "cover.png", app.config.project, "From scratch in C++20")
        shutil.copy(Path(app.srcdir) / "reader.css", static)


def leave_out_dark(app, doctree, docname):
    """Paper is white, and so is the ground of figures in the EPUB."""
    if app.builder.name != "html":
        for image in list(doctree.findall(nodes.image)):
            if "only-dark" in image["classes"]:
                image.parent.remove(image)


def setup(app):
    app.add_builder(Builder, override=True)
    app.connect("builder-inited", add_files)
    app.connect("doctree-resolved", leave_out_dark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
