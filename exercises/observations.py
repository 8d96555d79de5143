"""Compares what the program observations prints with answers.toml: the numbers of those answers that a reader measures.

Called with the program. Exercises that are given after it are compared alone.
"""

import subprocess
import sys

from answers import TOLERANCE, answers, are_close


def main():
    printed = subprocess.run(sys.argv[1:], check=True, stdout=subprocess.PIPE, text=True).stdout
    wrong = []
    for line in printed.splitlines():
        number, _, measured = line.partition(":")
        got = [float(value) for value in measured.split()]
        asked = answers()[number]
        if not are_close(got, asked["right"], asked.get("tolerance", TOLERANCE)):
            wrong.append(f"{number}: measured {got}, answers.toml has {asked['right']}")
    if wrong or not printed:
        sys.exit("\n".join(wrong) or "The program prints nothing.")


if __name__ == "__main__":
    main()
