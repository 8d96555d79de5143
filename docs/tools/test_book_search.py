"""What the index of the search must hold. Run: python3 -m unittest discover docs/tools"""

import unittest

from docutils import nodes
from sphinx import addnodes

from book_search import entries_of


def declaration(name, kind, *content, template=""):
    """A class or function as Breathe describes it, with a template's parameter and a function's on the way."""
    signature = addnodes.desc_signature("", "", ids=[f"id-{name}"])
    for words, line_type in ((template, "templateParams"), (name, "declarator")):
        line = addnodes.desc_signature_line("", "", *([addnodes.desc_name(words, words)] if words else []))
        line.sphinx_line_type = line_type
        signature += line
    signature += addnodes.desc_sig_name("parameter", "parameter")
    return addnodes.desc("", signature, addnodes.desc_content("", *content), objtype=kind)


def page(*content):
    doctree = nodes.document(None, None)
    doctree += nodes.section("", nodes.title("", "A page"), *content, ids=["a-page"])
    return doctree


def paragraph(*content):
    return nodes.paragraph("", "", *[nodes.Text(one) if isinstance(one, str) else one for one in content])


class Entries(unittest.TestCase):
    def found(self, *content):
        return list(entries_of(page(*content), {"other": nodes.Text("Another page")}))

    def test_sections_have_their_own_words_and_no_code(self):
        inner = nodes.section("", nodes.title("", "Inside"), paragraph("deep"), ids=["inside"])
        code = nodes.literal_block("", "int a;")
        self.assertEqual(self.found(paragraph("flat"), code, inner),
                         [("page", "A page", "", "flat"), ("section", "Inside", "inside", "deep")])

    def test_formulas_are_shown_if_they_are_words(self):
        text = paragraph("Both ", nodes.math("", "W x"), " and ", nodes.math("", r"\frac{1}{2}"), ".")
        self.assertEqual(self.found(text)[0][3], "Both W x and ….")

    def test_a_link_without_words_has_the_title_of_its_page(self):
        link = addnodes.pending_xref("", nodes.inline(), reftarget="other")
        self.assertEqual(self.found(paragraph("See ", link, "."))[0][3], "See Another page.")

    def test_what_other_builders_show_is_left_out(self):
        printed = addnodes.only("", paragraph("on paper"), expr="not builder_html")
        self.assertEqual(self.found(paragraph("on the screen"), printed)[0][3], "on the screen")

    def test_terms_of_the_glossary_are_entries(self):
        item = nodes.definition_list_item("", nodes.term("", "bias", ids=["term-bias"]),
                                          nodes.definition("", paragraph("A number that is added.")))
        glossary = addnodes.glossary("", nodes.definition_list("", item))
        self.assertEqual(self.found(glossary)[1:], [("term", "bias", "term-bias", "A number that is added.")])

    def test_members_are_named_with_their_class_and_without_parameters(self):
        member = declaration("fit", "function", paragraph("Trains."), template="Observer")
        constructor = declaration("Trainer", "function", paragraph("Makes one."))
        members = nodes.container("", constructor, member)
        whole = declaration("Trainer", "class", paragraph("Trains networks."), members)
        space = declaration("nn", "type", whole)
        self.assertEqual(self.found(space)[1:], [("code", "Trainer", "id-Trainer", "Trains networks."),
                                                 ("code", "Trainer::fit", "id-fit", "Trains.")])


if __name__ == "__main__":
    unittest.main()
