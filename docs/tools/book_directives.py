"""The directives of the pages: a piece of a program, a section of a recorded output, a number of one, a
table of what `./book reliability` measured.
"""

import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

import measured
from pieces import PieceError, find_piece, output_heading, output_section, read_pieces, recorded

ROOT = Path(__file__).resolve().parents[2]


def code_block(directive, text, language, caption):
    block = nodes.literal_block(text, text, language=language)
    set_source_info_of(directive, block)
    is_drawing = language == "text" and any(block in text for block in "█▀▄")
    container = nodes.container("", literal_block=True,
                                classes=["literal-block-wrapper", *["drawing"] * is_drawing])
    container += nodes.caption(caption, "", nodes.Text(caption))
    container += block
    return [container]


def pictures(name, alt, **attributes):
    """A drawn figure for pages in light and in dark colors."""
    return [nodes.image(uri=f"/generated/{name}-{color}.svg", alt=alt, classes=[f"only-{color}"], **attributes)
            for color in ("light", "dark")]


def lines_of(file, piece):
    return f"{file}, lines {piece.first}–{piece.first + len(piece.lines) - 1}"


def set_source_info_of(directive, node):
    node.source, node.line = directive.state_machine.get_source_and_line(directive.lineno)


class Piece(Directive):
    required_arguments = 2

    def run(self):
        file, name = self.arguments
        path = ROOT / file
        self.state.document.settings.env.note_dependency(str(path))
        try:
            piece = find_piece(path, name)
        except (PieceError, FileNotFoundError) as error:
            raise self.error(str(error))
        return code_block(self, piece.text, "cpp", lines_of(file, piece))


class Folded(Directive):
    """The plumbing of a program, which is closed until a reader opens it."""

    required_arguments = 1

    def run(self):
        (file,) = self.arguments
        path = ROOT / file
        self.state.document.settings.env.note_dependency(str(path))
        try:
            pieces = [piece for piece in read_pieces(path)[0] if piece.is_folded]
        except (PieceError, FileNotFoundError) as error:
            raise self.error(str(error))
        fold = nodes.admonition(classes=["dropdown"], collapsible=True, open=False)
        fold += nodes.title("", "The rest of the program")
        for piece in pieces:
            fold += code_block(self, piece.text, "cpp", f"{piece.name.split(': ', 1)[1]} ({lines_of(file, piece)})")
        return [fold]


class Output(Directive):
    required_arguments = 2

    def run(self):
        chapter, section = self.arguments
        path = ROOT / "chapters" / f"{chapter}.out"
        self.state.document.settings.env.note_dependency(str(path))
        try:
            heading, text = output_heading(path, section), output_section(path, section)
        except (PieceError, FileNotFoundError) as error:
            raise self.error(str(error))
        if section == "all":
            return code_block(self, text, "text", f"./book chapter {chapter}")
        command = f"{section} of ./book chapter {chapter.split('_', 1)[-1]}"
        if heading.startswith("./book "):  # a run with its own options
            command = heading
        elif (ROOT / "chapters" / f"{chapter}.short.out").exists():
            command += ", recorded once: a run of minutes"
        return code_block(self, text, "text", command)


def recorded_role(name, source, text, line, inliner, options=None, content=None):
    """{recorded}`10_mnist 10.14 test accuracy +(\\S+ %)`: what the group matches in that section.
    {quoted}`README.md ([\\d,]+) images`: in any file.
    """
    try:
        if name == "recorded":
            chapter, section, pattern = text.split(" ", 2)
            path = ROOT / "chapters" / f"{chapter}.out"
        else:
            file, pattern = text.split(" ", 1)
            path, section = ROOT / file, "all"
        inliner.document.settings.env.note_dependency(str(path))
        return [nodes.Text(" ".join(recorded(path, section, pattern).split()))], []
    except (PieceError, FileNotFoundError, ValueError, re.error) as error:
        return [inliner.problematic(source, source, message := inliner.reporter.error(str(error), line=line))], [message]


class Live(Directive):
    """A figure that works: docs/live/NAME.cpp and scripts/NAME.js. Its body takes its place where
    there are no scripts, and on paper.
    """

    required_arguments = 1
    has_content = True

    def run(self):
        name = self.arguments[0]
        if not (ROOT / "docs" / "live" / "scripts" / f"{name}.js").exists():
            raise self.error(f"there is no docs/live/scripts/{name}.js")
        figure = LiveFigure("", name=name)
        self.state.nested_parse(self.content, self.content_offset, figure)
        return [figure]


class LiveFigure(nodes.General, nodes.Element):
    pass


def visit_live(translator, node):
    translator.body.append(f'<div class="live" data-figure="{node["name"]}">\n')


def depart_live(translator, node):
    translator.body.append("</div>\n")


def add_scripts(app, pagename, templatename, context, doctree):
    """Pages that have figures that work get what makes them work."""
    names = [figure["name"] for figure in doctree.findall(LiveFigure)] if doctree else []
    if names and app.builder.name == "html":
        app.add_css_file("live/live.css")
        for script in ["live", *names]:
            app.add_js_file(f"live/{script}.js", loading_method="defer")


class Plot(Directive):
    """A figure drawn by docs/figures/NAME.py. The first paragraph of its body is the caption, what the figure
    says; the second is its alt text, what one sees in it.
    """

    required_arguments = 1
    has_content = True

    def run(self):
        name = self.arguments[0]
        if not (ROOT / "docs" / "generated" / f"{name}-light.svg").exists():
            raise self.error(f"no figure '{name}' was drawn")
        caption, _, alt = (part.replace("\n", " ") for part in "\n".join(self.content).partition("\n\n"))
        if not caption or not alt:
            raise self.error(f"the figure {name} needs a caption and, after an empty line, an alt text")
        if markup := re.search(r"[$\\`_]", alt):
            raise self.error(f"the alt text of {name} is read aloud as it is, with its {markup[0]}")
        figure = nodes.figure()
        figure += pictures(name, alt)
        words, messages = self.state.inline_text(caption, self.lineno)
        figure += nodes.caption(caption, "", *words)
        return [figure, *messages]


class Measured(Directive):
    """A table of docs/reliability/NAME.json, or, where nothing was recorded, a line that says so."""

    required_arguments = 1

    def run(self):
        name = self.arguments[0]
        self.state.document.settings.env.note_dependency(
            str(measured.RECORDS / f"{measured.RECORD_OF.get(name, name)}.json"))
        try:
            header, rows, source = measured.table(name)
        except measured.NotMeasured as error:
            return [nodes.paragraph("", "", nodes.emphasis("", f"{error}.".capitalize()))]
        except measured.RecordError as error:
            raise self.error(str(error))
        if not rows:
            return [nodes.paragraph("", "None.")]
        return [table_of(header, rows), nodes.paragraph("", "", nodes.emphasis("", f"{source}."))]


def table_of(header, rows):
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=1) for _ in header]
    group += nodes.thead("", table_row(header))
    group += nodes.tbody("", *(table_row(row) for row in rows))
    return nodes.table("", group)


def table_row(cells):
    row = nodes.row()
    for cell in cells:
        text = str(cell)
        is_code = len(text) > 1 and text[0] == text[-1] == "`"
        row += nodes.entry("", nodes.paragraph("", "", nodes.literal(text[1:-1], text[1:-1])
                                               if is_code else nodes.Text(text)))
    return row


def measured_role(name, source, text, line, inliner, options=None, content=None):
    """{measured}`coverage lines`: a figure of docs/reliability/coverage.json."""
    part = text.split(" ")[0]
    inliner.document.settings.env.note_dependency(str(measured.RECORDS / f"{part}.json"))
    try:
        return [nodes.Text(measured.figure(text))], []
    except measured.NotMeasured as error:
        return [nodes.emphasis("", str(error))], []
    except measured.RecordError as error:
        return [inliner.problematic(source, source, message := inliner.reporter.error(str(error), line=line))], [message]


def setup(app):
    app.add_directive("measured", Measured)
    app.add_role("measured", measured_role)
    app.add_directive("plot", Plot)
    app.add_directive("piece", Piece)
    app.add_directive("folded", Folded)
    app.add_directive("live", Live)
    app.add_node(LiveFigure, html=(visit_live, depart_live))
    app.connect("html-page-context", add_scripts)
    app.add_directive("output", Output)
    for name in ("recorded", "quoted"):
        app.add_role(name, recorded_role)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
