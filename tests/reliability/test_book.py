"""What ./book does before it sets anything up, and how its tools keep results."""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path

import results

ROOT = Path(__file__).resolve().parents[2]


class Book(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name in ("book", "CMakeLists.txt"):
            shutil.copy(ROOT / name, self.root)
        for name in (".book", "exercises", "tests/fuzz", "tests/speed", "tests/reliability"):
            shutil.copytree(ROOT / name, self.root / name)
        (self.root / "chapters").symlink_to(ROOT / "chapters")
        (self.root / "tests" / "dense_test.cpp").symlink_to(ROOT / "tests" / "dense_test.cpp")

    def book(self, *arguments, **options):
        return subprocess.run([self.root / "book", *arguments], text=True, stdin=subprocess.DEVNULL,
                              **({"capture_output": True} | options))

    def tearDown(self):  # nothing was set up
        self.assertFalse((self.root / "build").exists())

    def expect_refusal(self, arguments, sentence):
        refused = self.book(*arguments)
        self.assertEqual(refused.returncode, 2, arguments)
        self.assertIn(sentence, refused.stderr)
        self.assertEqual(refused.stdout, "")

    def test_checks_options_first(self):
        self.expect_refusal(["exercise", "nonsense"], "there is no exercise 'nonsense'; there are: 1 dense, ")
        self.expect_refusal(["exercise", "--hint"], "this option needs the name of an exercise")
        self.expect_refusal(["exercise", "1.1", "--answer", "many"], "--answer: 'many' is not a list of numbers")
        self.expect_refusal(["fuzz", "nonsense"], "there is no target 'nonsense'; there are: ")
        self.expect_refusal(["fuzz", "csv", "--seconds", "0"], "--seconds is 0, expected 1 or more")
        self.expect_refusal(["fuzz", "--json", ""], "--json: cannot write '': the path is empty.")
        self.expect_refusal(["fuzz", "--json", str(self.root)], f"--json: cannot write '{self.root}': it is a folder.")
        self.expect_refusal(["fuzz", "--json", "/none/x.json"],
                            "--json: cannot write '/none/x.json': there is no folder '/none'.")
        self.expect_refusal(["fuzz", "--json", str(self.root / "book" / "x")], "--json: cannot write ")
        self.expect_refusal(["reliability", "nonsense"], "there is no part 'nonsense'; there are: ")
        self.expect_refusal(["reliability", "mutation.nonsense"],
                            "there is no part 'mutation.nonsense'; there are: mutation, mutation.dense, ")
        self.expect_refusal(["speed", "--nonsense"], "unrecognized arguments: --nonsense")
        self.expect_refusal(["speed", "--isa", "sse"], "invalid choice: 'sse'")
        self.expect_refusal(["speed", "--json", "/none/x.json"], "--json: cannot write ")
        self.expect_refusal(["speed", "--compilers", "--rounds", "0"], "--rounds is 0 and --seconds is 1, expected ")
        self.expect_refusal(["platforms", "nonsense"], "there is no platform 'nonsense'; there are: ")

    def test_names_what_a_mac_must_install(self):
        tools = self.root / "tools"
        tools.mkdir()
        for name in ("bash", "env", "realpath", "dirname"):
            (tools / name).symlink_to(shutil.which(name))
        ended = self.book("test", env={"PATH": str(tools)})
        self.assertEqual(ended.returncode, 1)
        self.assertRegex(ended.stderr, "^book: needs bash 4 .* flock.* brew install bash coreutils flock.*\\.$")

    def test_suggests_what_a_misspelled_word_may_have_meant(self):
        self.expect_refusal(["chaptr"], "no command 'chaptr'; did you mean 'chapter'?\n")
        self.expect_refusal(["wirte"], "no command 'wirte'; did you mean 'write'?\n")
        self.expect_refusal(["dense"], "no command 'dense'; did you mean 'chapter dense'?\n")
        self.expect_refusal(["7"], "no command '7'; did you mean 'chapter 7'?\n")
        self.expect_refusal(["xyz"], "no command 'xyz'; './book help' lists them.\n")
        self.expect_refusal(["chapter", "dnse"], "no chapter 'dnse'; did you mean 'dense'?\n")
        self.expect_refusal(["chapter", "own_loop"], "no chapter 'own_loop'; did you mean 'recipe_own_loop'?\n")
        self.expect_refusal(["chapter", "99"], "no chapter '99'; there are:\n0 first_network, 1 dense, ")
        self.expect_refusal(["test", "dnse"], "no test has 'dnse' in its name; did you mean 'dense'?\n")
        self.expect_refusal(["test", "xyz"], "no test has 'xyz' in its name.\n")

    def test_says_what_to_try_next(self):
        first = self.book()
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertIn("Next to try:   ./book chapter 0\n", first.stdout)
        last = self.root / "build" / "last_chapter"
        last.parent.mkdir()
        for ran, following in (("00_first_network", "./book chapter 1   (you last ran chapter 0)"),
                               ("10_mnist", "./book chapter 11   (you last ran chapter 10)"),
                               ("18_attention", "./book chapter 19   (you last ran chapter 18)"),
                               ("19_language_model", "./book chapter A   (you last ran chapter 19)"),
                               ("A_reports", "./book predict FILE   (you last ran chapter A)")):
            last.write_text(ran + "\n")
            self.assertIn(f"Next to try:   {following}\n", self.book().stdout)
        shutil.rmtree(last.parent)

    def test_fits_80_columns(self):
        for arguments in ([], ["help"], ["chapter", "99"]):
            shown = self.book(*arguments)
            for line in (shown.stdout + shown.stderr).splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_has_colors_only_on_a_terminal_that_shows_them(self):
        def is_colored(stream, command, **environment):
            with terminal() as (there, shown):
                self.book(*command, **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | {stream: there},
                          capture_output=False, env=os.environ | {"TERM": "xterm", "NO_COLOR": ""} | environment)
            return "\033" in shown()
        for stream, command in (("stdout", []), ("stderr", ["chaptr"])):
            self.assertTrue(is_colored(stream, command))
            self.assertFalse(is_colored(stream, command, NO_COLOR="1"))
            self.assertFalse(is_colored(stream, command, TERM="dumb"))
        self.assertNotIn("\033", self.book("help").stdout + self.book("chaptr").stderr)

    def test_shows_help_first(self):
        for command in ("fuzz", "reliability", "speed"):
            shown = self.book(command, "--help")
            self.assertEqual(shown.returncode, 0)
            self.assertEqual(shown.stdout.count("usage: "), 1)
            self.assertNotIn("only-options", shown.stdout)

    def test_prints_its_version(self):
        version = (ROOT / "CMakeLists.txt").read_text().split("project(nn VERSION ")[1].split()[0]
        for command in ([], ["mnist"], ["predict"], ["write"], ["fuzz"], ["test"], ["chapter", "1"]):
            shown = self.book(*command, "--version")
            self.assertEqual((shown.returncode, shown.stderr), (0, ""))
            self.assertEqual(shown.stdout, f"Neural Networks, Module by Module {version}\n")

    def test_fails_where_its_output_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            for command in (["help"], ["--version"], ["fuzz", "--help"], ["speed", "--help"]):
                ended = self.book(*command, capture_output=False, stdout=full,
                                  stderr=subprocess.PIPE)
                self.assertEqual(ended.returncode, 1, command)


@contextmanager
def terminal(columns=80):
    """A terminal for a program, and what it shows once the program has ended."""
    screen, there = pty.openpty()
    subprocess.run(["stty", "cols", str(columns), "rows", "24"], stdin=there, check=True)
    text = b""
    yield there, lambda: text.decode()
    os.close(there)
    try:
        while part := os.read(screen, 4096):
            text += part
    except OSError:  # the end
        pass
    os.close(screen)


class Progress(unittest.TestCase):
    def drawn(self, columns, kind="xterm", lines="[1/300] x\n[22/300] x\n[300/300] x\n"):
        """What a build of three steps draws on a terminal."""
        functions = "say()" + (ROOT / "book").read_text().split("\nsay()", 1)[1].split("\n# ----", 1)[0]
        build = f"{functions}\nshow_progress 'building some targets'"
        with terminal(columns) as (there, shown):
            subprocess.run(["bash", "-c", build], input=lines, text=True, stderr=there,
                           env=os.environ | {"TERM": kind}, check=True)
        return shown()

    def test_is_never_wider_than_the_terminal(self):
        for columns in (200, 80, 30, 12, 5, 2):
            for line in self.drawn(columns).rstrip("\r\n").split("\r"):
                self.assertLess(len(line), columns)
        self.assertIn("\rbuilding some targets … [22/300]", self.drawn(80))
        self.assertIn("\rbuildin … [300/300]", self.drawn(20))

    def test_counts_what_sphinx_counts(self):
        lines = "loading intersphinx inventory\nreading sources... [  7%] about\nwriting output... [100%] x\n"
        self.assertEqual(self.drawn(80, lines=lines), "\rbuilding some targets … reading sources... [  7%]"
                                                      "\rbuilding some targets … writing output... [100%]\r\n")

    def test_is_none_where_a_line_cannot_be_overwritten(self):
        for columns, kind in ((80, "dumb"), (1, "xterm")):
            self.assertEqual(self.drawn(columns, kind), "building some targets …\r\n")


class Results(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_replace_what_a_link_leads_to(self):
        (self.folder / "target").write_text("before")
        (self.folder / "target").chmod(0o600)
        (self.folder / "link").symlink_to("target")
        self.assertTrue(results.write(self.folder / "link", "text"))
        self.assertTrue((self.folder / "link").is_symlink())
        self.assertEqual((self.folder / "target").read_text(), "text")
        self.assertEqual((self.folder / "target").stat().st_mode & 0o777, 0o600)
        self.assertEqual(len(list(self.folder.iterdir())), 2)

    def test_are_kept_elsewhere_if_they_cannot_be_written(self):
        call = f"import results, pathlib; results.write(pathlib.Path('{self.folder}/none/x.json'), 'text')"
        ended = subprocess.run([sys.executable, "-c", call], cwd=Path(__file__).parent, text=True,
                               capture_output=True, env=os.environ | {"TMPDIR": str(self.folder)})
        [kept] = self.folder.iterdir()
        self.assertEqual(kept.read_text(), "text")
        self.assertIn(f"No such file or directory; the results are in {kept} instead\n", ended.stderr)


if __name__ == "__main__":
    unittest.main()
