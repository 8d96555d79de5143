"""Checks that pages and programs show the same code: every line of a chapter's program is on its page, where the
explanation needs it or folded at the end, and every line of code on a page is in a program. That each page has all
the parts that a chapter's page must have, and that numbers in its sentences come from somewhere. Exits with 1 if not.
"""

import re
import sys
from pathlib import Path

from check_numbers import check_numbers, read_allowed
from module_list import check_readme_table
from pieces import CODE, FOLDED, OUTPUT, SECTION, SHOWN, PieceError, find_piece, output_section, read_pieces

ROOT = Path(__file__).resolve().parents[2]

# What every chapter's page must have: a pattern, and its name for the error message.
PARTS = {r"\./book (chapter (\d+|[A-Z])|mnist)\b": "command that runs it",
         r"^(`{3,}|:{3,})\{plot\} ": "picture",
         r"^## .*Check yourself": "heading 'Check yourself'",
         r"^## .*Break it": "heading 'Break it'",
         r"^## .*Recap": "heading 'Recap'",
         r"^Elsewhere you will see ": "'Elsewhere you will see', the field's names, in its recap",
         r"^## .*Exercises": "heading 'Exercises'",
         r"^:{3,}\{admonition\} Answers and hints$": "'Answers and hints'",
         r"^\*\*Further reading:\*\*": "'**Further reading:**'",
         r"\]\(\.\./api/": "link to the page of a module"}
# The tour of chapter 0 explains nothing in full.
NOT_IN_TOUR = {"heading 'Check yourself'", "heading 'Break it'", "'**Further reading:**'"}
# A chapter goes by its number, an appendix by its letter; recipes and tools have names only.
CHAPTER = re.compile(r"(\d+|[A-Z])_")
EXERCISES = re.compile(r"^## [^\n]*Exercises\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ANSWERS = re.compile(r"^(:{3,})\{admonition\} Answers and hints\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
ITEM = re.compile(r"^\d+\. .*", re.MULTILINE)
# A line in the middle of a paragraph that Markdown takes for the first item of a list.
BROKEN = re.compile(r"^(?![\s#|:`>$]|\d+\. |- |\(\w+\)=)[^\n]+\n((?:1\.|[-+*]) [^\n]{,30})", re.MULTILINE)
CARD = re.compile(r"^((?:\d\d|[A-Z])_\w+) \w+: .+$", re.MULTILINE)  # of the home page
FORMULA = re.compile(r"^\$\$\n.*?^\$\$$", re.MULTILINE | re.DOTALL)
DIFFICULTY = re.compile(r"\d+\. \*\*\((easy|medium|hard), \d+ minutes\)\*\* ")


def check_anatomy(page):
    """The parts that a chapter's page lacks, paragraphs that break into lists, and exercises without difficulty,
    minutes or answer."""
    text = page.read_text()
    is_tour = page.name.startswith("00_")
    problems = [f"{page.name}: no {part}" for pattern, part in PARTS.items()
                if not (is_tour and part in NOT_IN_TOUR) and not re.search(pattern, text, re.MULTILINE)]
    problems += [f"{page.name}: a line of a paragraph becomes a list: '{line}'"
                 for line in BROKEN.findall(FORMULA.sub("", text))]
    section = EXERCISES.search(text)
    if not section:
        return problems
    answers = ANSWERS.search(section[1])
    exercises = ITEM.findall(ANSWERS.sub("", section[1]))
    problems += [f"{page.name}: an exercise without difficulty and minutes: '{exercise[:40]}'"
                 for exercise in exercises if not DIFFICULTY.match(exercise)]
    answered = len(ITEM.findall(answers[2])) if answers else 0
    if answers and answered != len(exercises):
        problems.append(f"{page.name}: {len(exercises)} exercises, but {answered} answers")
    return problems


def check_page(page, program, record, root=ROOT):
    """The problems of one chapter, and (lines of its program, of these folded)."""
    problems, shown = [], []
    try:
        pieces, outside = read_pieces(program)
    except PieceError as error:
        return [str(error)], (0, 0)
    for number in outside:
        if number > 1:  # the first line says what the file is
            problems.append(f"{program.name}:{number}: the line is outside all pieces; "
                            "put it between // [NAME] and // [/NAME]")
    sections, has_folded = set(), False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        where = f"{page.name}:{number}"
        try:
            if match := SHOWN.match(line):
                path = root / match[2]
                if not path.exists():
                    raise PieceError(f"there is no file {match[2]}")
                find_piece(path, match[3])
                if path.resolve() == program.resolve():
                    shown.append(match[3])
            elif match := FOLDED.match(line):
                has_folded |= (root / match[2]).resolve() == program.resolve()
            elif match := OUTPUT.match(line):
                output_section(record.parent / f"{match[2]}.out", match[3])
                if match[2] == record.stem:
                    sections.add(match[3])
            elif CODE.match(line):
                raise PieceError("this code is not from a program: show a piece of one with {piece}")
        except (PieceError, FileNotFoundError) as error:
            problems.append(f"{where}: {error}")
    folded = [piece for piece in pieces if piece.is_folded]
    for name in [piece.name for piece in pieces if not piece.is_folded]:
        if name not in shown:
            problems.append(f"{program.name}: piece '{name}' is not shown on {page.name}")
    if folded and not has_folded:
        problems.append(f"{page.name}: the folded pieces of {program.name} are not shown; add {{folded}}")
    for line in record.read_text().splitlines() if record.exists() else []:
        if (match := SECTION.match(line)) and match[1] not in sections:
            problems.append(f"{record.name}: section {match[1]} is not shown on {page.name}")
    lines = sum(bool(l.strip()) for piece in pieces for l in piece.lines)
    return problems, (lines, sum(bool(l.strip()) for piece in folded for l in piece.lines))


def check_words(page, glossary):
    """Words that are bold, as if they were defined, and are not in the glossary. Bold beginnings of
    paragraphs, which end with a full stop or a colon, define nothing.
    """
    terms = [term.strip().lower() for line in re.findall(r"^(\w.*)\n  ", glossary.read_text(), re.MULTILINE)
             for term in line.split(",")]
    text = EXERCISES.sub("", page.read_text())
    return [f"{page.name}: '{word}' is bold and not in the glossary"
            for word in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)
            if word[-1] not in ".:" and not any(t in " ".join(word.lower().split()) for t in terms)]


def check_home(home, pages):
    """Chapters that the home page does not show, in the order of the book."""
    shown = [match[1] for match in CARD.finditer(home.read_text())]
    return [f"{home.name}: its cards are not the chapters in their order"] if shown != [p.stem for p in pages] else []


def check_modules(sources, pages, root=ROOT):
    """Pieces of the modules' sources that no page shows."""
    shown = {match.group(2, 3) for page in pages for line in page.read_text().splitlines()
             if (match := SHOWN.match(line))}
    return [f"{source.relative_to(root)}: piece '{piece.name}' is on no page"
            for source in sources for piece in read_pieces(source)[0]
            if (str(source.relative_to(root)), piece.name) not in shown]


def check_readme(readme, record):
    """Lines of output in the README, below `$ ./book mnist`, that the chapter's record has not."""
    block = re.search(r"^\$ \./book mnist\n(.*?)^```$", readme.read_text(), re.MULTILINE | re.DOTALL)
    recorded = record.read_text().splitlines()
    return [f"{readme.name}: '{line}' is not in {record.name}" for line in block[1].splitlines()
            if line not in recorded and not line.startswith("[…")]


def main():
    problems, lines, folded = [], 0, 0
    pages = sorted((ROOT / "docs" / "chapters").glob("*.md"))
    programs = {program.stem for program in (ROOT / "chapters").glob("*.cpp") if CHAPTER.match(program.name)}
    problems += [f"chapters/{name}.cpp has no page" for name in
                 sorted(programs - {page.stem for page in pages})]
    problems += check_modules(sorted((ROOT / "modules").rglob("*.cpp*")), pages)
    problems += check_readme(ROOT / "README.md", ROOT / "chapters" / "mnist.out")
    problems += check_readme_table()
    allowed = read_allowed((ROOT / "docs" / "numbers.txt").read_text())
    home = ROOT / "docs" / "index.md"
    problems += check_home(home, pages) + check_numbers(home, allowed)
    for page in pages:
        problems += check_numbers(page, allowed)
        problems += check_words(page, ROOT / "docs" / "glossary.md")
        program = ROOT / "chapters" / f"{page.stem}.cpp"
        found, (count, plumbing) = check_page(page, program, program.with_suffix(".out"))
        problems += found + check_anatomy(page)
        lines += count
        folded += plumbing
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(pages)} pages show all {lines} lines of their programs, {folded} of them folded")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
