"""The tables of the page on reliability, from the records that `./book reliability` wrote into
docs/reliability/.
"""

import json
from pathlib import Path

RECORDS = Path(__file__).resolve().parents[1] / "reliability"
STAGES = ("float", "double", "sanitizers")


class RecordError(Exception):
    """A table or a figure that there is not."""


class NotMeasured(RecordError):
    """No record yet: no error of the page that asks for it."""


def read_record(part, folder=RECORDS):
    file = folder / f"{part}.json"
    if not file.exists():
        raise NotMeasured(f"not measured yet (./book reliability {part})")
    return json.loads(file.read_text())


def percent(part, whole):
    """Rounded down, so that 100 % means all."""
    tenths = 1000 * part // whole if whole else 1000
    return f"{tenths // 10}.{tenths % 10} %"


# ------------------------------------------------------------------------------------- the tables


def mutation_scores(module):
    """Caught, those that count, and the survivors that change nothing that can be seen."""
    caught = sum(module["caught"].values())
    equal = sum(bool(survivor["reason"]) for survivor in module["survivors"])
    return caught, caught + len(module["survivors"]), equal


def mutation(record):
    rows = []
    for name, module in record["modules"].items():
        caught, counted, equal = mutation_scores(module)
        rows.append([f"nn.{name}", counted, caught, percent(caught, counted), equal,
                     percent(caught, counted - equal)])
    return ["module", "mutants", "caught", "score", "survivors that change nothing",
            "score without these"], rows


def mutants(record):
    header = ["module", "found", "tried", "do not compile", "same machine code", "caught in float",
              "in double only", "by the sanitizers only", "measured"]
    return header, [[f"nn.{name}", module["mutants"], module["tried"], module["does not compile"],
                     module["same code"], *(module["caught"].get(stage, 0) for stage in STAGES),
                     f"{module['date']}, {module['commit']}"]
                    for name, module in record["modules"].items()]


def survivors(record):
    rows = [[f"{one['file']}:{one['line']}", f"`{one['code']}`",
             f"{one['from']} → {one['to'] or 'nothing'}", one["reason"] or "not caught"]
            for module in record["modules"].values() for one in module["survivors"]]
    return ["place", "code", "change", "why no test sees it"], rows


def summed(modules, what):
    return [sum(module[what][i] for module in modules) for i in (0, 1)]


def coverage(record):
    rows = []
    modules = record["modules"]
    for name, module in [*modules.items(),
                         ("all", {what: summed(modules.values(), what)
                                  for what in ("lines", "branches")})]:
        row = ["all modules" if name == "all" else f"nn.{name}"]
        for what in ("lines", "branches"):
            run, there = module[what]
            row += [f"{run} of {there}", percent(run, there)]
        rows.append(row)
    return ["module", "lines run", "lines", "branches run", "branches"], rows


def sanitizers(record):
    names = {"address": "address and undefined behavior", "thread": "threads"}
    return ["sanitizer", "test programs", "tests", "failed"], [
        [title, len(record[key]), sum(one["tests"] for one in record[key].values()),
         sum(one["failed"] for one in record[key].values())] for key, title in names.items()]


def determinism(record):
    rows = []
    for name, module in record["modules"].items():
        runs = [module[key] for key in (f"{name}_test", f"{name}_test_double")]
        rows.append([name, ", ".join(module["names"]), sum(run["tests"] for run in runs),
                     sum(run["failed"] for run in runs)])
    return ["tests of", "tests", "runs, float and double", "differ"], rows


def misuse(record):
    rows = [[title, record[key]["cases"], record[key]["failed"]]
            for key, title in (("misuse_test", "float"), ("misuse_test_double", "double"))]
    return ["built in", "cases", "failed"], rows


def fuzzing(record):
    rows = [[one["target"], one["seconds"], f"{one['inputs']:,}", one["faults"]]
            for one in record["targets"]]
    return ["what reads", "seconds", "inputs", "faults"], rows


def kills(record):
    return ["kills", "trainings", "tests failed"], [
        [record["kills"], record["trainings"], record["failed"]]]


def pictures(record):
    kinds = record["kinds"]
    total = {key: sum(counts[key] for counts in kinds.values()) for key in next(iter(kinds.values()))}
    rows = [[name, *counts.values()] for name, counts in [*kinds.items(), ("all", total)]]
    return ["kind", "pictures", "read right", "refused", "90 % sure or more", "right among these"], rows


TABLES = {"mutation": mutation, "mutants": mutants, "survivors": survivors, "coverage": coverage,
          "sanitizers": sanitizers, "determinism": determinism, "misuse": misuse,
          "fuzzing": fuzzing, "kills": kills, "pictures": pictures}

RECORD_OF = {"mutants": "mutation", "survivors": "mutation"}


def table(name, folder=RECORDS):
    """Heading, rows, and a line on how they were measured."""
    if name not in TABLES:
        raise RecordError(f"there is no table '{name}'; there are: {', '.join(TABLES)}")
    record = read_record(RECORD_OF.get(name, name), folder)
    header, rows = TABLES[name](record)
    return header, rows, measured_by(record)


def measured_by(record):
    return (f"{record['command']}, {record['date']}, commit {record['commit']}, "
            f"{record['compiler']}, {record['machine']}")


# ------------------------------------------------------------------------------------ the figures


def figure(text, folder=RECORDS):
    """One number for a sentence: `coverage lines`, `mutation least`, `fuzzing inputs`."""
    part, _, what = text.partition(" ")
    record = read_record(part, folder)
    try:
        return FIGURES[part, what](record)
    except KeyError:
        raise RecordError(f"there is no figure '{text}'") from None


FIGURES = {
    ("mutation", "least"): lambda record: min(
        (percent(*mutation_scores(module)[:2]) for module in record["modules"].values()),
        key=lambda text: float(text.split()[0])),
    ("mutation", "tried"): lambda record: str(sum(m["tried"] for m in record["modules"].values())),
    ("coverage", "lines"): lambda record: percent(*summed(record["modules"].values(), "lines")),
    ("coverage", "branches"): lambda record: percent(*summed(record["modules"].values(), "branches")),
    ("sanitizers", "tests"): lambda record: str(sum(
        one["tests"] for key in ("address", "thread") for one in record[key].values())),
    ("sanitizers", "failed"): lambda record: str(sum(
        one["failed"] for key in ("address", "thread") for one in record[key].values())),
    ("determinism", "threads"): lambda record:
        ", ".join(map(str, record["threads"][:-1])) + f" and {record['threads'][-1]}",
    ("determinism", "tests"): lambda record: str(sum(
        len(module["names"]) for module in record["modules"].values())),
    ("misuse", "cases"): lambda record: str(record["misuse_test"]["cases"]),
    ("fuzzing", "inputs"): lambda record: f"{sum(one['inputs'] for one in record['targets']):,}",
    ("fuzzing", "faults"): lambda record: str(sum(one["faults"] for one in record["targets"])),
    ("kills", "survived"): lambda record: str(record["kills"]),
}
