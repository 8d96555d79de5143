"""What book_theme makes of pages. Run: .venv-docs/bin/python -m unittest discover docs/tools"""

import unittest

try:
    from docutils import nodes

    from book_theme import align_numbers, number_sections, open_chapter, prepare_tables
except ModuleNotFoundError as error:
    raise unittest.SkipTest(str(error))


def table(*rows):
    """A table of texts; its first row is the heading."""
    def row(texts):
        return nodes.row("", *(nodes.entry("", *[nodes.paragraph(text, text)] * bool(text)) for text in texts))

    group = nodes.tgroup("", nodes.thead("", row(rows[0])), nodes.tbody("", *map(row, rows[1:])))
    return nodes.table("", group)


class Tables(unittest.TestCase):
    def prepared(self, *rows):
        document = nodes.section("", table(*rows))
        prepare_tables(None, document)
        return document[0]

    def column(self, *texts):
        cells = [nodes.entry("", nodes.paragraph(text, text)) for text in texts]
        align_numbers(cells, nodes.entry())
        return [(cell.astext(), "numeric" in cell["classes"]) for cell in cells]

    def test_numbers_end_at_the_same_decimal(self):
        self.assertEqual(self.column("12", "0.5", "−1.25"),
                         [("12\u2008\u2007\u2007", True), ("0.5\u2007", True), ("−1.25", True)])

    def test_a_column_with_words_is_not_numeric(self):
        self.assertEqual(self.column("12", "none"), [("12", False), ("none", False)])

    def test_cells_know_the_heading_of_their_column(self):
        cells = list(self.prepared(("layer", "weights"), ("dense", "")).findall(nodes.entry))
        self.assertEqual(cells[2]["label"], "layer")
        self.assertIn("empty", cells[3]["classes"])

    def test_only_wide_tables_become_cards(self):
        self.assertNotIn("cards", self.prepared(("a", "b"), ("1", "2"))["classes"])
        self.assertIn("cards", self.prepared(("a", "b"), ("word " * 5, "word " * 5))["classes"])


class Chapters(unittest.TestCase):
    def page(self, title, *paragraphs):
        section = nodes.section("", nodes.title(title, title), nodes.container(classes=["picture"]),
                                *(nodes.paragraph(text, text) for text in paragraphs))
        document = nodes.section("", section)
        open_chapter(None, document)
        return section

    def test_the_number_leaves_the_title(self):
        title = self.page("3. The cost", "A promise.", "Before you start: nothing.").next_node(nodes.title)
        self.assertEqual([part.astext() for part in title], ["Chapter 3", " ", "The cost"])
        title = self.page("Appendix A: three reports", "A promise.", "Text.").next_node(nodes.title)
        self.assertEqual(title.astext(), "Appendix A Three reports")

    def test_only_what_comes_before_is_in_the_opening(self):
        ends = [child.astext() for child in self.page("3. The cost", "A promise.", "Text.")]
        self.assertEqual(ends[-2:], ["</header>", "Text."])
        ends = [child.astext() for child in self.page("3. The cost", "A promise.", "Before you start: 1.", "Text.")]
        self.assertEqual(ends[-3].split("\n")[0], "Before you start: 1.")

    def test_sections_are_numbered_apart(self):
        section = nodes.section("", nodes.title("", "3.1 Counting"))
        number_sections(None, nodes.section("", section))
        self.assertEqual([part.astext() for part in section[0]], ["3.1", " ", "Counting"])


if __name__ == "__main__":
    unittest.main()
