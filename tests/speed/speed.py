"""The table of `./book speed`: runs the programs beside it, ours and others' in turns, and prints what
came of it. Everything measured goes into a JSON file as well.

Medians stand in the tables; ± is half the distance between the quartiles. A ratio is ours to theirs,
each with the number of threads that serves it best.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "reliability"))

import results  # noqa: E402

NETWORKS = {"mlp": "MLP 784-256-256-10", "cnn": "CNN conv 8 5×5, pool, conv 16 5×5, pool, 128, 10"}
WANTED = {"mlp": 0.9731, "cnn": 0.99}  # accuracies: that of an older report, and the next round one
# Multiply-adds of one image: forward, gradients of the weights, gradients of the inputs but for the
# first layer, whose input is the image.
MULTIPLY_ADDS = {
    "mlp": 2 * (784 * 256 + 256 * 256 + 256 * 10) + 256 * 256 + 256 * 10,
    "cnn": 2 * (24**2 * 8 * 25 + 8**2 * 16 * 8 * 25 + 256 * 128 + 128 * 10)
    + 8**2 * 16 * 8 * 25 + 256 * 128 + 128 * 10,
}


class Racer:
    """A program that answers questions, one a line, with a line of JSON."""

    def __init__(self, name, command):
        self.name = name
        self.command = command
        self.process = None

    def ask(self, question):
        if self.process is None:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"speed: {self.name} gave no answer to '{question}'.")
        return json.loads(line)

    def ask_alone(self, question):
        """The answer of a process of its own, and how long all of that took."""
        begun = time.perf_counter()
        done = subprocess.run(self.command, input=question + "\n", text=True, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"speed: {self.name} failed at '{question}': {done.stderr.strip()}")
        return json.loads(done.stdout), time.perf_counter() - begun


def torch_python():
    """A Python that has PyTorch: that of `./book speed --peers`, else the system's."""
    for python in (HERE.parents[1] / "build" / "peers" / "bin" / "python",
                   Path("/usr/bin/python3")):
        if python.exists() and not subprocess.run(
                [python, "-c", "import torch"], capture_output=True).returncode:
            return python
    return None


def median(values):
    return statistics.median(values)


def spread(values):
    if len(values) < 2:
        return 0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(v) for v in values))


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}")


# ------------------------------------------------------------------------------------ the machine


def machine():
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    flags = Path("/proc/cpuinfo").read_text()
    bits = 512 if "avx512f" in flags else 256 if "avx" in flags else 128
    return {"processor": model, "vector_bits": bits, "cores": len(os.sched_getaffinity(0))}


# ------------------------------------------------------------------------------------ the kernels


def run_kernels(program, rounds, seconds):
    """{(what, shape, who, threads): [rates]}"""
    command = [program, "--benchmark_format=json", f"--benchmark_min_time={seconds}",
               f"--benchmark_repetitions={rounds}", "--benchmark_enable_random_interleaving=true"]
    done = subprocess.run(command, text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"speed: the kernels failed: {done.stderr.strip()}")
    rates = {}
    runs = json.loads(done.stdout)["benchmarks"]
    for run in sorted(runs, key=lambda run: run["family_index"]):  # as they were registered
        if run["run_type"] != "iteration":
            continue
        *name, threads = run["name"].removesuffix("/real_time").split("/")
        rate = run.get("FLOP/s") or run.get("B/s")
        rates.setdefault(("/".join(name), int(threads)), []).append(rate)
    return rates


def print_limits(kernels):
    for threads in (1, 2):
        fma = median(kernels["limit/multiply-add/machine", threads])
        memory = median(kernels["limit/memory/machine", threads])
        print(f"{threads} thread{'s' if threads > 1 else ' '}  {fma / 1e9:7.1f} GFLOP/s of "
              f"multiply-adds  {memory / 1e9:6.1f} GB/s of memory")


def print_kernels(kernels, what, peer):
    """A table of ours beside the peer's; returns the geometric means over all but 1024³."""
    shapes = list(dict.fromkeys(
        name.split("/")[1] for name, _ in kernels if name.startswith(what + "/")))
    summary = {}
    with_peer = any(name.endswith("/" + peer) for name, _ in kernels)
    print(f"{'':<36}{'1 thread':^21}{'2 threads':^21}")
    print(f"{'':<36}" + f"{'GFLOP/s':>8}{'limit':>6}{'ratio':>7}" * 2)
    for shape in shapes:
        row = f"{shape:<36}"
        for threads in (1, 2):
            ours = median(kernels[f"{what}/{shape}/ours", threads])
            part = ours / median(kernels["limit/multiply-add/machine", threads])
            row += f"{ours / 1e9:8.1f}{part:6.2f}"
            entry = summary.setdefault(threads, {"limit": [], "ratio": []})
            if shape != "1024³":
                entry["limit"].append(part)
            if with_peer:
                ratio = ours / median(kernels[f"{what}/{shape}/{peer}", threads])
                row += f"{ratio:7.2f}"
                if shape != "1024³":
                    entry["ratio"].append(ratio)
            else:
                row += " " * 7
        print(row.rstrip())
    row = f"{'geometric mean, training shapes':<36}"
    for threads in (1, 2):
        entry = {k: geometric_mean(v) for k, v in summary[threads].items() if v}
        summary[threads] = entry
        row += f"{'':8}{entry['limit']:6.2f}" + (f"{entry['ratio']:7.2f}" if with_peer else " " * 7)
    print(row.rstrip())
    return summary


# --------------------------------------------------------------------------------------- the race


def questions(seconds):
    """(question without threads, title, unit, whether more is better)"""
    for network, title in NETWORKS.items():
        for optimizer in ("sgd", "adam") if network == "mlp" else ("adam",):
            name = {"sgd": "SGD", "adam": "Adam"}[optimizer]
            yield (f"train {network} {optimizer}", f"{network.upper()} training, {name}", "images/s",
                   seconds)
    for network in NETWORKS:
        yield f"infer {network}", f"{network.upper()} inference", "images/s", seconds / 2
    for network in NETWORKS:
        yield f"latency {network}", f"{network.upper()} latency", "µs", seconds / 4


def race(racers, rounds, asked):
    """{question: {racer: {threads: [answers]}}}, asked in turns."""
    answers = {}
    for _ in range(rounds):
        for question, _, _, duration in asked:
            for threads in (1, 2):
                for racer in racers:
                    answer = racer.ask(f"{question} {threads} {duration}")
                    answers.setdefault(question, {}).setdefault(racer.name, {}).setdefault(
                        threads, []).append(answer)
    return answers


def print_race(answers, racers, limits):
    theirs = racers[1].name if len(racers) > 1 else None
    print(f"{'':<24}{'threads':>8}{'ours':>18}" +
          (f"{theirs:>18}{'ratio':>8}" if theirs else f"{'':>8}") )
    summary = {}
    for question, title, unit, _ in questions(1):
        latency = unit == "µs"
        scale = 1e6 if latency else 1
        best = {}
        for racer, by_threads in answers[question].items():
            medians = {t: median(v) for t, v in by_threads.items()}
            best[racer] = (min if latency else max)(medians.values())
        entry = {}
        if theirs:
            entry["ratio"] = best[theirs] / best["ours"] if latency else best["ours"] / best[theirs]
        for threads in (1, 2):
            row = f"{title if threads == 1 else '  ' + unit:<24}{threads:>8}"
            for racer in answers[question]:
                values = [scale * v for v in answers[question][racer][threads]]
                cell = (f"{median(values):.1f} ± {spread(values):.1f}" if latency
                        else f"{median(values):,.0f} ± {spread(values):,.0f}")
                row += f"{cell:>18}"
            if theirs and threads == 2:
                row += f"{entry['ratio']:8.2f}"
            print(row)
        if question.startswith("train"):
            network = question.split()[1]
            by_threads = {t: median(v) for t, v in answers[question]["ours"].items()}
            entry["second core"] = by_threads[2] / by_threads[1]
            entry["limit"] = {t: 2 * MULTIPLY_ADDS[network] * r / limits[t]
                              for t, r in by_threads.items()}
        summary[question] = entry
    print()
    for question, title, _, _ in questions(1):
        if question.startswith("train"):
            entry = summary[question]
            print(f"{title + ':':<24} {entry['limit'][1]:.2f} of the limit on one thread, "
                  f"{entry['limit'][2]:.2f} on two; second core {entry['second core']:.2f}")
    return summary


def print_around(ours, answers, rounds, seconds):
    """What stands before the training, beside the training that it must keep up with."""
    found = {}
    training = max(median(v) for v in answers["train mlp sgd"]["ours"].values())
    for kind, title in (("affine", "turned, shifted, scaled, sheared"), ("elastic", "bent as well")):
        rates = {threads: median([ours.ask(f"augment {kind} {threads} {seconds / 4}")
                                  for _ in range(rounds)]) for threads in (1, 2)}
        found[f"augment {kind}"] = rates
        print(f"images {title:<34}{rates[1]:>10,.0f} images/s on one thread, {rates[2]:,.0f} on two: "
              f"{max(rates.values()) / training:.1f} times MLP training")
    rows = median([ours.ask(f"csv {seconds / 4}") for _ in range(rounds)])
    found["csv"] = rows
    print(f"{'rows of CSV read':<41}{rows:>10,.0f} rows/s on one thread: 42,000 in {42_000 / rows:.2f} s")
    return found


def print_footprint(racers, rounds):
    print(f"{'':<40}" + "".join(f"{racer.name:>18}" for racer in racers))
    found = {}
    rows = [(f"memory {network}", f"peak memory beyond the data, {network.upper()}")
            for network in NETWORKS] + [("start", "start to first prediction")]
    for question, title in rows:
        row = f"{title:<40}"
        for racer in racers:
            runs = [racer.ask_alone(question) for _ in range(rounds)]
            if question == "start":
                value = median([took for _, took in runs])
                row += f"{1e3 * value:15.1f} ms"
            else:
                value = median([answer for answer, _ in runs])
                row += f"{value / 1e6:15.1f} MB"
            found.setdefault(question, {})[racer.name] = value
        print(row)
    return found


def print_learning(racers, seeds):
    threads = min(2, len(os.sched_getaffinity(0)))
    found = {}
    for network, wanted in WANTED.items():
        for racer in racers:
            runs = [racer.ask(f"learn {network} {threads} {seed}") for seed in range(1, seeds + 1)]
            seconds = [run["seconds"] for run in runs]
            missed = sum(run["accuracy"] < wanted for run in runs)
            found.setdefault(network, {})[racer.name] = runs
            deviation = statistics.stdev(seconds) if seeds > 1 else 0
            print(f"{network.upper()} to {100 * wanted:.2f} %{racer.name:>18}  "
                  f"{statistics.fmean(seconds):6.2f} ± {deviation:.2f} s of training, "
                  f"{statistics.fmean(run['steps'] for run in runs):,.0f} steps"
                  + (f"; {missed} of {seeds} missed" if missed else ""))
    return found


def main():
    parser = argparse.ArgumentParser(prog="book speed", description=__doc__.split("\n\n")[0])
    parser.add_argument("--programs", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5, help="how often each figure is taken")
    parser.add_argument("--seconds", type=float, default=1.0, help="for one figure of the race")
    parser.add_argument("--seeds", type=int, default=10, help="trainings to a given accuracy")
    parser.add_argument("--json", type=results.writable, default=None, help="where the results go")
    parser.add_argument("--only-options", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--check", action="store_true",
                        help="only see that all of it runs, PyTorch too, and that both sides reach "
                        "the wanted accuracies")
    options = parser.parse_args()
    if options.check:
        options.rounds, options.seconds, options.seeds = 1, 0.02, 1
    if options.rounds < 1 or options.seeds < 0 or not options.seconds > 0:
        parser.error("expected at least 1 round, 0 seeds and more than 0 seconds")
    if options.only_options:
        return

    # Whoever set these for some other program did not mean to hold a peer back here.
    for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
        del os.environ[name]
    racers = [Racer("ours", [options.programs / "speed_training"])]
    python = torch_python()
    result = {"machine": machine()}
    if python:
        peer = Racer("PyTorch", [python, HERE / "training.py"])
        result["pytorch"] = peer.ask("version")
        peer.name = f"PyTorch {result['pytorch'].split('+')[0]}"
        racers.append(peer)
    else:
        print("without PyTorch: ./book speed --peers installs it")

    heading("The machine")
    found = result["machine"]
    print(f"{found['processor']}, {found['cores']} cores, {found['vector_bits']}-bit vectors")
    kernels = run_kernels(options.programs / "speed_kernels", options.rounds,
                          options.seconds / 20)
    print_limits(kernels)
    limits = {t: median(kernels["limit/multiply-add/machine", t]) for t in (1, 2)}

    heading("The matrix product: GFLOP/s, part of the limit, ratio to OpenBLAS")
    result["matmul"] = print_kernels(kernels, "matmul", "OpenBLAS")
    heading("The convolution, batch 100: GFLOP/s, part of the limit, ratio to oneDNN")
    result["convolution"] = print_kernels(kernels, "convolution", "oneDNN")
    result["kernels"] = {f"{name}/{threads}": rates for (name, threads), rates in kernels.items()}

    heading("Whole networks: training at batch 100, inference at 1,000, latency at 1")
    answers = race(racers, options.rounds, list(questions(options.seconds)))
    result["race"] = answers
    result["summary"] = print_race(answers, racers, limits)

    heading("Before the training: augmentation at batch 100, Kaggle's CSV")
    result["around"] = print_around(racers[0], answers, options.rounds, options.seconds)

    heading("Memory and start")
    result["footprint"] = print_footprint(racers, options.rounds)
    if options.seeds > 0:
        heading(f"Training to an accuracy on the test set, mean of {options.seeds} seeds")
        result["learning"] = print_learning(racers, options.seeds)

    target = options.json or options.programs.parents[1] / "speed.json"
    if not results.write(target, json.dumps(result, indent=2) + "\n"):
        sys.exit(1)
    print(f"\nAll figures: {target}")
    if options.check:
        missed = [f"{racer} at {network}" for network, by_racer in result["learning"].items()
                  for racer, runs in by_racer.items() if runs[0]["accuracy"] < WANTED[network]]
        if missed or not python:
            sys.exit("speed: " + (f"missed the accuracy: {', '.join(missed)}." if missed
                                  else "no PyTorch to compare with."))


if __name__ == "__main__":
    main()
