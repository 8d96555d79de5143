"""Goes the whole way of an exercise in a terminal, as a reader does: list, stub, wrong answer, hint, right answer, and
the final networks. Compares what is printed with session.txt, which docs/exercises.md shows; with --record, writes it.

Needs a repository in which no exercise was begun, and leaves it that way.
"""

import difflib
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile

from exercise import FOLDER, MINE, ROOT, find

RECORD = FOLDER / "session.txt"
WRONG = ("biases_.gradient(j) += dy(n, j);", "biases_.gradient(j) = dy(n, j);")


def printed(*command):
    """What a command prints on a terminal; counters of the build go to standard error and are left out."""
    reader, terminal = pty.openpty()
    process = subprocess.Popen([ROOT / "book", *command], stdout=terminal, stderr=subprocess.DEVNULL, cwd=ROOT,
                               stdin=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"})
    os.close(terminal)
    output = b""
    try:
        while chunk := os.read(reader, 4096):
            output += chunk
    except OSError:  # everything has been read
        pass
    os.close(reader)
    process.wait()
    return f"$ ./book {' '.join(command)}\n{output.decode().replace(chr(13), '').rstrip()}\n"


def session():
    dense = find("dense")
    yield printed("exercise")
    yield printed("exercise", "dense")
    dense.file.write_text(dense.solution().replace(*WRONG))
    yield printed("exercise", "dense")
    yield printed("exercise", "dense", "--hint")
    dense.file.write_text(dense.solution())
    yield printed("exercise", "dense")
    yield printed("mnist", "--mine")


def check_project():
    """The folder is also a separate project, for an editor: CMake configures it, and it knows what to build."""
    cache = (ROOT / "build" / "release" / "CMakeCache.txt").read_text()
    cmake, compiler, ninja = (re.search(rf"^{name}:\w+=(.*)$", cache, re.MULTILINE)[1] for name in
                              ("CMAKE_COMMAND", "CMAKE_CXX_COMPILER", "CMAKE_MAKE_PROGRAM"))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([cmake, "-S", MINE, "-B", folder, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={compiler}",
                        f"-DCMAKE_MAKE_PROGRAM={ninja}"], check=True, stdout=subprocess.DEVNULL)
        builds = subprocess.run([ninja, "-C", folder, "-t", "query", "graders"], check=True, capture_output=True,
                                text=True).stdout
        if "exercises/grade_dense" not in builds:
            sys.exit("The project in mine/ does not build the grader of dense.")


def without_measurements(text):
    return re.sub(r"^((?:MLP|CNN) .*?) +\d.*$", r"\1", text, flags=re.MULTILINE)


def main():
    if MINE.exists():
        sys.exit(f"{MINE} exists: move it elsewhere first, so that nothing in it is lost.")
    before = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True).stdout
    try:
        text = "\n".join(session())
        check_project()
    finally:
        shutil.rmtree(MINE, ignore_errors=True)
    after = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True).stdout
    if before != after:
        sys.exit(f"Something outside of mine/ was changed:\n{after}")
    if sys.argv[1:] == ["--record"]:
        RECORD.write_text(text)
        return
    recorded, now = (without_measurements(one).splitlines(keepends=True) for one in (RECORD.read_text(), text))
    if differences := list(difflib.unified_diff(recorded, now, "session.txt", "now")):
        sys.exit("".join(differences))


if __name__ == "__main__":
    main()
