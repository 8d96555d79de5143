"""Mutation: changes one thing in a module's code and sees whether the module's own tests notice.

mutants() finds what can be changed in a source: an operator, a sign, a bound, a constant, a
statement. Bench compiles one such change with what depends on it, links it in front of the library
and runs the module's test: in float, if that passes in double, at last under the sanitizers, which
see what reaches outside of its memory.
"""

import random
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# ------------------------------------------------------------------------------------- the tokens

Token = namedtuple("Token", "kind text start")

TOKEN = re.compile(r"""
    (?P<directive>(?:(?<=\n)|(?<![\s\S]))[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<space>\n|[^\S\n]+)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<string>(?:u8|[uUL])?(?:R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"
                              |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'))
  | (?P<number>\.?\d(?:[eEpP][+-]|'\w|[\w.])*)
  | (?P<word>[^\W\d]\w*)
  | (?P<sign><=>|->\*|<<=|>>=|\.\.\.|::|->|\+\+|--|&&|\|\||<<|>>|[-+*/%&|^=!<>]=|.)
    """, re.VERBOSE | re.DOTALL)


def tokens(source):
    """The source cut up, nothing left out: the texts of all tokens joined are the source."""
    return [Token(match.lastgroup if match.lastgroup != "mark" else "string", match[0], match.start())
            for match in TOKEN.finditer(source)]


# ------------------------------------------------------------------------------------ the mutants

Mutant = namedtuple("Mutant", "start end text kind")  # source[start:end] becomes text

# Between spaces these are operators of two values: clang-format sets no space inside the brackets of
# a template, before the & of a reference or behind the * of a pointer.
BINARY = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "+=": "-=", "-=": "+=", "*=": "/=",
          "/=": "*=", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
          "&&": "||", "||": "&&", "&": "|", "|": "&", "<<": ">>", ">>": "<<"}
KINDS = {"arithmetic": "+ - * / % += -= *= /= << >>", "comparison": "< <= > >= == !=",
         "logic": "&& || & |"}
KIND_OF = {sign: kind for kind, signs in KINDS.items() for sign in signs.split()}
FUNCTIONS = {"min": "max", "max": "min", "min_element": "max_element", "max_element": "min_element",
             "floor": "ceil", "ceil": "floor"}
NO_STATEMENT = set("""alignas auto break case class concept const constexpr continue default do else
    enum explicit export extern for friend goto if import inline module namespace private protected
    public requires return static static_assert struct switch template try catch typedef typename
    union using virtual volatile while""".split())
ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
CLOSING = {"(": ")", "[": "]", "{": "}"}


def mutants(source):
    """Every change of one thing, in the order of the source."""
    all_tokens = tokens(source)
    code = [i for i, token in enumerate(all_tokens)
            if token.kind not in ("space", "comment", "directive")]
    found = []
    skipped_until = 0
    for k, i in enumerate(code):
        token = all_tokens[i]
        if k < skipped_until:
            continue
        before = all_tokens[code[k - 1]] if k else None
        if before and before.text == "template" and token.text == "<":
            skipped_until = end_of_template(all_tokens, code, k)
            continue
        if before and before.text == "operator":
            continue
        found += [Mutant(token.start, token.start + len(token.text), text, kind)
                  for text, kind in changes(all_tokens, code, k)]
    found += dropped_statements(source, [all_tokens[i] for i in code])
    return sorted(found)


def end_of_template(all_tokens, code, k):
    depth = 0
    for k in range(k, len(code)):
        text = all_tokens[code[k]].text
        depth += (text == "<") - (text == ">") - 2 * (text == ">>")
        if depth <= 0:
            return k + 1
    return len(code)


def changes(all_tokens, code, k):
    """The possible replacements of the k-th token of the code, with the kind of the change."""
    i = code[k]
    token = all_tokens[i]
    apart_before = i > 0 and all_tokens[i - 1].kind in ("space", "comment")
    apart_behind = i + 1 < len(all_tokens) and all_tokens[i + 1].kind in ("space", "comment")
    if token.kind == "number":
        yield another_number(token.text), "constant"
    elif token.kind == "word":
        if token.text in ("true", "false"):
            yield ("false" if token.text == "true" else "true"), "constant"
        elif token.text in FUNCTIONS and k >= 2 and all_tokens[code[k - 1]].text == "::" and \
                all_tokens[code[k - 2]].text in ("std", "ranges"):
            yield FUNCTIONS[token.text], "function"
    elif token.text in BINARY and apart_before and apart_behind:
        yield BINARY[token.text], KIND_OF[token.text]
    elif token.text in ("++", "--"):
        yield ("--" if token.text == "++" else "++"), "arithmetic"
    elif token.text in ("-", "!") and not apart_behind and is_prefix(all_tokens, code, k):
        yield "", "sign" if token.text == "-" else "logic"


def is_prefix(all_tokens, code, k):
    """Whether an operator is unary: it comes before its value, not after another one."""
    before = all_tokens[code[k - 1]] if k else None
    return before is None or before.text == "return" or (
        before.kind == "sign" and before.text not in (")", "]", "}"))


def another_number(text):
    digits = text.replace("'", "")
    match = re.fullmatch(r"(\d+)([uUlLzZ]*)", digits)
    if match:
        return str(int(match[1]) + 1) + match[2]
    if re.fullmatch(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFlL]?", digits) and not \
            any(digit in "123456789" for digit in re.split("[eE]", digits)[0]):
        return "1.0"
    return f"({text} + 1)"


def dropped_statements(source, code):
    """Statements that a program does without and still compiles: calls, assignments, throws."""
    opened = []  # of each bracket that is open, whether it is the head of an if or a loop
    begins = True
    for k, token in enumerate(code):
        if begins and (not opened or opened[-1][0] == "{") and can_be_dropped(code, k):
            end = statement_end(code, k)
            if end:
                yield Mutant(token.start, code[end].start, "", "statement")
        begins = token.text in (";", "{", "}", "else")
        if token.text in CLOSING:
            is_head = token.text == "(" and k > 0 and (
                code[k - 1].text in ("if", "for", "while") or
                (code[k - 1].text == "constexpr" and k > 1 and code[k - 2].text == "if"))
            opened.append((token.text, is_head))
        elif token.text in CLOSING.values() and opened:
            begins = opened.pop()[1] or token.text == "}"


def can_be_dropped(code, k):
    first = code[k]
    if first.text == "throw":
        return True
    if first.text in ("++", "--", "*"):
        return True
    if first.kind != "word" or first.text in NO_STATEMENT:
        return False
    while k + 2 < len(code) and code[k + 1].text == "::":
        k += 2
    behind = code[k + 1] if k + 1 < len(code) else None
    # A type comes before a name: `real sum`, `Images& x`, `std::vector<real> v`.
    return behind is not None and behind.kind == "sign" and (
        behind.text in ("(", "[", ".", "->", "++", "--") or behind.text in ASSIGNMENTS)


def statement_end(code, k):
    """The place of the semicolon, or None if there is none or nothing is called or assigned."""
    depth = 0
    works = code[k].text in ("throw", "++", "--")
    for j in range(k, len(code)):
        text = code[j].text
        if text in CLOSING:
            depth += 1
        elif text in CLOSING.values():
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0 and text == ";":
            return j if works or code[j - 1].text in (")", "++", "--") else None
        elif depth == 0 and text in ASSIGNMENTS:
            works = True
    return None


def line_of(source, place):
    return source.count("\n", 0, place) + 1


def described(source, file, mutant):
    """A mutant as the records have it."""
    begin = source.rfind("\n", 0, mutant.start) + 1
    line_end = source.find("\n", mutant.start)
    one_line = lambda text: " ".join(text.split())
    return {"file": file, "line": line_of(source, mutant.start), "kind": mutant.kind,
            "code": one_line(re.sub(r"\s//.*", "", source[begin:line_end])), "column": mutant.start - begin + 1,
            "from": one_line(source[mutant.start:mutant.end]), "to": mutant.text}


# -------------------------------------------------------------------------------------- the bench

Unit = namedtuple("Unit", "source output arguments imports provides")  # one compilation


class Bench:
    """A module's test, as a build tree builds it, to be built again around a changed source."""

    def __init__(self, tree, target, module, memory=8 << 30):
        self.tree = Path(tree)
        self.memory = memory  # what the test may ask for, if that can be limited
        self.module = module
        listed = subprocess.run(["ninja", "-C", self.tree, "-t", "commands", target], text=True,
                                capture_output=True, check=True).stdout.splitlines()
        self.units = [self.read_unit(line) for line in listed
                      if " -c " in line and "clang-scan-deps" not in line]
        self.link = shlex.split(listed[-1].removeprefix(": && ").removesuffix(" && :"))
        test = [unit for unit in self.units if unit.output == self.test_object()][0]
        needed = set(test.imports)
        self.units = [unit for unit in self.units
                      if unit is test or unit.provides in needed or
                      (not unit.provides and f"nn.{module_of(unit.source)}" in needed) or
                      unit.source.stem == "support"]
        self.baseline = {}
        self.limit = 60

    def test_object(self):
        return next(word for word in self.link if word.endswith("_test.cpp.o"))

    def read_unit(self, line):
        words = shlex.split(line)
        flat = []
        for word in words:
            if word.startswith("@"):
                flat += (self.tree / word[1:]).read_text().split()
            else:
                flat.append(word)
        imports, provides, kept = {}, None, []
        words = iter(flat)
        source = output = None
        for word in words:
            if word == "-c":
                source = Path(next(words))
            elif word == "-o":
                output = next(words)
            elif word in ("-MT", "-MF"):
                next(words)
            elif word.startswith("-fmodule-output="):
                provides = Path(word.split("=", 1)[1]).stem
            elif word.startswith("-fmodule-file="):
                _, name, path = word.split("=", 2)
                imports[name] = path
            elif word not in ("-MD", "-Werror") and not word.startswith("-W"):
                kept.append(word)
        return Unit(source, output, kept, imports, provides)

    def units_around(self, source):
        """What must be compiled again when a source changes, what is imported first."""
        changed = [unit for unit in self.units if unit.source == source]
        if changed and not changed[0].provides:
            return changed
        provided = {unit.provides for unit in changed}
        again = list(changed)
        waiting = [unit for unit in self.units if unit not in again]
        while True:
            # Everything that an interface imports is among its imports, however far away.
            ready = [unit for unit in waiting if provided & set(unit.imports)]
            if not ready:
                return again
            interfaces = sorted((unit for unit in ready if unit.provides),
                                key=lambda unit: len(unit.imports))
            nearest = interfaces[:1] or ready
            again += nearest
            provided |= {unit.provides for unit in nearest if unit.provides}
            waiting = [unit for unit in waiting if unit not in nearest]

    def build(self, source, text, folder, units):
        """The program with this text as the source and its objects, or None if it does not compile.

        Each source is called by its bare name in the folder, so that equal code gives equal objects.
        """
        modules, objects = {}, {}
        for number, unit in enumerate(units):
            copy = folder / unit.source.name
            copy.write_text(text if unit.source == source else unit.source.read_text())
            output = folder / f"{number}.o"
            arguments = [*unit.arguments, "-w", "-c", copy.name, "-o", output.name]
            for name, path in unit.imports.items():
                arguments.append(f"-fmodule-file={name}={modules.get(name) or self.tree / path}")
            if unit.provides:
                modules[unit.provides] = folder / f"{unit.provides}.pcm"
                arguments.append(f"-fmodule-output={modules[unit.provides]}")
            if subprocess.run(arguments, cwd=folder, capture_output=True).returncode:
                return None, {}
            objects[unit.output] = output
        link = []
        for word in self.link:
            path = self.tree / word
            if word.endswith("_test.cpp.o"):
                link += [str(objects.get(word, path)),
                         *(str(o) for unit, o in objects.items() if unit != word)]
            else:
                link.append(str(path) if word.endswith((".a", ".o")) else word)
        link[link.index("-o") + 1] = str(folder / "test")
        if shutil.which("ld.lld-19") and "-fuse-ld=lld" not in link:
            link.append("-fuse-ld=lld")
        if subprocess.run(link, cwd=folder, capture_output=True).returncode:
            return None, {}
        return folder / "test", {unit: o.read_bytes() for unit, o in objects.items()}

    def measure(self, sources):
        """The unchanged module: its test must pass; how long it takes and its objects are kept."""
        for source in sources:
            with tempfile.TemporaryDirectory() as folder:
                program, self.baseline[source] = self.build(source, source.read_text(), Path(folder),
                                                            self.units_around(source))
                if program is None:
                    raise RuntimeError(f"{source} does not compile")
                begun = time.monotonic()
                if run_test(program, 300, self.memory):
                    raise RuntimeError(f"the test of {self.module} does not pass unchanged")
                self.limit = max(15, 10 * (time.monotonic() - begun))

    def judge(self, source, text):
        """What becomes of a change: `caught`, `survived`, `same code` or `does not compile`.

        A change in an interface is first tried with the objects around it as they are, which catches
        most; only what that lets through is worth the compilation of all that imports it.
        """
        units = self.units_around(source)
        for some in [units[:1], units] if len(units) > 1 else [units]:
            with tempfile.TemporaryDirectory() as folder:
                program, objects = self.build(source, text, Path(folder), some)
                if program is None:
                    return "does not compile"
                is_same = all(objects[unit] == self.baseline[source][unit] for unit in objects)
                if not is_same and run_test(program, self.limit, self.memory):
                    return "caught"
        return "same code" if is_same else "survived"


def run_test(program, seconds, memory=None):
    """Why a test program fails, or an empty string: a hang and a crash are failures."""
    def within_bounds():
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        done = subprocess.run([program, "--gtest_brief=1", "--gtest_fail_fast"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=seconds, preexec_fn=within_bounds)
    except subprocess.TimeoutExpired:
        return "hangs"
    return "" if done.returncode == 0 else "fails"


# -------------------------------------------------------------------------------------- the whole

def mutate(sources, benches, jobs=2, at_most=None, seed=1):
    """Judges the mutants of a module's sources, or a random sample of them.

    @param benches By name, in the order in which they are asked.
    @return The record: counts, and each mutant that no stage caught.
    """
    begun = time.monotonic()
    todo = [(source, mutant) for source in sources for mutant in mutants(source.read_text())]
    found = len(todo)
    if at_most and found > at_most:
        chosen = set(random.Random(seed).sample(range(found), at_most))
        todo = [one for number, one in enumerate(todo) if number in chosen]
    for bench in benches.values():
        bench.measure(sources)

    def judge(one):
        source, mutant = one
        text = source.read_text()
        changed = text[:mutant.start] + mutant.text + text[mutant.end:]
        verdicts = {}
        for stage, bench in benches.items():
            verdicts[stage] = bench.judge(source, changed)
            if verdicts[stage] in ("caught", "does not compile"):
                break
            if list(verdicts.values()) == ["same code"] * 2:  # a third will find the same
                break
        if "caught" in verdicts.values() or "does not compile" in verdicts.values():
            print(".", end="", file=sys.stderr, flush=True)
        else:
            one = described(text, source.name, mutant)
            print(f"\n{one['file']}:{one['line']}:{one['column']}: {one['from']} → {one['to']}:"
                  f" {' '.join(verdicts.values())}: {one['code']}", file=sys.stderr, flush=True)
        return verdicts

    with ThreadPoolExecutor(jobs) as pool:
        verdicts = list(pool.map(judge, todo))
    record = {"mutants": found, "tried": len(todo), "does not compile": 0, "same code": 0,
              "caught": {stage: 0 for stage in benches}, "survivors": []}
    for (source, mutant), of_stages in zip(todo, verdicts):
        last_stage, last = list(of_stages.items())[-1]
        if last == "does not compile":
            record["does not compile"] += 1
        elif last == "caught":
            record["caught"][last_stage] += 1
        elif set(of_stages.values()) == {"same code"}:
            record["same code"] += 1
        else:
            record["survivors"].append(described(source.read_text(), source.name, mutant))
    record["seconds"] = round(time.monotonic() - begun)
    return record


def benches_of(module, build):
    """The module's test as the trees of the presets `mutation` and `address` have it."""
    return {"float": Bench(build / "mutation", f"{module}_test", module),
            "double": Bench(build / "mutation", f"{module}_test_double", module),
            "sanitizers": Bench(build / "address", f"{module}_test", module, memory=None)}


def module_of(source):
    """The module that a source belongs to, without `nn.`; None if it belongs to none."""
    part = re.search(r"^(?:export )?module nn\.(\w+);", source.read_text(), re.MULTILINE)
    return part[1] if part else None


def sources_of(root, module):
    """The interface of a module, then its other sources, but for those of the pages."""
    return sorted((path for path in (root / "modules").rglob("*.cpp*")
                   if module_of(path) == module and not path.stem.endswith("_in_pages")),
                  key=lambda path: (path.suffix != ".cppm", path))


def main():
    """Shows the mutants of a module; `./book reliability mutation.NAME` judges them."""
    root = Path(__file__).resolve().parents[2]
    for source in sources_of(root, sys.argv[1]):
        text = source.read_text()
        for one in (described(text, source.name, mutant) for mutant in mutants(text)):
            print(f"{one['file']}:{one['line']}:{one['column']}: {one['kind']}: {one['from']} → "
                  f"{one['to'] or 'nothing'}    {one['code']}")


if __name__ == "__main__":
    main()
