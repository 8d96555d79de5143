"""Compares the speed of training in a page with that in a program: trains chapter 10's networks alternately in
headless Chromium and natively, both on one thread with vectors of 128 bits, and prints images per second and
their ratio. First measures how fast the page on which one draws answers.

Run: ./book speed --pages [--rounds N] [--steps N]
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from pages import ROOT, SITE, Native
from test_draw import DIGITS

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

# The page notes when it first shows what a network reads.
FIRST_ANSWER = """
new MutationObserver((changes, observer) => {
  if (!document.querySelector('.live-draw-guess')?.textContent) return;
  observer.disconnect();
  requestAnimationFrame(() => { window.answered = performance.now(); });
}).observe(document, {childList: true, subtree: true});"""

# The page notes the milliseconds that each change of the drawing takes, and those between two frames meanwhile.
WATCH = """() => {
  window.work = []; window.frames = [];
  const view = live.views[0];
  const change = view.change;
  view.change = function (...all) {
    const begun = performance.now();
    change.apply(view, all);
    work.push(performance.now() - begun);
  };
  let last;
  const frame = (now) => {
    if (view.sheet.strokes && last) frames.push(now - last);
    last = view.sheet.strokes ? now : undefined;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def in_program(native, network, steps):
    native.set("network", network)
    native.run(5)
    begun = time.perf_counter()
    native.run(steps)
    return time.perf_counter() - begun


def compare_training(browser, rounds, steps):
    with tempfile.TemporaryDirectory() as folder:
        for name, contents in live_site.data():
            (Path(folder) / name).write_bytes(contents)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto((SITE / "chapters" / "10_mnist.html").as_uri())
        page.wait_for_selector(".live-ready")
        with Native("training", folder) as native:
            for index, network in enumerate(NETWORKS):
                seconds = {"page": [], "program": []}
                for _ in range(1 + rounds):
                    seconds["page"].append(page.evaluate(TRAIN, [index, steps]))
                    seconds["program"].append(in_program(native, index, steps))
                for what, choose in (("median", statistics.median), ("fastest", min)):
                    # Without the first round, in which Chromium still compiles.
                    speed = {where: steps * IMAGES_A_STEP / choose(all_of_it[1:])
                             for where, all_of_it in seconds.items()}
                    print(f"{network}, {what}: {speed['page']:,.0f} images/s in the page, "
                          f"{speed['program']:,.0f} in a program; {speed['page'] / speed['program']:.2f}, "
                          f"wanted at least {WANTED}", flush=True)
        page.close()


def measure_drawing(browser, rounds):
    times = []
    for _ in range(rounds):
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(FIRST_ANSWER)
        page.goto((SITE / "draw.html").as_uri())
        page.wait_for_function("window.answered")
        times.append(page.evaluate("window.answered"))
        page.close()
    print(f"The drawing page first answers after {statistics.median(times):.0f} ms (median), "
          f"{min(times):.0f} ms (fastest); wanted at most 500", flush=True)
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto((SITE / "draw.html").as_uri())
    page.wait_for_selector(".live-ready")
    page.evaluate(WATCH)
    sheet = page.locator(".live-draw-sheet canvas")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    for stroke in DIGITS[8] + DIGITS[3] + DIGITS[0]:
        for index, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + box["width"] * x / 100, box["y"] + box["width"] * y / 100, steps=12)
            if index == 0:
                page.mouse.down()
        page.mouse.up()
    work, frames = page.evaluate("[work, frames]")
    print(f"While one draws, a change takes {statistics.median(work):.1f} ms (median of {len(work)}), and frames are "
          f"{statistics.median(frames):.1f} ms apart (median of {len(frames)}); wanted at most 16.7", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="./book speed --pages", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often to measure each number")
    parser.add_argument("--steps", type=int, default=60, help="training steps to measure, out of the 80 of an epoch")
    options = parser.parse_args()
    with open_browser() as browser:
        measure_drawing(browser, options.rounds)
        compare_training(browser, options.rounds, options.steps)


if __name__ == "__main__":
    main()
