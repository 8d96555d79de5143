"""Gives you the stub of a module to write, and grades what you make of it.

A stub is the solution without what is between `// [todo FUNCTION]` and `// [/todo]`. It goes to mine/NAME.cppm
once and is theirs from then on: only --reset replaces it, and keeps what was there in mine/backups.
"""

import argparse
import datetime
import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from time import sleep

import answers

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "exercises"
MINE = ROOT / "mine"
PATIENCE = 30  # seconds until a grader is stopped
TODO = re.compile(r"^( *)// \[todo ([^\]]+)\]\n.*?^ *// \[/todo\]\n", re.MULTILINE | re.DOTALL)
NOT_WRITTEN = 3  # the grader's status

# The exercises at the end of chapters that are neither graded nor in answers.toml, and why.
REASONED = {
    "2.1": "it asks for a derivation",
    "9.1": "it asks what a mistake costs",
    "12.5": "its outcome depends on the seed",
    "14.3": "its outcome depends on the seed",
    "14.6": "it asks for a derivation",
    "15.5": "it asks for an explanation",
    "16.1": "it is about a drawing of yours",
    "16.3": "it asks for an explanation",
    "16.4": "it is about a drawing of yours",
    "16.5": "it is about a drawing of yours",
    "17.4": "it asks for an explanation",
    "17.6": "its outcome depends on the seed",
    "18.5": "it asks for an explanation",
    "18.6": "its outcome depends on the seed",
    "19.6": "its outcome depends on the seed",
}


class Refusal(Exception):
    """What cannot be done, as a sentence."""


@dataclass
class Exercise:
    number: str  # of its chapter; 1.6 if it is exercise 6 at the end of chapter 1
    name: str
    in_finale: bool = True  # whether the networks of `./book mnist --mine` use it

    @property
    def chapter(self):
        return self.number.split(".")[0]

    @property
    def is_at_end(self):
        return "." in self.number

    @property
    def folder(self):
        return FOLDER / self.name

    @property
    def file(self):
        return MINE / f"{self.name}.cppm"

    @property
    def title(self):
        return self.parts()[0].split("\n")[0].removeprefix("# ")

    @property
    def minutes(self):
        return int(re.search(r"(\d+) minutes", self.parts()[0])[1])

    @property
    def task(self):
        return self.parts()[0].split("\n", 4)[4].strip()

    @property
    def hints(self):
        return [hint.split("\n", 1)[1].strip() for hint in self.parts()[1:]]

    def parts(self):
        return re.split(r"^## Hint ", (self.folder / "task.md").read_text(), flags=re.MULTILINE)

    def solution(self):
        """The solution as somebody would write it."""
        text = (self.folder / "solution.cppm").read_text()
        return re.sub(r"^ *// \[/?todo.*\n", "", text, flags=re.MULTILINE)

    def stub(self):
        return TODO.sub(r'\1exercises::todo("\2");\n', (self.folder / "solution.cppm").read_text())


def exercises():
    """Those of exercises.txt: NUMBER NAME, and `apart` if the networks of `./book mnist --mine` do not use it."""
    lines = (line.split() for line in (FOLDER / "exercises.txt").read_text().splitlines())
    return [Exercise(number, name, more != ["apart"]) for number, name, *more in lines]


def find(wanted):
    """By name, or by number: of those of a chapter, the first one that is not passed."""
    found = [one for one in exercises() if wanted in (one.name, one.number)]
    if not found:
        raise Refusal(f"there is no exercise '{wanted}'; there are: "
                      + ", ".join(f"{one.number} {one.name}" for one in exercises()) + ".")
    return next((one for one in found if status(one) != "passed"), found[0])


# ------------------------------------------------------------------------------------------ progress

def progress():
    file = MINE / ".progress.json"
    return json.loads(file.read_text()) if file.exists() else {}


def remember(exercise, **facts):
    known = progress()
    known.setdefault(exercise.name, {}).update(facts)
    MINE.mkdir(exist_ok=True)
    (MINE / ".progress.json").write_text(json.dumps(known, indent=1) + "\n")


def fingerprint(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def status(exercise):
    if not exercise.file.exists():
        return ""
    passed = progress().get(exercise.name, {}).get("passed")
    if passed == fingerprint(exercise.file):
        return "passed"
    return "changed since it passed" if passed else "started"


# ------------------------------------------------------------------------------------------ commands

def show_list():
    print("Write the heart of the library yourself, one module at a time:\n")
    show_rows(one for one in exercises() if not one.is_at_end)
    print("\nExercises at the end of chapters that ask for code:\n")
    show_rows(one for one in exercises() if one.is_at_end)
    following = next((one for one in exercises() if status(one) != "passed"), None)
    if following:
        print(f"\nNext: ./book exercise {following.name}")
    else:
        print("\nYou have written them all.")


def show_rows(those):
    for one in those:
        print(f"{one.number:>4}  {one.name:<14} {one.title:<25} {one.minutes:>3} min  {status(one)}".rstrip())


def show_hint(exercise):
    """One more at each call."""
    shown = min(progress().get(exercise.name, {}).get("hints", 0) + 1, len(exercise.hints))
    remember(exercise, hints=shown)
    for number, hint in enumerate(exercise.hints[:shown], 1):
        print(f"Hint {number} of {len(exercise.hints)}\n\n{wrapped(hint, '  ')}\n")


def wrapped(text, indent=""):
    """Paragraphs, for a terminal of 80 columns."""
    return "\n\n".join(textwrap.fill(paragraph, 78, initial_indent=indent, subsequent_indent=indent,
                                     break_long_words=False, break_on_hyphens=False)
                       for paragraph in text.split("\n\n"))


def show_solution(exercise):
    known = progress().get(exercise.name, {})
    if status(exercise) != "passed" and not known.get("asked"):
        remember(exercise, asked=True)
        print("You have not passed this exercise yet. Ask again to see the solution; `--hint` shows less.")
        return
    print(exercise.solution())


def reset(exercise):
    if exercise.file.exists():
        print(f"What you wrote is in {keep(exercise).relative_to(ROOT)}.")
    create(exercise)


def keep(exercise):
    """A copy of what the reader wrote, under a name that nothing has."""
    now = datetime.datetime.now()
    while True:
        copy = MINE / "backups" / f"{exercise.name}-{now:%Y-%m-%d-%H-%M-%S}.cppm"
        if not copy.exists():
            break
        now += datetime.timedelta(seconds=1)
    copy.parent.mkdir(exist_ok=True)
    shutil.copy2(exercise.file, copy)
    return copy


def create(exercise):
    MINE.mkdir(exist_ok=True)
    project = MINE / "CMakeLists.txt"
    if not project.exists():
        shutil.copy(FOLDER / "mine.cmake", project)
    exercise.file.write_text(exercise.stub())
    print(wrapped(f"Your file is {exercise.file.relative_to(ROOT)}. Replace each exercises::todo(…) in it with your "
                  "code."))


def numbers_of_code():
    """Of the exercises at the end of chapters that ask for code."""
    return [one.number for one in exercises() if one.is_at_end]


def check_answer(number, answer):
    """Compares the reader's numbers for an exercise at the end of a chapter with the right ones."""
    known = answers.answers()
    if number in REASONED:
        raise Refusal(f"exercise {number} has no check: {REASONED[number]}. Its solution is on the page.")
    if number not in known:
        raise Refusal(f"there is no exercise {number} at the end of a chapter.")
    if answer is None:
        print(wrapped(f"Exercise {number} asks for {known[number]['asks']}. Then:"))
        print(f"\n  ./book exercise {number} --answer \"{' '.join('…' for _ in known[number]['right'])}\"")
        return 0
    try:
        is_right, words = answers.judge(number, answer)
    except answers.NoNumbers as fault:
        raise Refusal(f"--answer: {fault}.") from None
    print(wrapped(words))
    return 0 if is_right else 1


# ------------------------------------------------------------------------------------------ grading

def grade(exercise, cmake, build):
    """Builds and runs the grader; returns its status."""
    print(f"Exercise {exercise.number}, {exercise.title} ({exercise.file.relative_to(ROOT)})\n", flush=True)
    begun = fingerprint(exercise.file)
    if not is_built(exercise, cmake, build):
        return 1
    program = build / "exercises" / f"grade_{exercise.name}"
    try:
        code = subprocess.run([program], timeout=PATIENCE).returncode
    except subprocess.TimeoutExpired:
        print(f"stopped\n\nThe grader was stopped in this step, after {PATIENCE} seconds. "
              "Is there a loop that never ends?")
        return 1
    if code < 0:
        print("crashed\n\n" + wrapped(f"The program was ended by {signal.Signals(-code).name}. The usual reason is an "
                                      "index outside a tensor, perhaps because the tensor is still empty."))
        return 1
    if code == 0:
        remember(exercise, passed=begun)
        print("\nPassed. `--solution` shows how we would write it.")
    elif code != NOT_WRITTEN:
        print("\nStuck? Try `--hint`.")
    return code


def is_built(exercise, cmake, build):
    target = f"grade_{exercise.name}"
    commands = [[cmake, "--build", build, "--target", target]]
    if target + ":" not in (build / "build.ninja").read_text():
        commands.insert(0, [cmake, build])
    if (output := failure_of(commands, build)) is None:
        return True
    print(f"{errors_of(output, exercise)}\n\n{place_of_log(build)}")
    return False


def failure_of(commands, build):
    """What the first command that fails prints; None if none does."""
    for command in commands:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        log_of(build).write_text(done.stdout)
        if done.returncode:
            return done.stdout
    return None


def log_of(build):
    return build.parent / "exercise.log"


def place_of_log(build):
    return f"The whole output is in {log_of(build).relative_to(ROOT)}."


def finale(cmake, build):
    """Trains the networks of chapter 10 with the modules that passed."""
    known = [one for one in exercises() if one.in_finale]
    mine = [one.name for one in known if status(one) == "passed"]
    if not mine:
        print("book: you have passed no exercise whose module the networks use; begin with: ./book exercise "
              f"{known[0].name}", file=sys.stderr)
        return 1
    print(wrapped("Yours: " + ", ".join(mine)))
    if others := [one.name for one in known if one.name not in mine]:
        print(wrapped("The library's: " + ", ".join(others)))
    print(flush=True)
    commands = [[cmake, build, f"-DNN_MINE={';'.join(mine)}"], [cmake, "--build", build, "--target", "finale"]]
    if failure_of(commands, build) is not None:
        print(f"book: the networks do not compile with your modules. {place_of_log(build)}", file=sys.stderr)
        return 1
    return subprocess.run([build / "exercises" / "finale"]).returncode


def errors_of(output, exercise):
    """The compiler's errors in the reader's own lines; what it says of other files is in the log."""
    place = re.compile(rf"^\S*{re.escape(exercise.file.name)}:(\d+):(\d+): (?:fatal )?error: (.*)$", re.MULTILINE)
    lines = exercise.file.read_text().splitlines()
    found = [f"line {line}: {text}\n  {lines[int(line) - 1].strip()}"
             for line, _, text in place.findall(output) if int(line) <= len(lines)]
    if found:
        return "It does not compile.\n\n" + "\n".join(found)
    elsewhere = re.search(r"^.*error: .*$", output, re.MULTILINE)
    return "It does not build, but the compiler reports no error in your file" + \
        (f": {elsewhere[0]}" if elsewhere else ".")


def watch(exercise, cmake, build):
    """Grades whenever the file was saved, until it passes or Ctrl-C."""
    seen = None
    try:
        while True:
            now = fingerprint(exercise.file)
            if now != seen:
                seen = now
                if sys.stdout.isatty():
                    print("\033[2J\033[H", end="")
                if grade(exercise, cmake, build) == 0:
                    return 0
                print(f"\nWaiting for {exercise.file.relative_to(ROOT)} to be saved; Ctrl-C stops.", flush=True)
            sleep(0.3)
    except KeyboardInterrupt:
        print()
        return 130


def joined(words):
    """`--answer -3` as one word, because argparse would take -3 for an option."""
    if "--answer" in words[:-1]:
        at = words.index("--answer")
        return [*words[:at], f"--answer={words[at + 1]}", *words[at + 2:]]
    return words


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `./book exercise | head` ends quietly
    parser = argparse.ArgumentParser(prog="./book exercise", usage="%(prog)s [NAME [OPTION]]",
                                     description=__doc__.split("\n\n")[0])
    parser.add_argument("exercise", nargs="?", metavar="NAME", help="an exercise, by its name, its chapter or its "
                        "number; without one, all are listed. 4.2 is exercise 2 at the end of chapter 4: those that "
                        "ask for numbers take --answer, and those that ask for code are graded")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--watch", action="store_true", help="grade again whenever the file is saved")
    what.add_argument("--hint", action="store_true", help="show a hint, one more each time")
    what.add_argument("--reset", action="store_true", help="begin again; what you wrote is kept in mine/backups")
    what.add_argument("--solution", action="store_true", help="show the solution")
    what.add_argument("--write-solution", metavar="FILE", type=Path, help=argparse.SUPPRESS)  # for the tests
    what.add_argument("--write-stub", metavar="FILE", type=Path, help=argparse.SUPPRESS)
    what.add_argument("--answer", metavar="NUMBERS", help="check the numbers that an exercise like 4.2 asks for")
    what.add_argument("--finale", action="store_true", help=argparse.SUPPRESS)  # ./book mnist --mine
    parser.add_argument("--cmake", help=argparse.SUPPRESS)
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--only-options", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(joined(sys.argv[1:]))
    if options.finale:
        return finale(options.cmake, options.build)
    try:
        if options.exercise is None:
            if options.watch or options.hint or options.reset or options.solution or options.answer:
                parser.error("this option needs the name of an exercise")
            return 0 if options.only_options else show_list()
        if re.fullmatch(r"(\d+|A)\.\d+", options.exercise) and options.exercise not in numbers_of_code():
            return 0 if options.only_options else check_answer(options.exercise, options.answer)
        exercise = find(options.exercise)
        if options.answer is not None:
            raise Refusal("--answer is for an exercise that asks for numbers, like 4.2. Exercise "
                          f"{exercise.number} asks for code, which is graded without an option: "
                          f"./book exercise {options.exercise}")
    except Refusal as refusal:
        print(f"book: {refusal}", file=sys.stderr)
        return 2
    if options.only_options:
        return 0
    if options.write_solution:
        return options.write_solution.write_text(exercise.solution()) and None
    if options.write_stub:
        return options.write_stub.write_text(exercise.stub()) and None
    if options.hint:
        return show_hint(exercise)
    if options.solution:
        return show_solution(exercise)
    if options.reset:
        return reset(exercise)
    if not exercise.file.exists():
        print(wrapped(exercise.task) + "\n")
        create(exercise)
        print()
    act = watch if options.watch else grade
    return act(exercise, options.cmake, options.build)


if __name__ == "__main__":
    sys.exit(main())
