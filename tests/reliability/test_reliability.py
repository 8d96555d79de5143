"""How the records come about. Run: python3 -m unittest discover tests/reliability"""

import json
import unittest

from mutate import described, module_of, mutants, sources_of
from reliability import (ROOT, counted_answers, coverage_of, determinism_tests, line_counts, modules,
                         programs_of, reason_of)

TESTS = """
TEST(A, Same) {
  EXPECT_TRUE(same_on_any_threads([] { return 1; }));
}

TEST(A, Other) {
  EXPECT_TRUE(true);
}

template <class T>
bool helper(T x) {
  return same_on_any_threads(x);
}

TYPED_TEST(B, Same) {
  for (;;) {
    EXPECT_TRUE(nn::test::same_on_any_threads([] { return 1; }));
  }
}
"""


class Reliability(unittest.TestCase):
    def test_finds_the_tests_that_compare_threads(self):
        self.assertEqual(determinism_tests(TESTS), ["A.Same", "B.Same"])

    def test_knows_what_there_is_to_test(self):
        self.assertIn("dense", modules())
        self.assertEqual(programs_of(["misuse", "dense"]), ["misuse_test", "dense_test", "dense_test_double"])
        for file in (ROOT / "modules").rglob("*.cpp*"):
            self.assertIn(module_of(file), modules())

    def test_knows_all_sources_of_a_module(self):
        self.assertEqual([file.name for file in sources_of(ROOT, "training")][:2], ["training.cppm", "training.cpp"])
        self.assertEqual([file.name for file in sources_of(ROOT, "parallel")], ["parallel.cppm", "parallel.cpp"])

    def test_counts_lines_as_llvm_does(self):
        # A function in lines 1 to 4 that ran twice, in it a block from line 2 to 3 that did not.
        segments = [[1, 1, 2, True, True, False], [2, 9, 0, True, True, False],
                    [3, 4, 2, True, False, False], [4, 2, 0, False, False, False]]
        self.assertEqual(line_counts(segments), {1: 2, 2: 2, 3: 0, 4: 2})

    def test_counts_a_branch_of_a_template_once(self):
        data = {"files": [{"filename": "/m/a.cpp", "segments": [],
                           "branches": [[1, 2, 1, 9, 3, 0, 0, 0, 4], [1, 2, 1, 9, 0, 0, 0, 0, 4]]}]}
        self.assertEqual(coverage_of(data)["a"]["branches"], [1, 2])
        self.assertEqual(coverage_of(data)["a"]["missed"], ["a.cpp:1:2 never false"])

    def test_counts_answers_by_kind_of_picture(self):
        answers = ("00 a frame/3a.png\t3\t0.9000\n00 a frame/3b.png\t8\t0.8999\n"
                   "00 a frame/4a.png\t1\t1.0000\n01 a desk/0a.png\tnone\tno digit\n")
        self.assertEqual(counted_answers(answers), {
            "a frame": {"pictures": 3, "right": 1, "refused": 0, "certain": 2, "certain and right": 1},
            "a desk": {"pictures": 1, "right": 0, "refused": 1, "certain": 0, "certain and right": 0}})

    def test_finds_the_reason_of_a_mutant_that_changes_nothing(self):
        known = [{"file": "a.cpp", "code": "x + 1;", "from": "1", "to": "2", "reason": "unused"}]
        survivor = {"file": "a.cpp", "line": 7, "column": 5, "code": "x + 1;", "from": "1", "to": "2"}
        self.assertEqual(reason_of(survivor, known), "unused")
        self.assertEqual(reason_of({**survivor, "to": "0"}, known), "")

    def test_has_reasons_only_for_mutants_that_there_are(self):
        for entry in json.loads((ROOT / "tests/reliability/equivalent.json").read_text()):
            [file] = (ROOT / "modules").rglob(entry["file"])
            text = file.read_text()
            found = [described(text, file.name, mutant) for mutant in mutants(text)]
            self.assertTrue(any(reason_of(one, [entry]) for one in found), entry)


if __name__ == "__main__":
    unittest.main()
