"""`./book exercise 4.2 --answer "-4 -3"`: checks numbers against those in answers.toml."""

import re
import tomllib
from pathlib import Path

FILE = Path(__file__).with_name("answers.toml")
TOLERANCE = 0.01


class NoNumbers(Exception):
    """The reader's answer is not a list of numbers, or not as many as asked for."""


def answers():
    return tomllib.loads(FILE.read_text())


def numbers_in(text):
    """Whole numbers, decimals and fractions, with the book's minus sign too; 200,960 is one number."""
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.replace("−", "-"))
    words = re.split(r"[\s,;()\[\]]+", text.strip(" ,;()[]\t\n"))
    try:
        return [float(word.split("/")[0]) / float(word.split("/")[1]) if "/" in word else float(word)
                for word in words]
    except (ValueError, ZeroDivisionError):
        raise NoNumbers(f"'{text}' is not a list of numbers; write numbers such as 0.25, -3 or 1/4") from None


def are_close(got, want, tolerance):
    return len(got) == len(want) and all(abs(g - w) <= tolerance * abs(w) + 1e-9 for g, w in zip(got, want))


def judge(number, text):
    """Whether an answer is right, and what to say about it."""
    asked = answers()[number]
    got, want, tolerance = numbers_in(text), asked["right"], asked.get("tolerance", TOLERANCE)
    if len(got) != len(want):
        raise NoNumbers(f"expected {len(want)} number{'s' * (len(want) > 1)} ({asked['asks']}), got {len(got)}")
    if are_close(got, want, tolerance):
        return True, "Right."
    for wrong, words in asked.get("wrong", []):
        if are_close(got, wrong, tolerance):
            return False, words
    if len(want) == 1:
        return False, "That is not right."
    *most, last = [str(i) for i, (g, w) in enumerate(zip(got, want), 1) if not are_close([g], [w], tolerance)]
    which = f"Numbers {', '.join(most)} and {last} are" if most else f"Number {last} is"
    return False, f"{which} not right."
