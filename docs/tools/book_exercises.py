"""What pages have from the folder exercises. The exercises of a chapter begin with those that `./book exercise` grades.
Below those that ask for code and have a grader is its command. On the site, those that ask for numbers have a field, in
which a reader can have them checked. What is right comes from exercises/answers.toml, as for `./book exercise 4.2
--answer`, or, for those that are `computed`, from docs/live/answers.cpp; theme/answers.js compares.
"""

import json
import re
from html import escape

from docutils import nodes

import answers
import exercise

FIELD = """<form class="answer" data-answer="{data}" hidden>
<label>{asks} <input type="text" autocomplete="off" required></label>
<button type="submit">Check</button> <output></output>
</form>"""


def field_of(number, asked):
    data = {"tolerance": answers.TOLERANCE, "wrong": [], "exercise": number, **asked}
    if asked.get("computed"):
        del data["right"]
    asks = asked["asks"][0].upper() + asked["asks"][1:]
    return FIELD.format(data=escape(json.dumps(data, ensure_ascii=False)), asks=escape(asks))


def of_modules(chapter, where):
    """The sentence on the modules of a chapter that a reader can write; None if there are none."""
    mine = [one for one in exercise.exercises() if one.chapter == chapter and not one.is_at_end]
    if not mine:
        return None
    paragraph = nodes.paragraph("", "Write it yourself, and have it graded: ")
    for i, one in enumerate(mine):
        paragraph += [nodes.Text(", " * (i > 0)), nodes.literal("", f"./book exercise {one.name}"),
                      nodes.Text(f" ({one.minutes} minutes)")]
    paragraph += [nodes.Text(". "), nodes.reference("", "How that works", refuri=where, internal=True), nodes.Text(".")]
    return paragraph


def of_code(number):
    """The sentence on the grader of an exercise at the end of a chapter."""
    return nodes.paragraph("", "", nodes.Text("Have it graded: "), nodes.literal("", f"./book exercise {number}"),
                           nodes.Text("."))


def complete(app, doctree, docname):
    chapter = re.match(r"chapters/0?(\d+|A)_", docname)
    section = chapter and next((one for one in doctree.findall(nodes.section)
                                if one[0].astext().endswith(" Exercises")), None)
    if section is None:
        return
    if sentence := of_modules(chapter[1], app.builder.get_relative_uri(docname, "exercises")):
        section.insert(1, sentence)
    known = answers.answers() if app.builder.name == "html" else {}
    of_end = exercise.numbers_of_code()
    for place, item in enumerate(section.next_node(nodes.enumerated_list), 1):
        number = f"{chapter[1]}.{place}"
        if number in of_end:
            item += of_code(number)
        if asked := known.get(number):
            item += nodes.raw("", field_of(number, asked), format="html")


def setup(app):
    app.connect("doctree-resolved", complete)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
