"""What check_words must catch. Run: python3 -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path

from check_words import ROOT, WORDS, all_files, find_words, measures, page_text, read_habits, sentences_of, syllables

HABITS = read_habits(WORDS.read_text())
# Sentences with a habit, and the words that must be found in them. This file is not checked.
BEFORE = {"What stands above it": "stands",
          "Whoever needs it": "Whoever",
          "In every epoch anew.": "anew",
          "three ideas mend this": "mend",
          "it works as ever": "as ever",
          "read it beside\nthe page": "beside",
          "a stream of its own": "of its own",
          "the factors are others.": "are others",
          "a picture is no square": "is no",
          "misreads two images of three.": "two images of three",
          "the gradient by $u$": "gradient by ·",
          "Who reads it twice": "Who",
          "its colours": "colours",
          "to generalise": "generalise"}
FINE = ["It understands standard colors, and there is no other way.", "the gradients by hand",
        "two rows of four numbers", "`stand` and $x$", "[a link](chapters/12_generalisation.md#stand)",
        "```cpp\nint stand;\n```",
        "Who reads this?", "a layer of your own, which is no longer slow"]


def found_in(text, name="page.md"):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text)
        return [find[:2] for find in find_words(path, HABITS)]


class FindWords(unittest.TestCase):
    def test_finds_each_habit_on_a_page_in_comments_and_in_strings(self):
        for text, words in BEFORE.items():
            self.assertEqual(found_in(text), [(1, words)], text)
            if "$" not in text:
                cpp, python = "int a;\n/// " + text.replace("\n", "\n/// "), "a = 1  # " + text.replace("\n", "\n# ")
                self.assertEqual(found_in(cpp, "a.cppm"), [(2, words)], text)
                self.assertEqual(found_in(python, "a.py"), [(1, words)], text)
            if "\n" not in text and "$" not in text:
                self.assertEqual(found_in(f'throw error{{"{text}"}};', "a.cpp"), [(1, words)], text)

    def test_passes_over_plain_english_code_formulas_and_links(self):
        for text in FINE:
            self.assertEqual(found_in(text), [], text)
        self.assertEqual(found_in("int stand = mend(anew);", "a.cpp"), [])
        self.assertEqual(found_in("name = f'{colour}.svg'", "a.py"), [])

    def test_reads_captions_and_admonitions_and_knows_their_lines(self):
        text = "````{live} dense\n```{plot} a\nIt mends.\n```\n````\n:::{admonition} Anew\n:class: stand\n:::\n"
        self.assertEqual(found_in(text), [(3, "mends"), (6, "Anew")])

    def test_wants_each_allowance_to_be_needed_and_near(self):
        allow = "<!-- words: allow anew: a quotation -->"
        self.assertEqual(found_in(f"{allow}\nIt begins anew.\n"), [])
        self.assertEqual(found_in(f"It begins anew. {allow}\n"), [])
        self.assertEqual(found_in(f"It begins anew.\n\n{allow}\n"), [(1, "anew"), (3, "anew")])
        self.assertEqual(found_in("mend();  // words: allow mend\n/// To mend.", "a.cpp"), [])

    def test_every_habit_has_what_to_write_instead(self):
        self.assertTrue(all(habit.instead for habit in HABITS))

    def test_reads_pages_modules_programs_and_figures(self):
        names = {str(path.relative_to(ROOT)) for path in all_files()}
        self.assertLessEqual({"README.md", "book", "docs/chapters/01_dense.md", "modules/core/tensor.cppm",
                              "chapters/16_predict/files.cpp", "docs/live/scripts/dense.js",
                              "docs/figures/01_shapes.py", "tests/tensor_test.cpp"}, names)
        self.assertFalse({name for name in names if name.startswith(("docs/api", "docs/generated"))})


class Measures(unittest.TestCase):
    def test_counts_sentences_of_paragraphs_and_items(self):
        text = page_text("# A heading here\n\nIt is short. `fit` trains $n$ times.\n\n| a | table |\n\n"
                         "- One item\n- Two items\n")
        self.assertEqual(sentences_of(text), ["It is short.", "· trains · times.", "- One item", "- Two items"])

    def test_measures_length_passive_and_grade(self):
        words, mean, deviation, longest, passive, grade = measures(
            "The cat sat down. The big dog was seen by me today.\n")
        self.assertEqual((words, mean, longest, passive), (12, 6, 8, 50))
        self.assertAlmostEqual(deviation, 8 ** 0.5)
        self.assertAlmostEqual(grade, 0.39 * 6 + 11.8 * 13 / 12 - 15.59)

    def test_counts_syllables(self):
        words = {"cat": 1, "training": 2, "gradient": 2, "sky": 1, "table": 2, "made": 1, "moved": 1, "added": 2,
                 "layers": 2, "·": 1}
        self.assertEqual({word: syllables(word) for word in words}, words)


if __name__ == "__main__":
    unittest.main()
