"""`./book fuzz`: feeds made-up files to each parser for a while and reports the results.

What a run learns stays in build/fuzz/corpus, and the next goes on from there. An input that a parser
does not answer as it should is kept in build/fuzz/faults, and tried first by the next run.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "reliability"))

import results  # noqa: E402

NAMES = sorted(file.stem for file in HERE.glob("*.cpp") if file.stem not in ("target", "replay"))

# The largest input in bytes, and the largest allocation in megabytes: inputs are so small that a
# parser which asks for more was lied to by a header and believed it. A compressed file holds up to
# 1,032 times its size, with four bytes for each byte of it or, in a PNG, for each bit. A WebP is
# believed up to 16,384 pixels for each of its bytes, with three colors of four bytes.
LIMITS = {name: (4096, 2) for name in NAMES} | {
    "csv": (4096, 32), "gzip": (4096, 32), "idx": (4096, 32), "pictures": (512, 128)}
LARGEST_MEMORY_MB = 1024
LONGEST_INPUT_SECONDS = 10


class Run:
    """One target at work."""

    def __init__(self, name, programs, seconds):
        self.name = name
        self.log = programs / f"fuzz_{name}.log"
        self.begun = time.monotonic()
        build = programs.parents[1]
        learnt, faults = build / "corpus" / name, build / "faults" / name
        learnt.mkdir(parents=True, exist_ok=True)
        faults.mkdir(parents=True, exist_ok=True)
        length, allocation = LIMITS[name]
        command = [
            programs / f"fuzz_{name}", f"-max_total_time={seconds}", f"-max_len={length}",
            f"-malloc_limit_mb={allocation}", f"-rss_limit_mb={LARGEST_MEMORY_MB}",
            f"-timeout={LONGEST_INPUT_SECONDS}", "-print_final_stats=1",
            f"-artifact_prefix={faults}/"]
        if (words := HERE / f"{name}.dict").exists():
            command.append(f"-dict={words}")
        with self.log.open("w") as log:
            # In a separate session, so that we get Ctrl-C and pass it on.
            self.process = subprocess.Popen(
                command + [learnt, faults, HERE / "corpus" / name], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
                env=os.environ | {"ASAN_OPTIONS": "quarantine_size_mb=16"})

    def figures(self):
        """What its log tells, once it has ended."""
        seconds = time.monotonic() - self.begun
        log = self.log.read_text(errors="replace")
        inputs = int(self.last(r"number_of_executed_units: (\d+)", log, 0))
        return {"target": self.name, "seconds": round(seconds), "inputs": inputs,
                "edges": int(self.last(r"cov: (\d+)", log, 0)),
                "inputs_per_second": round(inputs / seconds),
                "faults": int(self.process.returncode not in (0, 72))}  # 72: interrupted

    def fault(self):
        """What went wrong, and the file to try again."""
        log = self.log.read_text(errors="replace")
        kinds = r"fuzz: (.+)", r"what\(\):\s+(.+)", r"runtime error: (.+)", r"SUMMARY: \w+: (.+)"
        whats = [found for kind in kinds if (found := self.last(kind, log))]
        what = whats[0] if whats else f"ended with status {self.process.returncode}"
        return what, self.last(r"Test unit written to (.+)", log)

    @staticmethod
    def last(pattern, text, default=None):
        found = re.findall(pattern, text)
        return found[-1] if found else default


def show(figures):
    print("{target:<14}{inputs:>14,}{edges:>10,}{inputs_per_second:>14,}{faults:>10}".format(**figures),
          flush=True)


def run_all(names, programs, seconds):
    """Runs the targets, as many at once as there are cores. Returns the runs, and whether they were
    interrupted."""
    waiting, running, ended, interrupted = list(names), [], [], False
    while running or (waiting and not interrupted):
        try:
            while waiting and not interrupted and len(running) < len(os.sched_getaffinity(0)):
                running.append(Run(waiting.pop(0), programs, seconds))
            time.sleep(0.1)
        except KeyboardInterrupt:
            interrupted = True
        if interrupted:  # again and again: a training takes the first Ctrl-C for itself
            for run in running:
                run.process.send_signal(signal.SIGINT)
        for run in [run for run in running if run.process.poll() is not None]:
            running.remove(run)
            ended.append((run, run.figures()))
            show(ended[-1][1])
    return ended, interrupted


def arguments():
    parser = argparse.ArgumentParser(prog="./book fuzz", description="Fuzzes the parsers.")
    parser.add_argument("--programs", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=30, help="time for each parser; 30 by default")
    parser.add_argument("--json", type=results.writable, metavar="FILE",
                        help="also write the results to this file")
    parser.add_argument("--only-options", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    given = parser.parse_args()
    if given.seconds < 1:
        parser.error(f"--seconds is {given.seconds}, expected 1 or more.")
    for name in given.names:
        if name not in NAMES:
            parser.error(f"there is no target '{name}'; there are: {', '.join(NAMES)}.")
    return given


def main():
    given = arguments()
    if given.only_options:
        return
    print(f"{'target':<14}{'inputs':>14}{'edges':>10}{'inputs/s':>14}{'faults':>10}", flush=True)
    ended, interrupted = run_all(given.names or NAMES, given.programs, given.seconds)
    kept = True
    if given.json:
        kept = results.write(given.json, json.dumps([figures for _, figures in ended], indent=2) + "\n")
    faulty = [run for run, figures in ended if figures["faults"]]
    for run in faulty:
        what, file = run.fault()
        print(f"\n{run.name}: {what}\n  the full output: {run.log}", file=sys.stderr)
        if file:
            print(f"  the input, tried first next time: {file}", file=sys.stderr)
    if faulty or not kept:
        sys.exit(1)
    if interrupted:
        print("fuzz: interrupted; the corpus so far is kept.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
