"""What `./book exercise 4.2 --answer …` must do. Run: python3 -m unittest discover exercises"""

import re
import unittest

from answers import TOLERANCE, NoNumbers, answers, are_close, judge, numbers_in
from exercise import ROOT


def exercises_of(chapter):
    """The texts of a chapter's exercises, and of their answers, by number."""
    page = next((ROOT / "docs" / "chapters").glob("A_*.md" if chapter == "A" else f"{chapter:0>2}_*.md")).read_text()
    section = re.search(r"^## [A\d.]+ Exercises\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)[1]
    questions, _, solutions = section.partition("::::{admonition}")
    return [dict(re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |^::::|\Z)", part, re.MULTILINE | re.DOTALL))
            for part in (questions, solutions)]


class AnswersTest(unittest.TestCase):
    def test_the_right_numbers_are_those_of_the_page(self):
        for number, asked in answers().items():
            with self.subTest(number):
                questions, solutions = exercises_of(number.split(".")[0])
                self.assertIn(number.split(".")[1], questions)
                text = solutions[number.split(".")[1]].replace("{,}", "").replace("\\", " ")
                text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
                shown = [float(value) for value in re.findall(r"-?\d+(?:\.\d+)?", text)]
                for value in asked["right"]:
                    self.assertTrue(any(are_close([one], [value], asked.get("tolerance", TOLERANCE)) for one in shown),
                                    f"{value} is not in the answer: {text}")

    def test_right_ones_pass_and_each_mistake_gets_its_words(self):
        for number, asked in answers().items():
            with self.subTest(number):
                self.assertEqual(judge(number, " ".join(map(str, asked["right"]))), (True, "Right."))
                for wrong, words in asked.get("wrong", []):
                    self.assertEqual(judge(number, " ".join(map(str, wrong))), (False, words))

    def test_says_which_numbers_are_wrong(self):
        self.assertEqual(judge("9.2", "0.8 0.4 0.7"), (False, "Number 3 is not right."))
        self.assertEqual(judge("1.3", "7 1 -2 8 0.5 9")[1], "Numbers 1, 4 and 6 are not right.")
        self.assertEqual(judge("5.1", "7"), (False, "That is not right."))

    def test_reads_numbers_as_one_writes_them(self):
        self.assertEqual(numbers_in("(−4, -3)"), [-4, -3])
        self.assertEqual(numbers_in("200,960"), [200960])
        self.assertEqual(numbers_in("1/4; 3/4"), [0.25, 0.75])
        self.assertEqual(numbers_in("1e-3 0.5"), [0.001, 0.5])

    def test_refuses_what_is_no_answer(self):
        for text in ("", "none", "1/0", "0.25"):
            with self.subTest(text), self.assertRaises(NoNumbers):
                judge("2.2", text)


if __name__ == "__main__":
    unittest.main()
