"""Measures what docs/reliability.md says about the library, and records it in docs/reliability/.

Each part has its own record; a part that is not run keeps its old one. `./book reliability`
runs them all, `./book reliability coverage mutation.dense` only these.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import results
from mutate import benches_of, module_of, mutants, mutate, sources_of

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
RECORDS = ROOT / "docs" / "reliability"
IN_BOTH = (("release", ""), ("double", "_double"))  # presets, and how the records call their programs
MUTATED = {"dense": None, "cost": None, "adam": None, "convolution": 300}  # at most so many mutants


def say(text):
    print(text, file=sys.stderr, flush=True)


def listed(name, file):
    """The words of a list in a CMakeLists.txt: set(NAME WORD…)."""
    text = re.sub(r"#.*", "", (ROOT / file).read_text())
    return re.search(rf"^\s*set\({name}\s([^)]*)\)", text, re.MULTILINE)[1].split()


def modules():
    """The names of all modules."""
    return [module.split("/")[-1] for module in listed("nn_modules", "modules/CMakeLists.txt")]


def programs_of(names):
    """The test programs of a tree whose library is in float: some tests are built in double too."""
    in_double = listed("nn_in_double", "tests/CMakeLists.txt")
    return [f"{name}_test{suffix}" for name in names for suffix in ("", "_double")
            if not suffix or name in in_double]


def tested(names):
    return [name for name in names if (ROOT / "tests" / f"{name}_test.cpp").exists()]


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
                 platform.machine())
    return f"{model}, {len(os.sched_getaffinity(0))} cores"


def commit():
    """The commit that was measured; with a plus if there were uncommitted changes."""
    asked = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty=+", "--exclude=*"],
                           text=True, capture_output=True)
    return asked.stdout.strip() or "unknown"


class Builder:
    """Builds targets in the trees of the presets."""

    def __init__(self, cmake, compiler):
        self.cmake, self.compiler = cmake, compiler

    def build(self, preset, targets):
        say(f"building {len(targets)} targets of {preset} …")
        environment = {**os.environ, "CXX": self.compiler}
        tree = BUILD / preset
        steps = [] if (tree / "build.ninja").exists() else [[self.cmake, "--preset", preset]]
        steps.append([self.cmake, "--build", tree, "--target", *targets])
        for step in steps:
            done = subprocess.run(step, cwd=ROOT, env=environment, text=True, capture_output=True)
            if done.returncode:
                sys.exit(f"reliability: the build of {preset} failed:\n" + done.stdout[-2000:]
                         + done.stderr[-2000:])
        return tree

    def version(self):
        text = subprocess.run([self.compiler, "--version"], text=True, capture_output=True).stdout
        return re.search(r"clang version [\d.]+", text)[0]

    def tool(self, name):
        """A program of LLVM as old as the compiler: llvm-cov-19."""
        number = re.search(r"(\d+)\.", self.version())[1]
        return f"{name}-{number}"


def run_tests(program, pattern="*", environment=None):
    """What a test program says of itself: its tests, those that failed or crashed, what it prints."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        done = subprocess.run(
            [program, f"--gtest_filter={pattern}", "--gtest_brief=1", f"--gtest_output=json:{file.name}"],
            env={**os.environ, **(environment or {})}, text=True, errors="replace",
            capture_output=True)
        try:
            report = json.loads(Path(file.name).read_text())
        except json.JSONDecodeError:  # it crashed before it could write
            return {"tests": 0, "failed": 1, "said": done.stdout,
                    "why": done.stderr[-2000:]}
    cases = [case for suite in report["testsuites"] for case in suite["testsuite"]]
    ran = [case for case in cases if case["status"] == "RUN" and case["result"] == "COMPLETED"]
    failed = [case for case in ran if case.get("failures")]
    return {"tests": len(ran), "failed": max(len(failed), int(done.returncode != 0)),
            "said": done.stdout, "why": done.stderr[-2000:]}


def run_all(tree, targets, pattern="*"):
    """Tests that ran and tests that failed, by target."""
    counts = {}
    for target in targets:
        found = run_tests(tree / "tests" / target, pattern)
        counts[target] = {"tests": found["tests"], "failed": found["failed"]}
        if found["failed"]:
            say(f"{target}: {found['failed']} failed\n{found['why']}")
    return counts


# -------------------------------------------------------------------------------------- the parts


def measure_mutation(builder, only=None):
    """The fraction of mutants that a module's own tests catch."""
    record = read_record("mutation").get("modules", {})
    known = json.loads((Path(__file__).parent / "equivalent.json").read_text())
    for module in [only] if only else MUTATED:
        sources = sources_of(ROOT, module)
        builder.build("mutation", [f"{module}_test", f"{module}_test_double"])
        builder.build("address", [f"{module}_test"])
        count = sum(len(mutants(source.read_text())) for source in sources)
        say(f"{module}: {min(count, MUTATED.get(module) or count)} of {count} mutants …")
        found = mutate(sources, benches_of(module, BUILD), at_most=MUTATED.get(module))
        for survivor in found["survivors"]:
            survivor["reason"] = reason_of(survivor, known)
        record[module] = {**found, "date": time.strftime("%Y-%m-%d"), "commit": commit()}
        save_record("mutation", {"modules": record}, builder)
    return {"modules": record}


def reason_of(survivor, known):
    """Why a mutant changes no result, as equivalent.json has it."""
    for entry in known:
        if all(survivor[key] == entry[key] for key in ("file", "code", "from", "to")) and \
                entry.get("column", survivor["column"]) == survivor["column"]:
            return entry["reason"]
    return ""


def measure_coverage(builder):
    """Lines and branches of the modules that the modules' tests run through."""
    targets = programs_of(tested(modules()))
    tree = builder.build("coverage", targets)
    with tempfile.TemporaryDirectory() as folder:
        for target in targets:
            found = run_tests(tree / "tests" / target,
                              environment={"LLVM_PROFILE_FILE": f"{folder}/{target}-%p.profraw"})
            if found["failed"]:
                sys.exit(f"reliability: {target} fails:\n{found['why']}")
        profile = Path(folder) / "all.profdata"
        subprocess.run([builder.tool("llvm-profdata"), "merge", "-sparse", "-o", profile,
                        *sorted(Path(folder).glob("*.profraw"))], check=True)
        programs = [tree / "tests" / target for target in targets]
        export = subprocess.run(
            [builder.tool("llvm-cov"), "export", "-instr-profile", profile, programs[0],
             *(word for program in programs[1:] for word in ("-object", program)),
             ROOT / "modules"], check=True, text=True, capture_output=True).stdout
    return {"modules": coverage_of(json.loads(export)["data"][0])}


def coverage_of(data):
    """Lines and branches by module. A template counts once, whatever it was made for."""
    counted = {}
    for file in data["files"]:
        source = Path(file["filename"])
        module = source.exists() and module_of(source) or source.stem
        lines = line_counts(file["segments"])
        entry = counted.setdefault(module, {"lines": [0, 0], "branches": [0, 0], "missed": []})
        entry["lines"][0] += sum(count > 0 for count in lines.values())
        entry["lines"][1] += len(lines)
        sides = {}
        for branch in file["branches"]:
            place = tuple(branch[:4])
            true, false = sides.get(place, (0, 0))
            sides[place] = (true + branch[4], false + branch[5])
        entry["branches"][0] += sum((t > 0) + (f > 0) for t, f in sides.values())
        entry["branches"][1] += 2 * len(sides)
        name = source.name
        entry["missed"] += [f"{name}:{line}" for line, count in sorted(lines.items()) if not count]
        entry["missed"] += [f"{name}:{place[0]}:{place[1]} never {side}"
                            for place, (t, f) in sorted(sides.items())
                            for side, count in (("true", t), ("false", f)) if not count]
    return dict(sorted(counted.items()))


def line_counts(segments):
    """How often each line ran that has code. A segment is line, column, count, has count, is entry,
    is gap; it holds until the next one. A line counts as its busiest part, as llvm-cov has it.
    """
    counts = {}
    for segment, behind in zip(segments, segments[1:] + [None]):
        line, _, count, has_count, is_entry, is_gap = segment[:6]
        if not has_count or is_gap:
            continue
        if is_entry:
            counts[line] = max(counts.get(line, 0), count)
        last = behind[0] if behind else line
        for between in range(line + 1, last + (1 if behind and behind[1] > 1 else 0)):
            wrapped = counts.get(between)
            counts[between] = max(wrapped or 0, count)
    return counts


def measure_sanitizers(builder):
    """The modules' tests under the address and undefined-behavior and the thread sanitizers."""
    checks = (ROOT / ".ci" / "run").read_text()  # which tests, it knows
    beside = re.search(r'"\$\(all_modules\)([^"]*)" --preset fuzz', checks)[1].split()
    with_threads = re.search(r"^with_threads='([^']+)'", checks, re.MULTILINE)[1].split()
    record = {}
    for preset, names in (("address", modules() + beside), ("thread", with_threads)):
        targets = [f"{name}_test" for name in tested(names)]
        record[preset] = run_all(builder.build(preset, targets), targets)
    return record


def determinism_tests(text):
    """The names of the tests in a file that compare results between numbers of threads."""
    found = []
    pieces = re.split(r"^(?:TYPED_)?TEST(?:_F|_P)?\((\w+), (\w+)\) \{$", text, flags=re.MULTILINE)
    for suite, name, body in zip(pieces[1::3], pieces[2::3], pieces[3::3]):
        if "same_on_any_threads(" in body.split("\n}\n")[0]:
            found.append(f"{suite}.{name}")
    return found


def measure_determinism(builder):
    """The tests that compare bits on several numbers of threads."""
    support = (ROOT / "tests" / "support.cppm").read_text()
    counts = re.search(r"for \(const std::size_t count : \{([^}]+)\}\)", support)[1]
    record = {"threads": [1, *(int(number) for number in re.findall(r"\d+", counts))], "modules": {}}
    for file in sorted((ROOT / "tests").glob("*_test.cpp")):
        tests = determinism_tests(file.read_text())
        if not tests:
            continue
        name = file.stem.removesuffix("_test")
        # The name of a typed or parameterized suite has a prefix or a suffix.
        pattern = ":".join(f"{before}{suite}{behind}.{case}{last}" for suite, case in
                           (test.split(".") for test in tests)
                           for before in ("", "*/") for behind in ("", "/*") for last in ("", "/*"))
        record["modules"][name] = {"names": tests}
        for preset, suffix in IN_BOTH:
            counts = run_all(builder.build(preset, [file.stem]), [file.stem], pattern)
            record["modules"][name][f"{file.stem}{suffix}"] = counts[file.stem]
    return record


def measure_misuse(builder):
    """Cases of wrong use, each with its exception and its words in a test."""
    record = {}
    for preset, suffix in IN_BOTH:
        found = run_tests(builder.build(preset, ["misuse_test"]) / "tests" / "misuse_test")
        match = re.search(r"(\d+) cases of misuse", found["said"])
        if not match:
            sys.exit(f"reliability: misuse_test of {preset} does not print its number of cases.")
        record[f"misuse_test{suffix}"] = {"cases": int(match[1]), "failed": found["failed"]}
    return record


def measure_fuzzing(builder):
    """What `./book fuzz` fed to everything that reads files, in ten minutes for each parser."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fuzz.json"
        subprocess.run([ROOT / "book", "fuzz", "--seconds", "600", "--json", file], stdout=sys.stderr)
        if not file.exists():
            sys.exit("reliability: ./book fuzz wrote no record.")
        return {"targets": json.loads(file.read_text())}


def measure_kills(builder):
    """How often training was killed and went on to the same bits."""
    found = run_tests(builder.build("release", ["resume_test"]) / "tests" / "resume_test")
    match = re.search(r"(\d+) kills survived in (\d+) trainings", found["said"])
    if not match:
        sys.exit("reliability: resume_test does not print its number of kills.")
    return {"kills": int(match[1]), "trainings": int(match[2]), "failed": found["failed"]}


def measure_pictures(builder):
    """What the stored network reads in the pictures that data/pictures/benchmark.py draws."""
    reader = builder.build("release", ["read_pictures"]) / "tests" / "read_pictures"
    folder = BUILD / "pictures"
    shutil.rmtree(folder, ignore_errors=True)
    say(f"drawing pictures into {folder.relative_to(ROOT)} …")
    subprocess.run([sys.executable, ROOT / "data" / "pictures" / "benchmark.py", folder], check=True)
    say("reading them …")
    network = ROOT / "data" / "networks" / "cnn.safetensors"
    answers = subprocess.run([reader, network, folder], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    kinds = counted_answers(answers)
    print_answers(kinds)
    return {"kinds": kinds}


def counted_answers(lines):
    """By kind: the pictures, those read right, those refused, the answers given as 90 % probable or
    more, and how many of these were right. A line is `KIND/3a.png`, the answer, its probability.
    """
    kinds = {}
    for line in lines.splitlines():
        file, answer, probability = line.split("\t")
        kind, name = file.split("/")
        counts = kinds.setdefault(kind.split(" ", 1)[1], {
            "pictures": 0, "right": 0, "refused": 0, "certain": 0, "certain and right": 0})
        counts["pictures"] += 1
        if answer == "none":
            counts["refused"] += 1
            continue
        certain = float(probability) >= 0.9
        counts["right"] += answer == name[0]
        counts["certain"] += certain
        counts["certain and right"] += certain and answer == name[0]
    return kinds


def print_answers(kinds):
    total = {key: sum(counts[key] for counts in kinds.values()) for key in next(iter(kinds.values()))}
    print(f"{'kind':32}" + "".join(f"{key:>10}" for key in ("pictures", "right", "refused", "certain", "of these"))
          + " right")
    for kind, counts in [*kinds.items(), ("all", total)]:
        print(f"{kind:32}" + "".join(f"{count:>10}" for count in counts.values()))


PARTS = {"mutation": measure_mutation, "coverage": measure_coverage,
         "sanitizers": measure_sanitizers, "determinism": measure_determinism,
         "misuse": measure_misuse, "fuzzing": measure_fuzzing, "kills": measure_kills,
         "pictures": measure_pictures}


# ------------------------------------------------------------------------------------ the records


def read_record(part):
    file = RECORDS / f"{part}.json"
    return json.loads(file.read_text()) if file.exists() else {}


def save_record(part, measured, builder):
    RECORDS.mkdir(exist_ok=True)
    record = {"date": time.strftime("%Y-%m-%d"), "machine": machine(),
              "compiler": builder.version(), "commit": commit(), "command": f"./book reliability {part}", **measured}
    file = RECORDS / f"{part}.json"
    if kept := results.write(file, json.dumps(record, indent=1, ensure_ascii=False) + "\n"):
        say(f"recorded: {file.relative_to(ROOT)}")
    return kept


def main():
    parser = argparse.ArgumentParser(prog="./book reliability", description=__doc__.split("\n\n")[0])
    parser.add_argument("--cmake", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--compiler", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--only-options", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=", ".join([*PARTS, *(f"mutation.{name}" for name in MUTATED)]))
    options = parser.parse_args()
    names = ["mutation", *(f"mutation.{module}" for module in MUTATED), *(part for part in PARTS if part != "mutation")]
    for part in options.parts:
        if part not in names:
            parser.error(f"there is no part '{part}'; there are: {', '.join(names)}.")
    if options.only_options:
        return
    builder = Builder(options.cmake, options.compiler)
    kept = True
    for part in options.parts or PARTS:
        name, _, module = part.partition(".")
        measured = PARTS[name](builder, module) if module else PARTS[name](builder)
        kept &= save_record(name, measured, builder)
    if not kept:
        sys.exit(1)


if __name__ == "__main__":
    main()
