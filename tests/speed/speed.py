"""Measures the speed and memory of the library: runs its benchmark programs and, if they are installed, those of the
other libraries alternately, prints tables of the results, and writes all of them to a JSON file.

The tables show medians; ± is half the distance between the quartiles, in percent of the median. A ratio is ours to
that of the best peer, each with the number of threads that suits it best.
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
FIGURES = HERE.parents[1] / "docs" / "figures"
sys.path.insert(0, str(HERE.parent / "reliability"))

import results  # noqa: E402

NETWORKS = {  # as training.cpp names them
    "mlp": ("MLP", "MLP 784-256-256-10"),
    "cnn": ("small CNN", "small CNN: conv 8 5×5, pool, conv 16 5×5, pool, 128, 10"),
    "book_cnn": ("CNN", "CNN of chapter 10: conv 16 5×5, pool, conv 32 5×5, pool, 128, 10"),
    "lstm": ("LSTM", "LSTM: 28 steps of 28, 128 units, 10"),
    "gru": ("GRU", "GRU: the same"),
    "transformer": ("transformer", "transformer: 28 places of 28, 128 features, 2 blocks of 4 heads, 10"),
}
WANTED = {  # validation accuracies: that of Pelfresne and Vapaille (appendix A.2), and the next round one
    "mlp": ("MLP", 0.9731),
    "normalized_cnn": ("small CNN with batch normalization", 0.99),
}


def multiply_adds(layers):
    """Multiply-adds of one image in training, from the layers' forward ones: forward, gradients of the weights,
    and gradients of the inputs but for the first layer, whose input is the image."""
    return 3 * sum(layers) - layers[0]


MULTIPLY_ADDS = {
    "mlp": multiply_adds([784 * 256, 256 * 256, 256 * 10]),
    "cnn": multiply_adds([24**2 * 8 * 25, 8**2 * 16 * 8 * 25, 256 * 128, 128 * 10]),
    "book_cnn": multiply_adds([24**2 * 16 * 25, 8**2 * 32 * 16 * 25, 512 * 128, 128 * 10]),
    "lstm": multiply_adds([28 * 28 * 4 * 128, 28 * 128 * 4 * 128, 128 * 10]),
    "gru": multiply_adds([28 * 28 * 3 * 128, 28 * 128 * 3 * 128, 128 * 10]),
    "transformer": multiply_adds([28 * 28 * 128, 2 * 28 * (12 * 128**2 + 2 * 28 * 128), 28 * 128 * 10]),
}
# Peers are held to AVX2 by these, each in its own process.
AVX2_ONLY = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell",
             "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}


class Racer:
    """A program that answers questions, one a line, with a line of JSON.

    `knows` names the questions that it answers, if not all. A program that takes its number of threads from the
    cores it may use answers questions about one thread in a second process, which has one core.
    """

    def __init__(self, name, command, knows=None, threads_are_cores=False):
        self.name = name
        self.command = command
        self.knows = knows
        self.threads_are_cores = threads_are_cores
        self.processes = {}

    def answers(self, question):
        return self.knows is None or question.startswith(self.knows)

    def ask(self, question, threads=None):
        command, key = self.command, None
        if self.threads_are_cores and threads == 1:
            command, key = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0))), *command], 1
        if key not in self.processes:
            self.processes[key] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process = self.processes[key]
        process.stdin.write(question + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            sys.exit(f"speed: {self.name} gave no answer to '{question}'.")
        return json.loads(line)

    def ask_alone(self, question):
        """The answer of a process started for it, and how long all of that took."""
        begun = time.perf_counter()
        done = subprocess.run(self.command, input=question + "\n", text=True, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"speed: {self.name} failed at '{question}': {done.stderr.strip()}")
        return json.loads(done.stdout), time.perf_counter() - begun


def python_with(package):
    """A Python that has the package: that of `./book speed --peers`, else the system's."""
    for python in (HERE.parents[1] / "build" / "peers" / "bin" / "python",
                   Path("/usr/bin/python3")):
        if python.exists() and not subprocess.run(
                [python, "-c", f"import {package}"], capture_output=True).returncode:
            return python
    return None


def find_peers():
    """The peers that are installed, best known first."""
    peers = []
    if python := python_with("torch"):
        peers.append(Racer("PyTorch", [python, HERE / "training.py"]))
    if python := python_with("jax"):
        knows = tuple(f"{what} {network}" for what in ("train", "infer", "latency")
                      for network in ("mlp", "cnn", "book_cnn"))
        peers.append(Racer("JAX", [python, HERE / "training_jax.py"], knows, threads_are_cores=True))
    for peer in peers:
        peer.version = peer.ask("version").split("+")[0]
    return peers


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


def machine(ours):
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), **ours.ask("machine")}


# ------------------------------------------------------------------------------------ the kernels


def run_kernels(program, rounds, seconds, pattern):
    """{(what, shape, who, threads): [rates]}"""
    command = [program, "--benchmark_format=json", f"--benchmark_filter={pattern}", f"--benchmark_min_time={seconds}",
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
    """A table of ours next to the peer's; returns the geometric means over all but 1024³."""
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
    """{heading: [(question without threads, title, duration)]}"""
    training = [("train mlp sgd", "MLP, SGD", seconds)] + [
        (f"train {network} adam", f"{title}, Adam", seconds)
        for network, (title, _) in NETWORKS.items()]
    images = [network for network in NETWORKS if network not in ("lstm", "gru")]
    return {
        "Training at batch 100, images/s": training,
        "Inference at batch 1,000, images/s": [
            (f"infer {network}", NETWORKS[network][0], seconds / 2) for network in images],
        "The language model of chapter 19, 8 windows of 128 characters, characters/s": [
            ("characters train", "training, Adam", seconds), ("characters infer", "inference", seconds / 2)],
        "One image, µs": [
            (f"latency {network}", NETWORKS[network][0], seconds / 4) for network in images],
    }


def race(racers, rounds, asked):
    """{question: {racer: {threads: [answers]}}}, asked in turns."""
    answers = {}
    for _ in range(rounds):
        for question, _, duration in asked:
            for threads in (1, 2):
                for racer in racers:
                    if not racer.answers(question):
                        continue
                    answer = racer.ask(f"{question} {threads} {duration}", threads)
                    answers.setdefault(question, {}).setdefault(racer.name, {}).setdefault(
                        threads, []).append(answer)
    return answers


def best_of(by_threads, is_latency):
    return (min if is_latency else max)(median(values) for values in by_threads.values())


def print_race(answers, racers, limits):
    """A table under each heading; returns {question: ratio, part of the limit, gain by the second core}."""
    summary = {}
    for title, rows in questions(1).items():
        heading(title)
        print(f"{'':<17}threads" + "".join(f"{racer.name:>16}" for racer in racers) +
              (f"{'ratio':>7}" if len(racers) > 1 else ""))
        for question, name, _ in rows:
            is_latency = question.startswith("latency")
            best = {racer: best_of(by_threads, is_latency)
                    for racer, by_threads in answers[question].items()}
            ours = best.pop("ours")
            entry = summary.setdefault(question, {})
            if best:
                peer = (min if is_latency else max)(best, key=best.get)
                entry["peer"] = peer
                entry["ratio"] = best[peer] / ours if is_latency else ours / best[peer]
            for threads in (1, 2):
                row = f"{name if threads == 1 else '':<17}{threads:>7}"
                for racer in racers:
                    values = answers[question].get(racer.name, {}).get(threads)
                    cell = ""
                    if values:
                        middle = median(values)
                        cell = f"{1e6 * middle:.1f}" if is_latency else f"{middle:,.0f}"
                        cell += f" ± {100 * spread(values) / middle:.0f} %"
                    row += f"{cell:>16}"
                if threads == 2 and best:
                    row += f"{entry['ratio']:7.2f}"
                print(row.rstrip())
    heading("Training: fraction of the multiply-add limit, speedup from the second core")
    for question, name, _ in questions(1)["Training at batch 100, images/s"]:
        network = question.split()[1]
        by_threads = {t: median(v) for t, v in answers[question]["ours"].items()}
        entry = summary[question]
        entry["second core"] = by_threads[2] / by_threads[1]
        entry["limit"] = {t: 2 * MULTIPLY_ADDS[network] * r / limits[t] for t, r in by_threads.items()}
        print(f"{name:<17} {entry['limit'][1]:.2f} on one thread, {entry['limit'][2]:.2f} on two; "
              f"second core {entry['second core']:.2f}")
    return summary


def shares_of_layers(ours, seconds):
    """The fraction of a step that batch normalization and dropout take in the CNN that has both."""
    parts = ours.ask(f"profile dropped_cnn 2 {seconds}")
    whole = sum(part["seconds"] for part in parts)
    found = {layer: sum(part["seconds"] for part in parts if part["name"].startswith(layer)) / whole
             for layer in ("BatchNorm", "Dropout")}
    print(f"In the CNN with both, batch normalization takes {100 * found['BatchNorm']:.1f} % of a step, "
          f"dropout {100 * found['Dropout']:.1f} %.")
    return found


def print_around(ours, answers, rounds, seconds):
    """What comes before training, compared with the training that it must keep up with."""
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
    racers = [racer for racer in racers if racer.answers("memory")]
    print(f"{'':<40}" + "".join(f"{racer.name:>18}" for racer in racers))
    found = {}
    rows = [(f"memory {network}", f"peak memory beyond the data, {NETWORKS[network][0]}")
            for network in ("mlp", "cnn")] + [("start", "start to first prediction")]
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
    for network, (title, wanted) in WANTED.items():
        for racer in racers:
            if not racer.answers(f"learn {network}"):
                continue
            runs = [racer.ask(f"learn {network} {threads} {seed}") for seed in range(1, seeds + 1)]
            seconds = [run["seconds"] for run in runs]
            missed = sum(run["accuracy"] < wanted for run in runs)
            found.setdefault(network, {})[racer.name] = runs
            deviation = statistics.stdev(seconds) if seeds > 1 else 0
            print(f"{title} to {100 * wanted:.2f} %{racer.name:>10}  "
                  f"{statistics.fmean(seconds):6.2f} ± {deviation:.2f} s of training, "
                  f"{statistics.fmean(run['steps'] for run in runs):,.0f} steps, "
                  f"test accuracy {100 * statistics.fmean(run['test'] for run in runs):.2f} %"
                  + (f"; {missed} of {seeds} missed" if missed else ""))
    return found


# ------------------------------------------------------------------------------- where the time goes


def profile_of(ours, network, seconds, limits, memory):
    """What was measured of the parts of one training step, and a table of it: their time on one thread and two, the
    rate on two, and how near it is to the machine's limit, of multiply-adds or of memory (caches are faster than
    that)."""
    one, two = (ours.ask(f"profile {network} {threads} {seconds}") for threads in (1, 2))
    whole_one, whole = (sum(part["seconds"] for part in parts) for parts in (one, two))
    lines = [f"{'':<31}{'1 thread':>10}{'2 threads':>11}{'share':>8}{'rate':>9}{'limit':>12}"]
    for single, part in zip(one, two):
        seconds_of_part = part["seconds"]
        row = (f"{part['name']:<31}{1e6 * single['seconds']:>7,.0f} µs{1e6 * seconds_of_part:>8,.0f} µs"
               f"{100 * seconds_of_part / whole:>6.1f} %")
        if part["operations"] > 0:
            rate = part["operations"] / seconds_of_part
            row += f"{rate / 1e9:>8.1f} GFLOP/s{rate / limits[2]:>5.2f}"
        elif part["bytes"] > 0:
            rate = part["bytes"] / seconds_of_part
            row += f"{rate / 1e9:>8.1f} GB/s{rate / memory[2]:>8.2f}"
        lines.append(row)
    lines.append(f"{'all':<31}{1e6 * whole_one:>7,.0f} µs{1e6 * whole:>8,.0f} µs")
    idle = 1 - whole_one / (2 * whole)
    lines.append(f"{100 * idle:.0f} % of the two threads' time is lost: they wait for each other, or for memory.")
    return {"1": one, "2": two, "idle": idle}, "\n".join(lines)


# -------------------------------------------------------------------------------------------- growth

AXES = {
    "batch": ("batch size of the MLP", [1, 4, 16, 64, 256, 1024, 4096]),
    "width": ("width of the MLP's two layers", [32, 64, 128, 256, 512, 1024, 2048, 4096]),
    "depth": ("hidden layers of the MLP", [1, 2, 4, 8, 16, 32]),
    "side": ("height and width of the CNN's images", [28, 56, 112, 224]),
}
IMAGES = [10_000, 100_000, 1_000_000, 10_000_000]


def arithmetic(axis, size):
    """Multiply-adds for one image, as MULTIPLY_ADDS."""
    if axis == "side":
        first, second = size - 4, (size - 4) // 2 - 4
        return multiply_adds([first**2 * 8 * 25, second**2 * 16 * 8 * 25, (second // 2) ** 2 * 160])
    width = size if axis == "width" else 256
    hidden = size if axis == "depth" else 2
    return multiply_adds([784 * width, *[width * width] * (hidden - 1), width * 10])


def exponent(sizes, values):
    """The slope of a line through the logarithms: values grow as sizes to this power."""
    x, y = [math.log(size) for size in sizes], [math.log(value) for value in values]
    return statistics.linear_regression(x, y).slope


def powers(found):
    """A table: with which power of a size the time for one image grows over the larger half of the sizes, and with
    which its arithmetic does."""
    rows = []
    for axis, rates in found.items():
        sizes = list(next(iter(rates.values())))
        half = sizes[len(sizes) // 2:]
        row = {name: exponent(half, [1 / by_size[size] for size in half]) for name, by_size in rates.items()}
        row["arithmetic"] = 0 if axis == "batch" else exponent(half, [arithmetic(axis, size) for size in half])
        rows.append(f"{f'{axis}, {half[0]} to {half[-1]}':<28}" + "".join(f"{power:>12.2f}" for power in row.values()))
    return "\n".join([f"{'power of the time per image':<28}" + "".join(f"{name:>12}" for name in row), *rows])


def print_growth(racers, rounds, seconds, images, most=None):
    """Time for one image against each size, and the power with which it grows; `most` leaves out larger sizes."""
    found = {}
    for axis, (title, sizes) in AXES.items():
        sizes = sizes[:most]
        heading(f"Growth with the {title}: training, images/s")
        rates = {racer.name: {} for racer in racers}
        for size in sizes * rounds:
            for racer in racers:
                rate = racer.ask(f"grow {axis} {size} 2 {seconds}", 2)
                rates[racer.name][size] = max(rate, rates[racer.name].get(size, 0))
        print(f"{axis:<28}" + "".join(f"{size:>7}" for size in sizes))
        for name, by_size in rates.items():
            print(f"{name:<28}" + "".join(f"{rate:>7,.0f}" if rate < 1e5 else f"{rate / 1e3:>6,.0f}k"
                                          for rate in by_size.values()))
        found[axis] = rates
        print(powers({axis: rates}))
    heading("Growth with the number of images: an MLP, no image twice")
    found["images"] = {}
    for count in [count for count in IMAGES if count <= images]:
        run = racers[0].ask_alone(f"images {count} 2")[0]
        found["images"][count] = run
        print(f"{count:>12,} images  {run['rate']:>8,.0f} images/s  {run['bytes'] / 1e6:>6.0f} MB at the peak")
    return found


def write_growth(found):
    (FIGURES / "11_growth.txt").write_text(powers({axis: found[axis] for axis in AXES}) + "\n")
    for axis in AXES:
        lines = [",".join(["size", *found[axis]])]
        for size in AXES[axis][1]:
            lines.append(",".join([str(size), *(f"{rates[size]:.0f}" for rates in found[axis].values())]))
        (FIGURES / f"growth_{axis}.csv").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(prog="./book speed", allow_abbrev=False, description=__doc__.split("\n\n")[0],
                                     epilog="--peers, --pages and --compilers are options of ./book, which must come "
                                     "first; see ./book help.")
    parser.add_argument("--programs", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5, help="how often to measure each number")
    parser.add_argument("--seconds", type=float, default=1.0, help="time for one measurement of training")
    parser.add_argument("--seeds", type=int, default=10, help="number of training runs to a given accuracy")
    parser.add_argument("--json", type=results.writable, default=None, help="also write the results to this file")
    parser.add_argument("--only-options", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--isa", choices=["avx2"], help="measure the code for AVX2, ours and the peers'")
    parser.add_argument("--profile", action="store_true",
                        help="only show where the time of a training step goes")
    parser.add_argument("--growth", action="store_true",
                        help="only show how the time grows with every size, up to ten million images")
    parser.add_argument("--record", action="store_true",
                        help="with --profile or --growth: save the data for chapter 11 to docs/figures")
    parser.add_argument("--check", action="store_true",
                        help="only check that everything runs, PyTorch too, and that both sides reach "
                        "the wanted accuracies")
    options = parser.parse_args()
    if options.check:
        options.rounds, options.seconds, options.seeds = 1, 0.02, 1
    if options.rounds < 1 or options.seeds < 0 or not options.seconds > 0:
        parser.error(f"--rounds is {options.rounds}, --seeds is {options.seeds} and --seconds is {options.seconds:g}, "
                     "expected at least 1 round, at least 0 seeds and more than 0 seconds")
    if options.record and not (options.profile or options.growth):
        parser.error("--record needs --profile or --growth")
    if options.only_options:
        return

    # If these are set for some other program, they should not slow a peer down here.
    for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
        del os.environ[name]
    if options.isa == "avx2":
        os.environ.update(AVX2_ONLY)
    ours = Racer("ours", [options.programs / "speed_training"])
    peers = [] if options.profile else find_peers()
    racers = [ours, *peers]
    result = {"machine": machine(ours), "peers": {peer.name: peer.version for peer in peers}}

    heading("The machine")
    found = result["machine"]
    if options.isa == "avx2" and found["vector_bits"] != 256:
        sys.exit(f"speed: the program has vectors of {found['vector_bits']} bits, expected 256 for --isa avx2.")
    print(f"{found['processor']}, {found['cores']} cores, {found['vector_bits']}-bit vectors"
          + (", all limited to AVX2" if options.isa == "avx2" else ""))
    print("compared with " + ", ".join(f"{name} {version}" for name, version in result["peers"].items())
          if peers else "without peers: ./book speed --peers installs them")
    only_limits = options.profile or options.growth
    kernels = run_kernels(options.programs / "speed_kernels", options.rounds, options.seconds / 20,
                          "limit" if only_limits else ".")
    print_limits(kernels)
    limits = {t: median(kernels["limit/multiply-add/machine", t]) for t in (1, 2)}
    memory = {t: median(kernels["limit/memory/machine", t]) for t in (1, 2)}

    if options.profile:
        print("\nOne training step with Adam at batch 100, part by part. The limit of bytes per second is that\n"
              "of main memory; a part whose data stay in a cache can exceed it.")
        result["profile"] = {}
        for network, (_, title) in NETWORKS.items():
            heading(title)
            result["profile"][network], table = profile_of(ours, network, options.seconds, limits, memory)
            print(table)
            if options.record and network == "book_cnn":
                (FIGURES / "11_profile.txt").write_text(table + "\n")
    elif options.growth:
        result["growth"] = print_growth(racers[:2], options.rounds, options.seconds / 2, IMAGES[-1])
        if options.record:
            write_growth(result["growth"])
    else:
        measure_all(options, racers, kernels, limits, result)

    target = options.json or options.programs.parents[1] / "speed.json"
    if not results.write(target, json.dumps(result, indent=2) + "\n"):
        sys.exit(1)
    print(f"\nAll figures: {target}")
    if options.check:
        for network in NETWORKS:  # as --profile does
            ours.ask(f"profile {network} 2 {options.seconds}")
        # One seed may miss what the mean of ten reaches, by a few images.
        missed = [f"{racer} at {network}" for network, by_racer in result["learning"].items()
                  for racer, runs in by_racer.items() if runs[0]["accuracy"] < WANTED[network][1] - 0.005]
        if missed or not peers:
            sys.exit("speed: " + (f"missed the accuracy: {', '.join(missed)}." if missed
                                  else "no PyTorch to compare with."))


def measure_all(options, racers, kernels, limits, result):
    """The table in the README, section by section; `result` receives what was found."""
    ours = racers[0]
    heading("The matrix product: GFLOP/s, fraction of the limit, ratio to OpenBLAS")
    result["matmul"] = print_kernels(kernels, "matmul", "OpenBLAS")
    heading("The convolution, batch 100: GFLOP/s, fraction of the limit, ratio to oneDNN")
    result["convolution"] = print_kernels(kernels, "convolution", "oneDNN")
    result["kernels"] = {f"{name}/{threads}": rates for (name, threads), rates in kernels.items()}

    asked = [question for rows in questions(options.seconds).values() for question in rows]
    answers = race(racers, options.rounds, asked)
    result["race"] = answers
    result["summary"] = print_race(answers, racers, limits)
    result["layers"] = shares_of_layers(ours, options.seconds)

    heading("Before the training: augmentation at batch 100, Kaggle's CSV")
    result["around"] = print_around(ours, answers, options.rounds, options.seconds)

    heading("Memory and start")
    result["footprint"] = print_footprint(racers, options.rounds)
    if options.seeds > 0:
        heading(f"Training to an accuracy, mean of {options.seeds} seeds")
        result["learning"] = print_learning(racers, options.seeds)
    result["growth"] = print_growth(racers[:2], 1, options.seconds / 4,
                                    *((IMAGES[0], 3) if options.check else (IMAGES[2],)))


if __name__ == "__main__":
    main()
