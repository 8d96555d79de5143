"""Checks the PDF and the EPUB: their size, what they say about themselves, that their contents are complete, and that
the PDF has no page that is mostly empty.

Run: check_paper.py BOOK.pdf BOOK.epub
"""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

from pypdf import PdfReader

MOST_PAGES, MOST_BYTES = 350, 12e6
LEAST_FILLED = 0.4  # of a page's height, unless a chapter begins on the next: code without an empty line is not cut
LEAST_ON_LAST = 0.08  # of the last page of a chapter: a line
WORD, PAGE = (f"{{http://www.w3.org/1999/xhtml}}{name}" for name in ("word", "page"))


def flat(outline, depth=0):
    for item in outline:
        if isinstance(item, list):
            yield from flat(item, depth + 1)
        else:
            yield depth, item


def filled(pdf):
    """How far down each page has text, as a fraction of its height."""
    layout = subprocess.run(["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True).stdout
    for page in ET.fromstring(re.sub(r"[\x00-\x08\x0b-\x1f]", "", layout)).iter(PAGE):
        height = float(page.get("height"))
        ends = [float(word.get("yMax")) / height for word in page.iter(WORD)]
        yield max((end for end in ends if end < 0.94), default=0)  # the page number is below


def misplaced(book, places):
    """Numbered sections for which the contents have another page than the bookmarks."""
    first = places.get("Contents")
    if first is None:
        return
    after = min((place for place in places.values() if place > first), default=first + 1)
    contents = " ".join(" ".join(page.extract_text() for page in book.pages[first:after]).split())
    for title, place in places.items():
        listed = re.match(r"[\dA-Z]+\.\d+ ", title) and re.search(rf"{re.escape(title)}[ .]*? (\d+)(?= |$)", contents)
        if listed and int(listed[1]) != place + 1:
            yield f"'{title}' is on page {place + 1}, but the contents say {listed[1]}"


def check_pdf(file):
    book = PdfReader(file)
    count, size = len(book.pages), file.stat().st_size
    if count >= MOST_PAGES:
        yield f"{count} pages, not fewer than {MOST_PAGES}"
    if size >= MOST_BYTES:
        yield f"{size / 1e6:.1f} MB, not fewer than {MOST_BYTES / 1e6:.0f}"
    for name in ("/Title", "/Author", "/Subject", "/Keywords"):
        if not (book.metadata or {}).get(name):
            yield f"has no {name[1:].lower()}"
    outline = list(flat(book.outline))
    openings = {book.get_destination_page_number(item) for depth, item in outline if depth < 2}
    titles = [item.title for _, item in outline]
    for title in ("Contents", "How to read this book", "Glossary", "Index"):
        if title not in titles:
            yield f"'{title}' is missing in the outline"
    yield from misplaced(book, {item.title: book.get_destination_page_number(item) for _, item in outline})
    heights = list(filled(file))
    for number, height in enumerate(heights[2:], 2):  # after the title page and the copyright page
        ends = number + 1 in openings or number + 1 == count
        if height < (LEAST_ON_LAST if ends else LEAST_FILLED):
            yield f"page {number + 1} is filled to {height:.0%} only"


def check_epub(file):
    if file.stat().st_size >= MOST_BYTES:
        yield f"{file.stat().st_size / 1e6:.1f} MB"
    with zipfile.ZipFile(file) as book:
        names = book.namelist()
        package = book.read("content.opf").decode()
        contents = book.read("nav.xhtml").decode()
        if "unknown" in package.split("</metadata>")[0]:
            yield "some metadata is unknown"
        if not re.search(r'href="_static/cover.png" properties="cover-image"', package):
            yield "has no cover"
        yield from (f"{name} is for dark pages" for name in names if "-dark." in name)
        for name in names:
            if not name.endswith(".xhtml"):
                continue
            page = book.read(name).decode()
            ET.fromstring(re.sub(r"&(?!amp|lt|gt|quot|#)\w+;", "", page))
            if name not in ("nav.xhtml", "epub-cover.xhtml") and f'href="{name}"' not in contents:
                yield f"{name} is missing in the contents"
            if missing := len(re.findall(r'class="math [^>]*>(?!<svg)', page)):
                yield f"{name}: {missing} formulas are not drawn"


def main():
    pdf, epub = map(Path, sys.argv[1:])
    problems = [f"{pdf.name}: {problem}" for problem in check_pdf(pdf)]
    problems += [f"{epub.name}: {problem}" for problem in check_epub(epub)]
    print(*problems, sep="\n", file=sys.stderr)
    print(f"{pdf.name} and {epub.name}: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
