"""Checks the English that a reader sees: pages, comments, messages and captions must not match a pattern of
docs/words.txt. Exits with 1 if one does. A comment with `words: allow WORD` or `words: allow WORD, WORD: REASON`
allows a justified use on its own line and on the lines next to it.

    python3 docs/tools/check_words.py             what was found, each with what to write instead
    python3 docs/tools/check_words.py --table     also the length of sentences and the readability of each page
    python3 docs/tools/check_words.py FILE…       only these files
"""

import re
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from check_numbers import without

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORDS = ROOT / "docs" / "words.txt"

# Where a reader finds text. What the build writes (docs/api, docs/generated) and the records of outputs are left out:
# their words come from a file that is read.
FILES = ["*.md", "book", ".book/*", ".ci/run", "docs/*.md", "docs/*.py", "docs/*.css", "docs/numbers.txt",
         "docs/chapters/*.md", "docs/figures/*.py", "docs/tools/*.py", "docs/live/**/*", "data/**/*.md",
         "modules/**/*.c*", "modules/**/CMakeLists.txt", "chapters/**/*.cpp*", "chapters/CMakeLists.txt", "exercises/**/*",
         "tests/**/*.[cp]*", "tests/**/*.cmake", "tests/CMakeLists.txt", "CMakeLists.txt"]
TEXT = {".md", ".cpp", ".cppm", ".hpp", ".c", ".h", ".py", ".js", ".css", ".cmake", ".txt", ".sh", ".toml", ""}

# Directives whose contents are sentences, such as a caption; of all others a reader sees code.
READ = {"plot", "live", "admonition", "note", "glossary", "figure", "folded"}
FENCE = re.compile(r"\s*(`{3,}|:{3,})(?:\{([\w-]+)\})?\s*(.*)$")
OPTION = re.compile(r"\s*:[\w-]+:( |$)")
ALLOWED = re.compile(r"(?<!`)(?:<!--|//|#|/\*)\s*words: allow ([^\n:>]+?)(?:\s*-->|\s*\*/|:[^\n]*|$)",
                     re.MULTILINE)
LINK = re.compile(r"(?<=\])\([^)\s]*\)")
# Not words of a page: comments, formulas, code and roles, tags, addresses.
NO_WORDS = [re.compile(pattern, re.DOTALL) for pattern in
            (r"<!--.*?-->", r"\$\$.*?\$\$", r"(?:\{[\w:]+\})?(`+).+?\1", r"\$[^$]+\$", r"</?\w[^>]*>",
             r"https?://\S+")]
# Comments and strings, of C++, JavaScript and style sheets, then of Python and CMake.
STRING = r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n]){2,}'"""
IN_CODE = {"//": re.compile(r"//[^\n]*|/\*.*?\*/|`(?:\\.|[^`\\])*`" + STRING, re.DOTALL),
           "#": re.compile(r'#[^\n]*|""".*?"""' + STRING, re.DOTALL)}
COMMENT = re.compile(r"^[ \t]*(?:///?<?|#|\*)[ \t]*", re.MULTILINE)
FIELD = re.compile(r"\{[^{}\n]*\}")  # the code inside a string

PASSIVE = re.compile(r"\b(?:am|is|are|was|were|be|been|being)\s+(?:not\s+|\w+ly\s+)?(?:\w{2,}ed|built|chosen|cut|"
                     r"done|drawn|found|given|held|kept|known|laid|left|lost|made|meant|put|read|run|seen|sent|set|"
                     r"shown|spent|split|taken|taught|told|thrown|understood|written)\b", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z][\w'’-]*|\d[\d.,]*\d|\d|·")
END = re.compile(r"(?<=[.!?])[\"”)*_]*\s+(?=[\"“(*_]*[A-Z0-9·])")
# Headings, rows of tables, lists of books.
NO_SENTENCE = re.compile(r"^\s*[|#].*?$|^\*\*Further reading:\*\*.*?\n\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Habit:
    pattern: re.Pattern
    instead: str


def read_habits(text):
    """The habits of lines `PATTERN -> INSTEAD`; `#` begins a comment, a space matches any white space."""
    habits = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, instead = line.split(" -> ", 1)
            pattern = pattern.replace(" ", r"\s+")
            habits.append(Habit(re.compile(rf"(?<!\w)(?:{pattern})", re.IGNORECASE), instead))
    return habits


def page_text(text):
    """The sentences of a page, each on its line: code is gone, and formulas and code in a sentence are a dot."""
    lines, fences = [], []
    for line in text.splitlines():
        match = FENCE.match(line)
        if match and fences and match[1] == fences[-1][0] and not match[2] and not match[3]:
            fences.pop()
            line = ""
        elif match and all(is_read for _, is_read in fences):
            fences.append((match[1], match[2] in READ))
            line = match[3] if match[2] == "admonition" else ""
        elif fences and (not all(is_read for _, is_read in fences) or OPTION.match(line)):
            line = ""
        lines.append(line)
    text = LINK.sub("", "\n".join(lines))
    for pattern in NO_WORDS:
        text = without(text, pattern)
    return text


def code_text(text, comment):
    """The comments and strings of a program, each on its line, with a dot for all that is between them."""
    parts, end = [], 0
    for match in IN_CODE[comment].finditer(text):
        between = text[end:match.start()]
        words = FIELD.sub("·", COMMENT.sub("", match[0]))
        parts += ["·" if between.strip() else "", "\n" * between.count("\n"), words]
        end = match.end()
    return "".join(parts)


def text_of(path):
    text = ALLOWED.sub("", path.read_text())
    if path.suffix == ".md":
        return page_text(text)
    if path.suffix in {".py", ".cmake", ".toml"} or path.name == "CMakeLists.txt":
        return code_text(text, "#")
    if path.suffix in {"", ".sh", ".txt"}:  # a script prints texts that are not quoted
        return COMMENT.sub("", text)
    return code_text(text, "//")


def find_words(path, habits):
    """[(line, what was found, what to write instead)], of what is not allowed, then allowances that nothing needs."""
    text, found, used = text_of(path), [], set()
    allowed = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for words in ALLOWED.findall(line):
            allowed[number] = {" ".join(word.split()).lower() for word in words.split(",")}
    for habit in habits:
        for match in habit.pattern.finditer(text):
            line, words = text[:match.start()].count("\n") + 1, " ".join(match[0].split())
            by = [near for near in (line, line - 1, line + 1) if words.lower() in allowed.get(near, ())]
            used.update((near, words.lower()) for near in by[:1])
            if not by:
                found.append((line, words, habit.instead))
    return sorted(found) + [(line, word, "it is allowed, and not there") for line in allowed
                            for word in sorted(allowed[line]) if (line, word) not in used]


def sentences_of(text):
    """The sentences of a page's paragraphs and items."""
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)", NO_SENTENCE.sub("", text))
    return [sentence for block in blocks for sentence in END.split(" ".join(block.split()))
            if len(WORD.findall(sentence)) > 1]


def syllables(word):
    """By groups of vowels."""
    if len(word) > 3:
        word = re.sub(r"(?<![aeiouyl])e$|(?<=[aeiou]l)e$|(?<=[^aeioudt])ed$|(?<=[^aeiouscxzg])es$", "", word.lower())
    return max(1, len(re.findall(r"(?:[aeiou]|y(?![aeiou]))+", word.lower())))


def measures(text):
    """Words, their mean number in a sentence and its deviation, the longest, sentences in the passive in percent, and
    the grade of Flesch and Kincaid; nothing of a page without sentences.
    """
    sentences = sentences_of(text)
    if len(sentences) < 2:
        return None
    words = [WORD.findall(sentence) for sentence in sentences]
    lengths = [len(sentence) for sentence in words]
    passive = sum(bool(PASSIVE.search(sentence)) for sentence in sentences)
    sounds = statistics.mean(syllables(word) for sentence in words for word in sentence)
    return (sum(lengths), statistics.mean(lengths), statistics.stdev(lengths), max(lengths),
            100 * passive / len(sentences), 0.39 * statistics.mean(lengths) + 11.8 * sounds - 15.59)


def table(pages, root=ROOT):
    rows = [f"{'page':<38} words  sentence  deviation  longest  passive  grade"]
    for page in pages:
        if row := measures(text_of(page)):
            rows.append("{:<38}{:>6,}{:>10.1f}{:>11.1f}{:>9}{:>7.0f} %{:>7.1f}".format(
                str(page.relative_to(root)), *row))
    return "\n".join(rows)


def all_files(root=ROOT):
    found = {file for pattern in FILES for file in root.glob(pattern)}
    return sorted(file for file in found - {HERE / "test_check_words.py"} if file.is_file() and file.suffix in TEXT)


def main(arguments):
    habits = read_habits(WORDS.read_text())
    files = [Path(name).resolve() for name in arguments if name != "--table"] or all_files()
    found = [(file, *find) for file in files for find in find_words(file, habits)]
    for file, line, words, instead in found:
        print(f"{file.relative_to(ROOT)}:{line}: '{words}': {instead}", file=sys.stderr)
    if "--table" in arguments:
        print(table([file for file in files if file.suffix == ".md"]))
    print(f"{len(files)} files have {len(found)} of the {len(habits)} habits in docs/words.txt")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
