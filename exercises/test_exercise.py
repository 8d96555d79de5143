"""What `./book exercise` must do, without a compiler. Run: python3 -m unittest discover exercises"""

import contextlib
import io
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import exercise
from answers import answers
from test_answers import exercises_of


def place_of(number):
    """For sorting: the appendix comes last."""
    chapter, place = number.split(".")
    return chapter == "A", int(chapter.replace("A", "0")), int(place)


class ExerciseTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = Path(folder.name)
        self.mine, self.build = root / "mine", root / "build" / "release"
        self.build.mkdir(parents=True)
        for name, value in (("MINE", self.mine), ("ROOT", root)):
            patch = mock.patch.object(exercise, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def run_book(self, *arguments):
        """What the command prints, and its status."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), \
                mock.patch.object(sys, "argv", ["exercise.py", *arguments]):
            try:
                status = exercise.main() or 0
            except SystemExit as end:
                status = end.code
        return printed.getvalue(), status

    def grade_with(self, program, output="", status=0, options=()):
        """Grades dense with a program in place of the grader, after a build with an output."""
        (self.build / "exercises").mkdir(exist_ok=True)
        grader = self.build / "exercises" / "grade_dense"
        grader.write_text(f"#!/bin/sh\n{program}\n")
        grader.chmod(0o755)
        (self.build / "build.ninja").write_text("grade_dense: phony\n")
        cmake = self.build / "cmake"
        cmake.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\nexit {status}\n")
        cmake.chmod(0o755)
        return self.run_book("dense", *options, "--cmake", str(cmake), "--build", str(self.build))

    def test_every_exercise_is_complete(self):
        for one in exercise.exercises():
            with self.subTest(one.name):
                self.assertEqual(len(one.hints), 3)
                self.assertGreater(one.minutes, 0)
                where = f"Chapter {one.number}, ".replace(".", ", exercise ")
                self.assertIn(where, (one.folder / "task.md").read_text())
                self.assertIn("exercises::todo(", one.stub())
                self.assertNotIn("[todo", one.stub() + one.solution())
                self.assertNotEqual(one.stub(), one.solution())

    def test_lists_them_with_what_comes_next(self):
        printed, status = self.run_book()
        self.assertEqual(status, 0)
        self.assertRegex(printed, r" 1  dense +The dense layer +30 min\n")
        self.assertIn("Next: ./book exercise dense", printed)

    def test_lists_those_at_the_end_of_chapters_apart(self):
        lines = self.run_book()[0].split("\n")
        widest = max(len(line) for line in lines if line.endswith(" min"))
        self.assertLess(widest + len("  changed since it passed"), 80)
        first = lines.index("Exercises at the end of chapters that ask for code:") + 2
        numbers = [line.split()[0] for line in lines[first:lines.index("", first)]]
        self.assertEqual(numbers, ["1.4", "1.6", "2.3", "2.4", "3.5", "4.5", "6.5", "7.4", "8.5", "9.4", "10.4", "11.3",
                                   "11.5", "13.3", "14.2", "14.4", "14.5", "15.6"])
        self.assertEqual(numbers, exercise.numbers_of_code())
        self.assertFalse(any(exercise.find(number).in_finale for number in numbers))

    def test_those_at_the_end_of_chapters_are_those_of_the_page(self):
        for number in exercise.numbers_of_code():
            with self.subTest(number):
                self.assertNotIn(number, answers())
                chapter, place = number.split(".")
                text = exercises_of(chapter)[0][place]
                self.assertEqual(int(re.search(r"(\d+) minutes", text)[1]), exercise.find(number).minutes)

    def test_each_at_the_end_of_a_chapter_is_graded_checked_or_reasoned(self):
        checks = [*exercise.numbers_of_code(), *answers(), *exercise.REASONED]
        self.assertEqual(len(checks), len(set(checks)), "an exercise has two of the three")
        pages = {page.name.split("_")[0].removeprefix("0") or "0"
                 for page in (exercise.FOLDER.parent / "docs" / "chapters").glob("*.md")}
        found = []
        for chapter in pages:
            questions, solutions = exercises_of(chapter)
            for place in questions:
                self.assertGreater(len(solutions.get(place, "").split()), 5, f"no solution of {chapter}.{place}")
                found.append(f"{chapter}.{place}")
        self.assertEqual(sorted(found, key=place_of), sorted(checks, key=place_of))

    def test_finds_code_by_its_number_or_name_but_not_by_its_chapter(self):
        self.assertEqual([exercise.find(wanted).name for wanted in ("1", "1.6", "linear")],
                         ["dense", "linear", "linear"])
        self.assertIn("Begin with what a network asks", self.run_book("1.6", "--hint")[0])
        self.assertIn("mine/linear.cppm", self.run_book("1.6", "--reset")[0])
        self.assertIn("exercises::todo(\"Linear::forward\");", (self.mine / "linear.cppm").read_text())

    def test_numbers_are_still_checked(self):
        self.assertIn("Exercise 4.2 asks for ", self.run_book("4.2")[0])
        self.assertEqual(self.run_book("4.2", "--answer", "-4 -3"), ("Right.\n", 0))
        self.assertEqual(self.run_book("A.2", "--answer", "0.1 0.09"), ("Right.\n", 0))
        printed, status = self.run_book("2.1")
        self.assertEqual(status, 2)
        self.assertIn("exercise 2.1 has no check: it asks for a derivation. Its solution is on the page.", printed)
        self.assertIn("there is no exercise 2.9 at the end of a chapter.", self.run_book("2.9")[0])

    def test_refuses_numbers_for_code(self):
        for wanted, number in (("1.6", "1.6"), ("linear", "1.6"), ("dense", "1")):
            with self.subTest(wanted):
                printed, status = self.run_book(wanted, "--answer", "1", "--only-options")
                self.assertEqual(status, 2)
                self.assertIn(f"{number} asks for code, which is graded without an option: ./book exercise {wanted}",
                              printed)

    def test_refuses_what_is_not_there(self):
        self.assertEqual(self.run_book("99")[1], 2)
        self.assertIn("there is no exercise '99'; there are: 1 dense, ", self.run_book("99")[0])
        self.assertEqual(self.run_book("--hint")[1], 2)

    def test_shows_one_more_hint_each_time(self):
        counts = [self.run_book("dense", "--hint")[0].count(" of 3\n") for _ in range(4)]
        self.assertEqual(counts, [1, 2, 3, 3])

    def test_shows_the_solution_when_asked_twice(self):
        self.assertIn("Ask again", self.run_book("dense", "--solution")[0])
        self.assertIn("sum += x(n, i) * w(i, j)", self.run_book("dense", "--solution")[0])

    def test_loses_nothing(self):
        self.run_book("dense", "--reset")
        for text in ("mine", "mine, again"):
            (self.mine / "dense.cppm").write_text(text)
            self.run_book("dense", "--reset")
            self.assertIn("exercises::todo(", (self.mine / "dense.cppm").read_text())
        kept = sorted(copy.read_text() for copy in (self.mine / "backups").iterdir())
        self.assertEqual(kept, ["mine", "mine, again"])

    def test_remembers_what_passed_until_it_changes(self):
        printed, status = self.grade_with("exit 0")
        self.assertEqual(status, 0)
        self.assertIn("Passed.", printed)
        self.assertRegex(self.run_book()[0], r"dense .* passed\n")
        self.assertIn("Next: ./book exercise activation", self.run_book()[0])
        (self.mine / "dense.cppm").write_text("changed")
        self.assertRegex(self.run_book()[0], r"dense .* changed since it passed\n")

    def test_watches_until_it_passes(self):
        def save(seconds):
            (self.build / "exercises" / "grade_dense").write_text("#!/bin/sh\nexit 0\n")
            (self.mine / "dense.cppm").write_text("better")

        with mock.patch.object(exercise, "sleep", save):
            printed, status = self.grade_with("exit 1", options=["--watch"])
        self.assertEqual(status, 0)
        self.assertEqual(printed.count("Exercise 1, The dense layer"), 2)
        self.assertIn("Waiting for mine/dense.cppm to be saved", printed)

    def test_trains_with_what_passed(self):
        self.grade_with("exit 0")
        finale = self.build / "exercises" / "finale"
        finale.write_text("#!/bin/sh\nexit 0\n")
        finale.chmod(0o755)
        printed, status = self.run_book("--finale", "--cmake", str(self.build / "cmake"), "--build", str(self.build))
        self.assertEqual(status, 0)
        self.assertIn("Yours: dense\nThe library's: activation, ", printed)

    def test_trains_without_what_the_networks_do_not_use(self):
        apart = [one.name for one in exercise.exercises() if not one.in_finale]
        self.assertEqual(apart, ["matmul", "dropout", "schedules", "recurrent", "normalization", "residual",
                                 "attention", "contest", "slopes", "linear", "clip", "softplus", "absolute", "square",
                                 "accumulation", "sizes", "matrix", "micro", "shift", "blocks", "tiles", "decay",
                                 "columns", "gate", "rows", "spread"])
        for name in apart:
            self.run_book(name, "--reset")
            exercise.remember(exercise.find(name), passed=exercise.fingerprint(self.mine / f"{name}.cppm"))
        printed, status = self.run_book("--finale", "--cmake", "cmake", "--build", str(self.build))
        self.assertEqual(status, 1)
        self.assertIn("you have passed no exercise whose module the networks use", printed)

    def test_trains_with_nothing_if_nothing_passed(self):
        printed, status = self.run_book("--finale", "--cmake", "cmake", "--build", str(self.build))
        self.assertEqual(status, 1)
        self.assertIn("begin with: ./book exercise dense", printed)

    def test_says_what_happened_to_a_program_that_does_not_end_well(self):
        self.assertIn("ended by SIGSEGV", self.grade_with("kill -SEGV $$")[0])
        with mock.patch.object(exercise, "PATIENCE", 0.2):
            printed, status = self.grade_with("exec sleep 5")
        self.assertIn("loop that never ends", printed)
        self.assertEqual(status, 1)
        self.assertEqual(self.grade_with("exit 3")[1], 3)

    def test_shows_the_compilers_errors_in_the_readers_lines_only(self):
        self.run_book("dense", "--reset")
        output = ("/somewhere/tensor.cppm:3:1: error: not the reader's\n"
                  f"{self.mine}/dense.cppm:11:5: error: expected ';'\n")
        printed, status = self.grade_with("exit 0", output, status=1)
        self.assertEqual(status, 1)
        self.assertIn("line 11: expected ';'", printed)
        self.assertNotIn("not the reader's", printed)
        self.assertIn("The whole output is in build/exercise.log", printed)


if __name__ == "__main__":
    unittest.main()
