"""Compares the speed of training in a page with that in a program: trains chapter 10's networks alternately in
headless Chromium and natively, both on one thread with vectors of 128 bits, and prints images per second and
their ratio.

Run: ./book speed --pages [--rounds N] [--steps N]
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from pages import ROOT, SITE, Native

sys.path.insert(0, str(ROOT / "docs" / "tools"))

import live_site  # noqa: E402
from browser import PATIENCE, open_browser  # noqa: E402

NETWORKS = ["MLP", "CNN"]
IMAGES_A_STEP = 100
WANTED = 0.3  # of the native speed

TRAIN = """([network, steps]) => {
    const {figure} = live.views.find((view) => view.figure.name === 'training');
    figure.set('network', [network]);
    figure.run(5);
    const begun = performance.now();
    figure.run(steps);
    return (performance.now() - begun) / 1000;
}"""


def in_program(native, network, steps):
    native.set("network", network)
    native.run(5)
    begun = time.perf_counter()
    native.run(steps)
    return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(prog="./book speed --pages", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often to measure each number")
    parser.add_argument("--steps", type=int, default=60, help="training steps to measure, out of the 80 of an epoch")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        for name, contents in live_site.data():
            (Path(folder) / name).write_bytes(contents)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto((SITE / "chapters" / "10_mnist.html").as_uri())
        page.wait_for_selector(".live-ready")
        with Native("training", folder, "live-native") as native:
            for index, network in enumerate(NETWORKS):
                seconds = {"page": [], "program": []}
                for _ in range(1 + options.rounds):
                    seconds["page"].append(page.evaluate(TRAIN, [index, options.steps]))
                    seconds["program"].append(in_program(native, index, options.steps))
                for what, choose in (("median", statistics.median), ("fastest", min)):
                    # Without the first round, in which Chromium still compiles.
                    speed = {where: options.steps * IMAGES_A_STEP / choose(all_of_it[1:])
                             for where, all_of_it in seconds.items()}
                    print(f"{network}, {what}: {speed['page']:,.0f} images/s in the page, "
                          f"{speed['program']:,.0f} in a program; {speed['page'] / speed['program']:.2f}, "
                          f"wanted at least {WANTED}", flush=True)


if __name__ == "__main__":
    main()
