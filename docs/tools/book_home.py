"""What only the home page has: its style and a card for every chapter.
And what every page tells a program that previews a link to it: a description and a picture.
"""

import re
import shutil
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from markupsafe import Markup
from sphinx.addnodes import pending_xref

import social_card
from book_directives import pictures

ROOT = Path(__file__).resolve().parents[2]
CARD = re.compile(r"^(?P<page>\S+) (?P<figure>\S+): (?P<words>.+)$")
CARD_FILE = "card.png"
CARD_WORDS = "From scratch in C++20:\nfrom one neuron to networks\nthat read handwriting"
LONGEST = 200  # characters of a description


class Cards(Directive):
    """Chapters, each with its title, a figure and a sentence. Lines: `PAGE FIGURE: SENTENCE`."""

    has_content = True

    def run(self):
        cards = nodes.bullet_list(classes=["cards"])
        for line in self.content:
            match = CARD.match(line)
            if not match:
                raise self.error(f"'{line}' is not PAGE FIGURE: SENTENCE")
            cards += self.card(**match.groupdict())
        return [cards]

    def card(self, page, figure, words):
        env = self.state.document.settings.env
        title = pending_xref("", nodes.inline(), refdomain="std", reftype="doc", reftarget=f"/chapters/{page}",
                             refdoc=env.docname, refexplicit=False, refwarn=True)
        card = nodes.list_item()
        card += pictures(figure, alt="", loading="lazy")  # the sentence says what they show
        card += nodes.paragraph("", "", title, classes=["card-title"])
        card += nodes.paragraph("", words)
        return card


def describe(app, pagename, templatename, context, doctree):
    """Tells programs that preview a link what the page is, and gives the home page its style."""
    if app.builder.name != "html":
        return
    home = pagename == app.config.root_doc
    if home:
        app.add_css_file("home.css", priority=900)  # after those of all pages
    paragraph = doctree.next_node(nodes.paragraph) if doctree else None
    words = shortened(paragraph.astext()) if paragraph else app.config.project
    # Without the site's address (-D html_baseurl=…) the picture's is relative, which not every program follows.
    base = app.config.html_baseurl or context["pathto"]("", resource=True)
    title = app.config.project if home else Markup(context.get("title", app.config.project)).striptags()
    metatags = context.get("metatags", "")
    tags = {"og:type": "website", "og:site_name": app.config.project, "og:title": title, "og:description": words,
            "og:image": f"{base.rstrip('/')}/_static/{CARD_FILE}", "og:image:width": social_card.WIDTH,
            "og:image:height": social_card.HEIGHT, "og:image:alt": " ".join(CARD_WORDS.split())}
    names = {"description": words, "twitter:card": "summary_large_image"}
    for kind, some in (("property", tags), ("name", names)):
        for name, value in some.items():
            metatags += f'\n<meta {kind}="{name}" content="{escape(str(value))}">'
    context["metatags"] = metatags


def shortened(text):
    """The beginning of a text, at most LONGEST characters, without half a word."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def add_files(app):
    if app.builder.name == "html":
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "docs" / "home.css", static)
        social_card.draw(static / CARD_FILE, app.config.project.replace(", ", ",\n"), CARD_WORDS)


def setup(app):
    app.add_directive("cards", Cards)
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
