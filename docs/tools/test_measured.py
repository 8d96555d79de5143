"""What the tables of reliability must show. Run: python3 -m unittest discover docs/tools"""

import json
import tempfile
import unittest
from pathlib import Path

import measured

HEAD = {"date": "2026-01-02", "machine": "M", "compiler": "clang version 1", "commit": "abc",
        "command": "./book x"}


class Measured(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def record(self, part, values):
        (self.folder / f"{part}.json").write_text(json.dumps({**HEAD, **values}))

    def test_rounds_down(self):
        self.assertEqual(measured.percent(1999, 2000), "99.9 %")
        self.assertEqual(measured.percent(2, 2), "100.0 %")

    def test_counts_a_survivor_with_a_reason_openly(self):
        survivor = {"file": "a.cpp", "line": 3, "code": "x + 1", "from": "+", "to": "-"}
        self.record("mutation", {"modules": {"a": {
            "mutants": 12, "tried": 12, "does not compile": 1, "same code": 1,
            "caught": {"float": 6, "double": 1, "sanitizers": 1}, "date": "today", "commit": "abc",
            "survivors": [{**survivor, "reason": ""}, {**survivor, "reason": "it is never used"}]}}})
        header, rows, source = measured.table("mutation", self.folder)
        row = dict(zip(header, rows[0]))
        self.assertEqual((row["mutants"], row["caught"], row["score"]), (10, 8, "80.0 %"))
        self.assertEqual((row["survivors that change nothing"], row["score without these"]),
                         (1, "88.8 %"))
        self.assertEqual(measured.table("mutants", self.folder)[1], [["nn.a", 12, 12, 1, 1, 6, 1, 1, "today, abc"]])
        self.assertEqual(source, "./book x, 2026-01-02, commit abc, clang version 1, M")
        self.assertEqual(measured.figure("mutation least", self.folder), "80.0 %")
        _, rows, _ = measured.table("survivors", self.folder)
        self.assertEqual([row[3] for row in rows], ["not caught", "it is never used"])

    def test_adds_up_coverage(self):
        self.record("coverage", {"modules": {"a": {"lines": [1, 2], "branches": [0, 0]},
                                             "b": {"lines": [6, 6], "branches": [3, 4]}}})
        _, rows, _ = measured.table("coverage", self.folder)
        self.assertEqual(rows[-1], ["all modules", "7 of 8", "87.5 %", "3 of 4", "75.0 %"])
        self.assertEqual(measured.figure("coverage lines", self.folder), "87.5 %")

    def test_counts_tests_of_sanitizers_and_threads(self):
        runs = {"a_test": {"tests": 2, "failed": 0}, "b_test": {"tests": 3, "failed": 1}}
        self.record("sanitizers", {"address": runs, "thread": runs})
        self.assertEqual(measured.table("sanitizers", self.folder)[1][1], ["threads", 2, 5, 1])
        self.record("determinism", {"threads": [1, 2, 3, 8], "modules": {"a": {
            "names": ["A.B"], "a_test": {"tests": 2, "failed": 0},
            "a_test_double": {"tests": 2, "failed": 0}}}})
        self.assertEqual(measured.table("determinism", self.folder)[1], [["a", "A.B", 4, 0]])
        self.assertEqual(measured.figure("determinism threads", self.folder), "1, 2, 3 and 8")

    def test_shows_inputs_misuse_and_kills(self):
        self.record("fuzzing", {"targets": [
            {"target": "idx", "seconds": 30, "inputs": 1234567, "faults": 0}]})
        self.assertEqual(measured.table("fuzzing", self.folder)[1], [["idx", 30, "1,234,567", 0]])
        self.record("misuse", {name: {"cases": 5, "failed": 0}
                               for name in ("misuse_test", "misuse_test_double")})
        self.assertEqual(measured.figure("misuse cases", self.folder), "5")
        self.record("kills", {"kills": 100, "trainings": 3, "failed": 0})
        self.assertEqual(measured.table("kills", self.folder)[1], [[100, 3, 0]])

    def test_adds_up_the_kinds_of_pictures(self):
        counts = {"pictures": 20, "right": 19, "refused": 1, "certain": 18, "certain and right": 17}
        self.record("pictures", {"kinds": {"frame": counts, "desk": counts}})
        self.assertEqual(measured.table("pictures", self.folder)[1],
                         [["frame", 20, 19, 1, 18, 17], ["desk", 20, 19, 1, 18, 17], ["all", 40, 38, 2, 36, 34]])

    def test_says_what_was_not_measured_or_is_not_there(self):
        with self.assertRaisesRegex(measured.NotMeasured, "not measured yet .*reliability kills"):
            measured.table("kills", self.folder)
        self.record("kills", {"kills": 1, "trainings": 1, "failed": 0})
        for call in (measured.table, measured.figure):
            with self.assertRaisesRegex(measured.RecordError, "there is no"):
                call("kills of nobody", self.folder)


if __name__ == "__main__":
    unittest.main()
