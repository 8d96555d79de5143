"""The design of the pages as far as CSS (docs/theme) cannot do it alone: chapters open with number, title, promise
and picture; cells of tables know the heading of their column, and numbers are aligned at the decimal point.
"""

import re
from math import ceil
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

from book_directives import pictures

GENERATED = Path(__file__).resolve().parents[1] / "generated"

CHAPTER = re.compile(r"(\d+|Appendix [A-Z])[.:] ")
SECTION = re.compile(r"((?:\d+|[A-Z])\.\d+) ")
WORDS_PER_MINUTE = 180

# A number, what follows its decimal point, and its unit.
NUMBER = re.compile(r"[+−-]?\d[\d,]*(\.\d+)?(?: ?(?:%|×|x|s|ms|µs|KB|MB|MiB))?")
FIGURE_SPACE, POINT_SPACE = "\u2007", "\u2008"  # as wide as a digit and as a point

# Columns that together have more characters do not fit on a telephone.
FITS_TELEPHONE = 34


# ----------------------------------------------------------------------------------------- chapters


class Opening(Directive):
    """Opens a chapter with a figure of docs/figures, from which all words have been taken."""

    required_arguments = 1

    def run(self):
        (name,) = self.arguments
        if not (GENERATED / f"{name}-opening-light.svg").exists():
            raise self.error(f"no figure '{name}' was drawn")
        picture = nodes.container(classes=["picture"])
        picture += pictures(f"{name}-opening", alt="")
        return [picture]


def open_chapter(app, doctree):
    """The title, the promise (the first paragraph) and what to know before become the opening of the page."""
    section = doctree.next_node(nodes.section)
    picture = section and next((child for child in section if "picture" in child.get("classes", [])), None)
    if picture is None:
        return
    title = section[0]
    number = CHAPTER.match(title.astext())
    if number:
        chapter = number[1] if number[1].startswith("Appendix") else f"Chapter {number[1]}"
        words = title[0].astext()[number.end():]
        title[0] = nodes.Text(words[0].upper() + words[1:] if chapter == number[1] else words)
        title.children = [nodes.inline("", chapter, classes=["chapter-number"]), nodes.Text(" "),
                          nodes.inline("", "", *title.children, classes=["chapter-title"])]
    promise, *rest = section[2:]
    parts = [title, picture, nodes.container("", promise, classes=["promise"])]
    facts = nodes.container("", classes=["before"])
    if rest[0].astext().startswith("Before you start"):
        facts += rest.pop(0)
    facts += nodes.paragraph("", "", nodes.strong("", "Reading time:"), nodes.Text(f" {reading_time(section)}."))
    section.children = []
    section += [nodes.raw("", '<header class="opening">', format="html"), *parts, facts,
                nodes.raw("", "</header>", format="html"), *rest]


def reading_time(section):
    """Without the programs, whose time depends on the reader even more."""
    words = sum(len(paragraph.astext().split()) for paragraph in section.findall(nodes.paragraph))
    minutes = 5 * ceil(words / WORDS_PER_MINUTE / 5)
    return f"about {minutes} minutes" if minutes < 90 else f"about {minutes / 60:.1f} hours"


def number_sections(app, doctree):
    for title in doctree.findall(nodes.title):
        if isinstance(title.parent, nodes.section) and (number := SECTION.match(title.astext())):
            title[0] = nodes.Text(title[0].astext()[number.end():])
            title.insert(0, [nodes.inline("", number[1], classes=["section-number"]), nodes.Text(" ")])


class Margin(Directive):
    """An aside, next to the text where there is room."""

    has_content = True

    def run(self):
        aside = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, aside)
        return [nodes.raw("", '<aside class="margin">', format="html"), *aside,
                nodes.raw("", "</aside>", format="html")]


# --------------------------------------------------------------------------------------------- lines

PUNCTUATION = re.compile(r"[.,;:!?)]+")


def keep_together(app, doctree, docname):
    """No line begins with a percent sign, with ±, or with what follows a formula without a space."""
    for text in list(doctree.findall(nodes.Text)):
        kept = nodes.Text(re.sub(r"(?<=\d) (?=[%±])", "\u00a0", text))
        if kept != text and not isinstance(text.parent, (nodes.literal, nodes.FixedTextElement, nodes.math)):
            text.parent.replace(text, kept)
    for formula in list(doctree.findall(nodes.math)):
        parent, position = formula.parent, formula.parent.index(formula)
        behind = parent[position + 1] if position + 1 < len(parent) else None
        if isinstance(behind, nodes.Text) and (marks := PUNCTUATION.match(behind)):
            parent.remove(behind)
            parent.insert(position + 1, nodes.Text(behind[marks.end():]))
            formula.replace_self(nodes.inline("", "", formula.deepcopy(), nodes.Text(marks[0]), classes=["together"]))


# ------------------------------------------------------------------------------------------- tables


def prepare_tables(app, doctree):
    for table in doctree.findall(nodes.table):
        head, body = table.next_node(nodes.thead), table.next_node(nodes.tbody)
        if not head or not body:
            continue
        rows = [list(row) for row in body]
        labels = [cell.astext() for cell in head[0]]
        for column, label in enumerate(labels):
            cells = [row[column] for row in rows]
            align_numbers(cells, head[0][column])
            for cell in cells:
                cell["label"] = label
                if is_command(cell):
                    cell["classes"].append("command")
                if not cell.astext():
                    cell["classes"].append("empty")
        widest = [max(len(cell.astext()) for cell in column) for column in zip(list(head[0]), *rows)]
        if sum(widest) > FITS_TELEPHONE and not head.next_node(nodes.math):  # an attribute holds no formula
            table["classes"].append("cards")


def is_command(cell):
    codes = list(cell.findall(nodes.literal))
    return len(codes) == 1 and codes[0].astext() == cell.astext()


def align_numbers(cells, heading):
    """Numbers end below each other, after as many spaces as they have fewer decimals than the longest."""
    found = [NUMBER.fullmatch(cell.astext()) for cell in cells if cell.astext()]
    if not found or not all(found):
        return
    longest = max(len(match[1] or "") for match in found)
    for cell in [heading, *cells]:
        cell["classes"].append("numeric")
    for cell in cells:
        match = NUMBER.fullmatch(cell.astext())
        if match and (missing := longest - len(match[1] or "")):
            has_point = bool(match[1])
            padding = POINT_SPACE * (not has_point) + FIGURE_SPACE * (missing - (not has_point))
            paragraph = cell.next_node(nodes.paragraph)
            paragraph += nodes.Text(padding)


def visit_entry(translator, node):
    type(translator).visit_entry(translator, node)
    if "label" in node:
        cell = translator.body.pop()
        translator.body.append(cell.replace("<td", f'<td data-label="{translator.attval(node["label"])}"', 1))


# ------------------------------------------------------------------------------------------ loading

IMAGE = re.compile(r'(<img [^>]*src="[^"]*_images/([^"]+\.svg)")')
SIZE = re.compile(r'<svg [^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"')
FONTS = """<script>
if (location.protocol !== "file:") for (const name of ["text", "code"]) document.head.insertAdjacentHTML("beforeend",
    `<link rel="preload" as="font" type="font/woff2" crossorigin href="FOLDER/${name}.woff2">`);
</script>"""


def keep_room(app, pagename, templatename, context, doctree):
    """Nothing moves when pictures and typefaces arrive: pictures have a size, and the web loads the typefaces first. (A
    browser refuses to load them first from a file.)
    """
    if app.builder.name != "html":
        return
    sources = {name: app.srcdir / source for source, name in app.builder.images.items()}

    def with_size(match):
        width, height = map(float, SIZE.search(sources[match[2]].read_text()).groups())
        return f'{match[1]} width="{width * 4 / 3:.0f}" height="{height * 4 / 3:.0f}"'  # from points to pixels

    context["body"] = IMAGE.sub(with_size, context.get("body", ""))
    folder = context["pathto"]("_static/theme/fonts", 1)
    context["metatags"] = context.get("metatags", "") + FONTS.replace("FOLDER", folder)


# --------------------------------------------------------------------------------------- navigation


def number_navigation(app, pagename, templatename, context, doctree):
    """The numbers of the chapters get their own column."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = re.sub(r'(<a class="[^"]*" href="[^"]*">)(\d+)\. (.*?)(?=</a>)',
                                             r'\1<span class="number">\2</span> <span>\3</span>', tree)


def setup(app):
    app.add_directive("opening", Opening)
    app.add_directive("margin", Margin)
    app.add_node(nodes.entry, override=True, html=(visit_entry, None))
    for prepare in (open_chapter, number_sections, prepare_tables):
        app.connect("doctree-read", prepare)
    app.connect("doctree-resolved", keep_together)
    app.connect("html-page-context", number_navigation, priority=910)
    app.connect("html-page-context", keep_room, priority=920)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
