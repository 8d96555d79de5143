"""Numbers in the pages' sentences that look measured: percentages, times, rates, counts of mistakes. Each is quoted from
a record by {recorded}, or docs/numbers.txt says where it is from.
"""

import re
from collections import Counter

UNITS = r"%|s\b|ms\b|µs\b|ns\b|seconds?\b|minutes?\b|hours?\b|images/s|GFLOP/s|GB/s|MB\b|mistakes?\b|points?\b|times\b"
MEASURED = re.compile(rf"(?<![\w.,])(\d[\d,]*(?:\.\d+)?\s(?:{UNITS}))")
# Not sentences of a page: directives and code, recorded numbers, formulas, and how long an exercise takes.
ELSEWHERE = [re.compile(r"^(`{3,}|:{3,})(?!.*admonition)\S.*?^\1$", re.MULTILINE | re.DOTALL),
             re.compile(r"\{recorded\}`[^`]*`\s(?:%|s\b|times\b)?"), re.compile(r"`[^`\n]*`"),
             re.compile(r"\$\$.*?\$\$", re.DOTALL), re.compile(r"\$[^$]*\$"), re.compile(r"\(#.*?\)|\([^)]*\.md#[^)]*\)"),
             re.compile(r"\*\*\((?:easy|medium|hard), \d+ minutes\)\*\*"), re.compile(r"\*\*Before you start:.*?\n\n", re.DOTALL)]


def read_allowed(text):
    """{page: {number: reason}} of lines `PAGE: NUMBER: REASON`; `#` begins a comment."""
    allowed = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            page, number, reason = line.split(": ", 2)
            allowed.setdefault(page, {})[number] = reason
    return allowed


def without(text, pattern):
    """The text with what matches replaced by as many ends of lines as that has."""
    return pattern.sub(lambda match: "·" + "\n" * match[0].count("\n"), text)


def measured_numbers(text):
    """[(number of the line, number with its unit)]"""
    for pattern in ELSEWHERE:
        text = without(text, pattern)
    return [(text[:match.start()].count("\n") + 1, " ".join(match[1].split())) for match in MEASURED.finditer(text)]


def check_numbers(page, allowed):
    """Measured numbers of a page that come from nowhere, and reasons for numbers that are not there."""
    reasons = allowed.get(page.stem, {})
    found = measured_numbers(page.read_text())
    unused = set(reasons) - Counter(number for _, number in found).keys()
    return [f"{page.name}:{line}: '{number}' looks measured: quote it with {{recorded}}, or say in docs/numbers.txt "
            "where it is from" for line, number in found if number not in reasons] + [
            f"docs/numbers.txt: '{number}' is not in {page.name}" for number in sorted(unused)]
