"""What check_pages must catch. Run: python3 -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path

from check_pages import check_anatomy, check_home, check_modules, check_page, check_readme, check_words
from pieces import PieceError, recorded, recorded_rows

PROGRAM = """// Chapter 1.

// [first]
int a = 1;
// [/first]
// [second]
int b = 2;
// [/second]
"""
RECORD = "Title\n\n1.1 One\n-------\n  1\n\n1.2 Two\n-------\n  2\n"
PAGE = """# Title
```{piece} 01_x.cpp first
```
```{output} 01_x 1.1
```
```{piece} 01_x.cpp second
```
```{output} 01_x 1.2
```
"""

CHAPTER = """# 1. One
Run `./book chapter 1`.
```{plot} 01_shapes
All.
```
## 1.1 Check yourself
## 1.2 Break it: a bug
## 1.3 Recap
Elsewhere you will see it called *two*.
The page of the module: [`nn.dense`](../api/dense.md).
## 1.4 Exercises
1. **(easy, 5 minutes)** What
   is it?
2. **(hard, 45 minutes)** Why?
::::{admonition} Answers and hints
:class: dropdown
1. This.
2. So.
::::
## 1.5 A choice and its rival
1. A list that holds no exercise.

**Further reading:** a book.
"""


class InFolder(unittest.TestCase):
    """Tests on files in a temporary folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


class CheckAnatomy(InFolder):
    def problems(self, page):
        return check_anatomy(self.file("01_x.md", page))

    def test_finds_nothing_where_all_parts_are_there(self):
        self.assertEqual(self.problems(CHAPTER), [])
        self.assertEqual(self.problems(CHAPTER.replace("chapter 1", "mnist")), [])

    def test_takes_the_letter_of_an_appendix_for_its_number(self):
        self.assertEqual(self.problems(CHAPTER.replace("chapter 1", "chapter A")), [])

    def test_finds_each_part_that_is_missing(self):
        for part, name in (("./book chapter 1", "command that runs it"), ("{plot}", "picture"),
                           ("Check yourself", "heading 'Check yourself'"),
                           ("## 1.2 Break it", "heading 'Break it'"),
                           ("Recap", "heading 'Recap'"),
                           ("Elsewhere", "'Elsewhere you will see', the field's names, in its recap"),
                           ("Exercises", "heading 'Exercises'"),
                           ("{admonition} Answers and hints", "'Answers and hints'"),
                           ("**Further reading:**", "'**Further reading:**'"),
                           ("](../api/", "link to the page of a module")):
            self.assertIn(f"01_x.md: no {name}", self.problems(CHAPTER.replace(part, "other")))

    def test_finds_a_paragraph_that_becomes_a_list(self):
        for item in ("1. That is less.", "- 2 is left.", "+ 2"):
            self.assertEqual(self.problems(CHAPTER.replace("chapter 1`.", f"chapter 1` with\n{item}")),
                             [f"01_x.md: a line of a paragraph becomes a list: '{item}'"])
        self.assertEqual(self.problems(CHAPTER + "$$\n2\n- 1\n$$\n\n- One.\n- Two.\n"), [])

    def test_finds_an_exercise_without_difficulty_or_minutes(self):
        for start in ("Why?", "**(45 minutes)** Why?", "**(hard)** Why?", "(hard, 45 minutes) Why?"):
            page = CHAPTER.replace("**(hard, 45 minutes)** Why?", start)
            self.assertEqual(self.problems(page), [
                f"01_x.md: an exercise without difficulty and minutes: '2. {start}'"])

    def test_finds_an_exercise_without_an_answer(self):
        self.assertEqual(self.problems(CHAPTER.replace("2. So.\n", "")),
                         ["01_x.md: 2 exercises, but 1 answers"])


class CheckPage(InFolder):
    def problems(self, program=PROGRAM, page=PAGE, record=RECORD):
        return check_page(self.file("01_x.md", page), self.file("01_x.cpp", program),
                          self.file("01_x.out", record), self.folder)[0]

    def test_finds_nothing_where_all_is_shown(self):
        self.assertEqual(self.problems(), [])

    def test_finds_a_line_in_no_piece(self):
        self.assertEqual(self.problems(program=PROGRAM + "int c = 3;\n"),
                         ["01_x.cpp:9: the line is outside all pieces; put it between // [NAME] and // [/NAME]"])

    def test_finds_a_piece_not_shown(self):
        page = PAGE.replace("```{piece} 01_x.cpp second\n```\n", "")
        self.assertEqual(self.problems(page=page),
                         ["01_x.cpp: piece 'second' is not shown on 01_x.md"])

    def test_finds_an_unknown_piece_and_file(self):
        self.assertEqual(self.problems(page=PAGE + "```{piece} 01_x.cpp third\n```\n"),
                         ["01_x.md:10: 01_x.cpp has no piece 'third'"])
        self.assertEqual(self.problems(page=PAGE + "```{piece} 02_y.cpp a\n```\n"),
                         ["01_x.md:10: there is no file 02_y.cpp"])

    def test_finds_code_that_no_program_has(self):
        for fence in ("```cpp", "```c++", "```{code-block} cpp", ":::{code-block} cpp"):
            self.assertEqual(self.problems(page=PAGE + f"{fence}\nint z;\n```\n"),
                             ["01_x.md:10: this code is not from a program: show a piece of one with {piece}"])

    def test_lets_a_page_include_a_recorded_text(self):
        include = "```{{literalinclude}} ../figures/01_x.{}\n```\n"
        self.assertEqual(self.problems(page=PAGE + include.format("txt")), [])
        self.assertEqual(len(self.problems(page=PAGE + include.format("cpp"))), 1)

    def test_lets_pieces_be_in_any_order(self):
        page = PAGE.replace("cpp first", "cpp x").replace("cpp second", "cpp first").replace("cpp x", "cpp second")
        self.assertEqual(self.problems(page=page), [])

    def test_finds_output_not_shown_and_unknown(self):
        self.assertEqual(self.problems(page=PAGE.replace("01_x 1.2", "01_x 1.3")),
                         ["01_x.md:8: 01_x.out has no section '1.3'",
                          "01_x.out: section 1.2 is not shown on 01_x.md"])

    def test_finds_plumbing_without_a_name_or_a_place(self):
        program = PROGRAM + "// [fold: Plumbing]\nint c = 3;\n// [/fold]\n"
        page = PAGE + "```{folded} 01_x.cpp\n```\n"
        self.assertEqual(self.problems(program=program, page=page), [])
        self.assertEqual(self.problems(program=program),
                         ["01_x.md: the folded pieces of 01_x.cpp are not shown; add {folded}"])
        self.assertEqual(self.problems(program=program.replace(": Plumbing", ""), page=page),
                         ["01_x.cpp:9: a folded piece needs a name: // [fold: NAME]"])

    def test_finds_markers_that_do_not_match(self):
        self.assertEqual(self.problems(program=PROGRAM.replace("// [/second]\n", "")),
                         ["01_x.cpp:6: 'second' has no end"])
        self.assertEqual(self.problems(program=PROGRAM.replace("[/first]", "[/other]")),
                         ["01_x.cpp:5: '// [/other]', expected // [/first]"])
        self.assertEqual(self.problems(program=PROGRAM.replace("second", "first")),
                         ["01_x.cpp:6: there is already a piece 'first'"])


class CheckWords(InFolder):
    def problems(self, text):
        glossary = "# Glossary\n\nkernel, filter\n  What moves.\n\nepoch\n  A pass.\n"
        return check_words(self.file("01_x.md", text), self.file("glossary.md", glossary))

    def test_finds_bold_words_that_are_not_in_the_glossary(self):
        self.assertEqual(self.problems("An **epoch**. **Filters** and **kernels**. **Note:** this."), [])
        self.assertEqual(self.problems("A **tile**."), ["01_x.md: 'tile' is bold and not in the glossary"])

    def test_leaves_exercises_alone(self):
        self.assertEqual(self.problems("## 1.9 Exercises\n1. **(easy, 5 minutes)** Do it.\n"), [])


class CheckModules(InFolder):
    def test_finds_pieces_of_modules_that_no_page_shows(self):
        (self.folder / "modules" / "core").mkdir(parents=True)
        source = self.file("modules/core/x.cppm", "// [one]\nint a;\n// [/one]\n// [two]\nint b;\n// [/two]\n")
        page = self.file("01_x.md", "```{piece} modules/core/x.cppm one\n```\n")
        self.assertEqual(check_modules([source], [page], self.folder),
                         ["modules/core/x.cppm: piece 'two' is on no page"])


class CheckReadme(InFolder):
    def problems(self, output):
        return check_readme(self.file("README.md", f"```console\n$ ./book mnist\n{output}```\n"),
                            self.file("10_x.out", "10.1 A run\n----------\ncost 1\n\ncost 2\n"))

    def test_finds_output_that_is_not_recorded(self):
        self.assertEqual(self.problems("[…]\n\ncost 2\n"), [])
        self.assertEqual(self.problems("cost 3\n"), ["README.md: 'cost 3' is not in 10_x.out"])


class CheckHome(InFolder):
    def test_finds_chapters_without_a_card(self):
        home = self.file("index.md", "```{cards}\n01_x 01_shapes: One.\n02_y 02_shapes: Two.\n```\n")
        pages = [Path("01_x.md"), Path("02_y.md")]
        self.assertEqual(check_home(home, pages), [])
        self.assertEqual(len(check_home(home, [*pages, Path("A_z.md")])), 1)


class Recorded(InFolder):
    def test_a_number_is_found_in_its_section_once(self):
        record = self.file("01_x.out", "1.1 One\n-------\ncost  0.5\n\n"
                                       "1.2 Two\n-------\ncost  0.7\ncost  0.8\n")
        self.assertEqual(recorded(record, "1.1", r"cost +(\S+)"), "0.5")
        for section, pattern in (("1.1", r"error +(\S+)"), ("1.2", r"cost +(\S+)"), ("1.3", r"(cost)")):
            with self.assertRaises(PieceError):
                recorded(record, section, pattern)

    def test_a_section_of_an_appendix_ends_where_the_next_begins(self):
        record = self.file("A_x.out", "A.1 One\n-------\ncost  0.5\n\nA.2 Two\n-------\ncost  0.7\n")
        self.assertEqual(recorded(record, "A.1", r"cost +(\S+)"), "0.5")
        self.assertEqual(recorded(record, "A.2", r"cost +(\S+)"), "0.7")

    def test_a_tensor_is_found_by_its_name(self):
        record = self.file("01_x.out", "1.1 One\n-------\n  W (2, 2)   0.5  -1.0\n             1.0   0.0\n"
                                       "  b (2)      0.2   3.0\n")
        self.assertEqual(recorded_rows(record, "1.1", "W"), [[0.5, -1], [1, 0]])
        self.assertEqual(recorded_rows(record, "1.1", "b"), [[0.2, 3]])
        with self.assertRaises(PieceError):
            recorded_rows(record, "1.1", "V")


if __name__ == "__main__":
    unittest.main()
