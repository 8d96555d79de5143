"""Typesets the PDF with WeasyPrint from Sphinx's single-page HTML, and adds front matter, pages that open the parts,
and an index.

Run: print_pdf.py SINGLEHTML/index.html BOOK.pdf

WeasyPrint, because the pages' own HTML with another style sheet is all that it needs: see CONTRIBUTING.md.
"""

import gc
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import cssselect2
import pydyf
from pygments.formatters import HtmlFormatter
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

import cover
import print_fonts

DOCS = Path(__file__).resolve().parents[1]
TITLE = "Neural Networks, Module by Module"
WORDS = "Neural networks from scratch in C++20, from a single neuron to networks that read handwriting"
LONGEST_UNCUT = 24  # lines: longer code may continue on the next page, after an empty line
SHORTEST_ALONE = 4  # lines: shorter pieces of it stay with what follows
SVG = "{http://www.w3.org/2000/svg}"
HEADINGS = {f"h{level}" for level in range(1, 7)}


def has_class(element, name):
    return name in element.get("class", "").split()


def text_of(element):
    return " ".join("".join(element.itertext()).split())


def make(tag, text=None, *children, **attributes):
    element = ET.Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    element.text = text
    element.extend(children)
    return element


def remove(root, unwanted):
    """Removes elements, but not the text behind them."""
    for parent in list(root.iter()):
        for child in list(parent):
            if unwanted(child):
                position = list(parent).index(child)
                before = parent[position - 1] if position else None
                if before is None:
                    parent.text = (parent.text or "") + (child.tail or "")
                else:
                    before.tail = (before.tail or "") + (child.tail or "")
                parent.remove(child)


# ------------------------------------------------------------------------------------------ chapters

def read_page(html):
    """The navigation and the text. Both are well-formed XML, which Python reads much faster than HTML."""
    begin = html.index('<div class="sidebar-tree">')
    navigation = html[begin:html.index("</div>", begin)] + "</div>"
    text = html[html.index("<article"):html.rindex("</article>")] + "</article>"
    return ET.fromstring(f"<page>{navigation}{text}</page>")


def read_contents(page):
    """The parts, as (title or None, [names of documents]), from the navigation of the page."""
    tree = next(element for element in page.iter("div") if has_class(element, "sidebar-tree"))
    parts, title = [], None
    for element in tree:
        if element.tag == "p":
            title = text_of(element)
        elif element.tag == "ul":
            links = [item.find("a").get("href") for item in element.findall("li")]
            parts.append((title, [link.removeprefix("#document-") for link in links]))
    return parts


def read_documents(page):
    """The documents of the book by name: Sphinx marks the beginning of each with an empty span."""
    documents = {}
    for parent in page.iter():
        children = list(parent)
        for mark, section in zip(children, children[1:]):
            if mark.tag == "span" and mark.get("id", "").startswith("document-") and section.tag == "section":
                leave_opening(section)
                documents[mark.get("id").removeprefix("document-")] = section
    return documents


def leave_opening(section):
    """Unwraps the header that opens a chapter on the site and drops its picture, because the PDF has its own
    opening."""
    for header in section.findall("header"):
        parts = [part for part in header if not has_class(part, "picture")]
        position = list(section).index(header)
        section.remove(header)
        for part in reversed(parts):
            section.insert(position, part)


def own_ids(documents):
    """Ids are unique in a document but not in the book, so each id, and each link to it, gets the document's name as
    a prefix."""
    inner = {}  # the document that an element belongs to: the innermost one
    for name, section in sorted(documents.items(), key=lambda item: len(list(item[1].iter())), reverse=True):
        for element in section.iter():
            inner[element] = name
    known = {}
    for element, name in inner.items():
        if target := element.get("id"):
            known.setdefault(target, f"{name}:{target}")
            element.set("id", f"{name}:{target}")
    mine = {element.get("id") for element in inner}
    for name, section in documents.items():
        section.set("id", name)
    for element, name in inner.items():
        link = element.get("href", "")
        if link.startswith("#document-"):
            element.set("href", "#" + link.removeprefix("#document-").replace("#", ":"))
        elif link.startswith("#"):
            target = f"{name}:{link[1:]}"
            element.set("href", "#" + (target if target in mine else known.get(link[1:], link[1:])))


def open_chapter(section, api):
    heading = next(element for element in section.iter() if element.tag in HEADINGS)
    title = text_of(heading)
    heading.clear()
    heading.tag = "h1"
    heading.set("title", title)
    if numbered := re.match(r"(?:Chapter (\d+)|(Appendix \w)) (.+)", title):
        title = f"{numbered[1]}. {numbered[3]}" if numbered[1] else f"{numbered[2]}: {numbered[3]}"
        heading.set("title", title)
        heading.append(make("span", numbered[1] or numbered[2], class_="number"))
        heading.append(make("span", numbered[3][0].upper() + numbered[3][1:], class_="title"))
    else:
        heading.append(make("span", title, class_="title"))
    section.set("class", "chapter api" if api else "chapter")
    if api:
        remove(section, lambda element: has_class(element, "k") and text_of(element) == "inline")
    for item in section.iter("dl"):  # a module's page repeats the namespace that everything is in
        if text_of(item[0]).startswith("namespace "):
            item.set("class", "namespace")
    return title


def begin_at_headings(chapter):
    """Sphinx marks a section by empty spans in front of its heading. They would stay behind when the heading moves to
    the next page, and a reference has the number of the page where its target begins.
    """
    for section in chapter.iter("section"):
        heading = next((element for element in section if element.tag in HEADINGS), None)
        for mark in list(section)[:list(section).index(heading)] if heading is not None else []:
            if mark.tag == "span" and not text_of(mark):
                section.remove(mark)
                mark.tail, heading.text = heading.text, None
                heading.insert(0, mark)


def refer_by_page(section, name):
    """Adds the page number to links into other chapters, once per target and paragraph; print.css prints it."""
    for parent in section.iter():
        seen = set()
        for link in parent.findall("a"):
            target = link.get("href", "")
            document = target[1:].split(":")[0]
            if target.startswith("#") and document != name and target not in seen:
                link.set("class", "by-page")
                seen.add(target)


# ---------------------------------------------------------------------------------------------- code

def colored_classes(style):
    """The classes of code that a style colors; the color of spaces cannot be seen."""
    return set(re.findall(r"\.highlight \.(\w+)", style)) - {"w"}


def keep_colored(code, colored):
    """Unwraps the spans of code that have no color: each would be laid out by itself and tagged, and tags are a third
    of the file."""
    children = list(code)
    code[:] = []

    def add_text(text):
        if len(code):
            code[-1].tail = (code[-1].tail or "") + (text or "")
        else:
            code.text = (code.text or "") + (text or "")

    for child in children:
        tail, child.tail = child.tail, None
        if child.tag == "span" and not len(child) and child.get("class", "") not in colored:
            add_text(child.text)
        else:
            code.append(child)
        add_text(tail)


def cut_code(block):
    """Splits a long block of code at its empty lines, so that a page can end there."""
    code = next(block.iter("pre"))
    if "".join(code.itertext()).count("\n") <= LONGEST_UNCUT:
        return
    pieces = [ET.Element("pre")]

    def add_text(text):
        lines = re.split(r"(?<=\n)\n+", text)
        for number, line in enumerate(lines):
            if number > 0:
                pieces.append(ET.Element("pre"))
            if len(pieces[-1]):
                pieces[-1][-1].tail = (pieces[-1][-1].tail or "") + line
            else:
                pieces[-1].text = (pieces[-1].text or "") + line

    add_text(code.text or "")
    for child in code:
        tail, child.tail = child.tail or "", None
        if not child.text and not len(child):
            add_text(tail)
            continue
        pieces[-1].append(child)
        add_text(tail)
    parent = next(element for element in block.iter() if code in list(element))
    position = list(parent).index(code)
    parent.remove(code)
    for piece in reversed(pieces):
        lines = "".join(piece.itertext()).count("\n")
        kind = " long" if lines > LONGEST_UNCUT else " short" if lines < SHORTEST_ALONE else ""
        piece.set("class", "piece" + kind)
        parent.insert(position, piece)
    pieces[0].set("class", pieces[0].get("class") + " first")
    pieces[-1].set("class", pieces[-1].get("class").replace(" short", "") + " last")


# ------------------------------------------------------------------------------- front and end matter

def title_pages(version):
    title = make("section", None, make("p", TITLE.replace(", ", ",\n"), class_="title"),
                 make("p", WORDS, class_="subtitle"),
                 make("img", None, src="_static/title.png", alt=""),
                 class_="title-page")
    rights = make("section", None, class_="copyright-page")
    for text in (f"{TITLE}. Version {version}.",
                 (DOCS.parent / "LICENSE").read_text().split("\n\n")[1].strip() + ".",
                 "The text, the programs and the library are under the MIT License: you may use, copy, change and "
                 "share them as long as you keep its notice, which comes with the sources. They come without any "
                 "warranty.",
                 "The numbers in the text and the outputs of the programs are records of runs. The build of the book "
                 "checks them, and cuts the code that you see out of the programs that ran.",
                 "Set with WeasyPrint in Source Serif, Libre Franklin and Inconsolata. Formulas by MathJax, "
                 "figures by Matplotlib."):
        rights.append(make("p", text))
    return [title, rights]


def entry(tag, text, target, class_):
    return make(tag, None, make("a", text, href=f"#{target}"), class_=class_)


def contents_of(parts, documents, titles):
    contents = make("nav", None, make("h1", "Contents"), class_="contents")
    for part, names in parts:
        if part:
            contents.append(make("p", part, class_="part"))
        for name in names:
            contents.append(entry("p", titles[name], name, "chapter"))
            if has_class(documents[name], "api"):
                continue
            for section in documents[name].findall("section"):
                heading = next(element for element in section if element.tag in HEADINGS)
                contents.append(entry("p", text_of(heading), section.get("id"), "section"))
    return contents


def opening_of_part(part, names, titles):
    number, _, title = part.partition(". ")
    page = make("section", None, make("h1", None, make("span", number, class_="number"),
                                      make("span", title, class_="title"), title=part), class_="part-page")
    for name in names:
        page.append(entry("p", titles[name], name, "chapter"))
    return page


# Terms that are also plain words: the index has only the pages that define them.
PLAIN_WORDS = {"chain", "line", "page", "same", "step", "unit", "valid"}


def terms_of(glossary):
    """The terms of the glossary: (words, the id of their explanation)."""
    for item in glossary.iter("dt"):
        for formula in item.iter("svg"):
            formula.text = formula.get("aria-label")  # the words of a term may have one: top-k accuracy
        words = text_of(item)
        for formula in item.iter("svg"):
            formula.text = None
        for term in words.split(","):
            yield term.strip(), item.get("id")


def index_of(documents, chapters):
    """Each term of the glossary with the pages where a chapter defines it in bold or mentions it first."""
    index = make("section", None, class_="chapter index", id="index")
    index.append(make("h1", None, make("span", "Index", class_="title"), title="Index"))
    index.append(make("p", "This index has the terms of the glossary. A bold page number is where a chapter defines "
                           "the term; the others are where a chapter first mentions it."))
    entries = make("div", None, class_="entries")
    index.append(entries)
    paragraphs = {name: [(element, text_of(element).lower()) for element in documents[name].iter("p")]
                  for name in chapters}
    bold = {}
    for name in chapters:
        for element in documents[name].iter("strong"):
            bold.setdefault((name, text_of(element).lower()), element)
    letter = None
    for term, explanation in sorted(terms_of(documents["glossary"]), key=lambda item: item[0].lower()):
        if term[0].upper() != letter:
            letter = term[0].upper()
            entries.append(make("p", letter, class_="letter"))
        line = make("p", f"{term}, ", class_="term")
        word = re.compile(rf"\b{re.escape(term.lower())}(?:e?s)?\b")
        for name in chapters:
            forms = (term.lower(), term.lower() + "s")
            defined = next((bold[name, form] for form in forms if (name, form) in bold), None)
            found = defined if defined is not None or term in PLAIN_WORDS else \
                next((element for element, text in paragraphs[name] if word.search(text)), None)
            if found is not None:
                found.set("id", found.get("id") or f"{name}:index-{term}".replace(" ", "-"))
                kind = "page" if defined is None else "defined"
                line.append(make("a", None, href=f"#{found.get('id')}", class_=kind))
        if not len(line):
            line.append(make("a", None, href=f"#{explanation}", class_="page"))
        for link in line[:-1]:
            link.tail = ", "
        entries.append(line)
    return index


# ------------------------------------------------------------------------------------------- the book

def compose(page, version, colored):
    for element in page.iter():  # the names of SVG's elements as HTML writes them, without a namespace
        element.tag = element.tag.removeprefix(SVG)
    remove(page, lambda element: has_class(element, "headerlink") or element.tag in ("script", "button"))
    parts, documents = read_contents(page), read_documents(page)
    own_ids(documents)
    titles = {}
    for _, names in parts:
        for name in names:
            titles[name] = open_chapter(documents[name], api=name == "api/index")
            begin_at_headings(documents[name])
            if name != "api/index":
                refer_by_page(documents[name], name)
    body = ET.Element("body")
    body.extend(title_pages(version))
    body.append(contents_of(parts, documents, titles))
    for part, names in parts:
        if part and part.startswith("Part "):
            body.append(opening_of_part(part, names, titles))
            for name in names:
                documents[name].set("class", "chapter of-part")
        body.extend(documents[name] for name in names)
    chapters = [name for _, names in parts for name in names if name.startswith("chapters/")]
    body.append(index_of(documents, chapters))
    for block in list(body.iter("div")):
        if has_class(block, "highlight"):
            keep_colored(next(block.iter("pre")), colored)
            cut_code(block)
    for part in body.iter("details"):
        part.tag = "div"
    for part in body.iter("summary"):
        part.tag = "p"
    for picture in list(body.iter("svg")):
        for element in picture.iter():
            element.tag = SVG + element.tag
    about = {"author": "The project's authors", "description": WORDS,
             "keywords": "neural networks, machine learning, C++20, modules"}
    head = make("head", None, make("title", TITLE),
                *(make("meta", None, name=name, content=content) for name, content in about.items()))
    return make("html", None, head, body, lang="en")


class Book(HTML):
    """WeasyPrint reads HTML; the book is there already, as a tree."""

    def __init__(self, tree, folder):
        super().__init__(string="<html>", base_url=f"{folder}/")
        self.wrapper_element = cssselect2.ElementWrapper.from_html_root(tree, content_language=None)
        self.etree_element = self.wrapper_element.etree_element


def list_pages_once():
    """pydyf lists the references of all pages again for every tagged element, which takes minutes."""
    slow, known = pydyf.PDF.page_references.fget, {}

    def page_references(pdf):
        pages = len(pdf.pages["Kids"])
        if pages not in known:
            known[pages] = slow(pdf)
        return known[pages]

    pydyf.PDF.page_references = property(page_references)


def main():
    gc.disable()  # all of the book is needed until the end, and searching it for garbage takes time
    list_pages_once()
    page_file, pdf = map(Path, sys.argv[1:])
    page = read_page(page_file.read_text())
    version = re.search(r"project\(nn VERSION ([\d.]+)", (DOCS.parent / "CMakeLists.txt").read_text())[1]
    cover.draw_title(page_file.parent / "_static" / "title.png")
    fonts = FontConfiguration()
    colors = HtmlFormatter(style="friendly").get_style_defs(".highlight")
    styles = [CSS(string=print_fonts.style() + colors, font_config=fonts), CSS(DOCS / "print.css", font_config=fonts)]
    book = Book(compose(page, version, colored_classes(colors)), page_file.parent)
    book.write_pdf(pdf, stylesheets=styles, font_config=fonts, pdf_tags=True)


if __name__ == "__main__":
    main()
