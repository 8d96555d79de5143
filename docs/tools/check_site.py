"""Opens every page in Chromium, light and dark, wide and as narrow as a telephone, and fails on what a
reader would stumble over: errors, requests that fail or leave the folder, formulas not drawn, words and formulas cut
off, text hard to read, pages to be scrolled sideways, images without words, headings that skip a level (axe-core
judges).

Run: check_site.py FOLDER
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from browser import PATIENCE, open_browser
from playwright.sync_api import TimeoutError


QUICK = {"preload": False, "resultTypes": ["violations"]}


def only(*rules):
    return {"runOnly": {"type": "rule", "values": rules}, **QUICK}


# What does not depend on colors, and what does.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"], **QUICK,
         "rules": {"heading-order": {"enabled": True}, "color-contrast": {"enabled": False}}}
SCROLLING = only("scrollable-region-focusable")
CONTRAST = only("color-contrast")
NARROW, WIDE = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
ZOOMED = {"width": 640, "height": 450}  # what is left of the wide window at a zoom of 200 %
SIZES = [NARROW, ZOOMED, WIDE]

FORMULAS_MISSING = "() => document.querySelectorAll('.math:not(:has(> svg))').length"

# What sticks out to the right, except what scrolls within its own box.
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

# Formulas in a line of text, pieces of code and labels that reach beyond the edge of a box that hides the rest. A box
# that is a stop of the tab key can be scrolled; what is at most a pixel wide is for screen readers.
CUT_OFF = """() => {
  const cutOff = part => {
    const {left, right, width} = part.getBoundingClientRect();
    if (width <= 1) return false;
    for (let box = part.parentElement; box; box = box.parentElement) {
      if (box.tabIndex >= 0 || box.matches('.live-stage')) return false;
      const edge = box.getBoundingClientRect();
      const hides = getComputedStyle(box).overflowX !== 'visible' || box === document.documentElement;
      if (edge.width <= 1) return false;
      if (hides && (right > edge.right + 1 || left < edge.left - 1)) return true;
    }
    return false;
  };
  return [...document.querySelectorAll('main, article')].slice(0, 1).flatMap(text =>
    [...text.querySelectorAll('span.math, code, label, button, output, figcaption, summary, svg text')]
      .filter(cutOff).map(part => part.textContent.trim().slice(0, 60)));
}"""

# Stops of the tab key that nobody needs: blocks that fit.
NEEDLESS_STOPS = """() => [...document.querySelectorAll('article :is(pre, table)[tabindex="0"]')].filter(part =>
  part.scrollWidth <= part.clientWidth
).map(part => part.localName + ' ' + part.textContent.trim().slice(0, 60))"""

# Axe looks at every word of code and at every part of a formula, which takes most of the time. One word of each kind
# and one formula are enough; a letter takes the place of the others. The navigation is the same on all pages.
THIN_OUT = """navigated => {
  if (!navigated) document.querySelector('.sidebar-drawer')?.remove();
  const seen = new Set();
  for (const word of document.querySelectorAll('.highlight span:not(:has(*))')) {
    if (seen.has(word.className)) word.remove();
    seen.add(word.className);
  }
  for (const formula of [...document.querySelectorAll('.math')].slice(1)) formula.textContent = 'x';
}"""

# What has the same classes, in elements with the same classes, has the same colors: one of each in all pages is
# enough. The others are hidden, not removed, because a style may depend on what is the first child. Takes what other
# pages had, and returns what this page has besides.
ONE_OF_EACH_COLOR = """known => {
  const kinds = new Map(), hidden = new Set();
  for (const part of document.body.querySelectorAll('*')) {
    const kind = [part.localName, part.matches(':first-child'),
                  ...['class', 'style', 'fill'].map(name => part.getAttribute(name))].join();
    kinds.set(part, (kinds.get(part.parentElement) ?? '') + '>' + kind);
  }
  for (let before = -1; before < hidden.size;) {
    before = hidden.size;
    const seen = new Set(known);
    for (const [part, kind] of kinds) {
      if (hidden.has(part) || [...part.children].some(child => !hidden.has(child)) || part.closest('.live')) continue;
      if (seen.has(kind)) hidden.add(part);
      seen.add(kind);
    }
  }
  for (const part of hidden) {
    part.style.display = 'none';
    part.replaceChildren();  // axe looks at what is hidden, too
  }
  return [...kinds].filter(([part]) => !hidden.has(part)).map(([, kind]) => kind);
}"""

# Marks what scrolls sideways within its own box: axe need not look for it among all elements.
MARK_SCROLLING = """() => {
  const scrolls = part => part.scrollWidth > part.clientWidth && getComputedStyle(part).overflowX !== 'visible';
  const found = [...document.body.querySelectorAll('*')].filter(scrolls);
  for (const part of found) part.dataset.scrolls = '';
  return found.length;
}"""

RUN_AXE = "([parts, rules]) => axe.run(parts, rules).then(found => found.violations)"

NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

# A figure with much data waits until it is near.
FIGURES_START = """() => {
  const waiting = document.querySelector('.live:not(.live-ready)');
  waiting?.scrollIntoView();
  return !waiting;
}"""


def layout_problems(page):
    """What is wrong with the page in a window of the present size."""
    problems = []
    if (excess := page.evaluate(TOO_WIDE)) > 0:
        problems.append(f"{excess} pixels wider than the window")
    problems += [f"cut off: {words}" for words in page.evaluate(CUT_OFF)]
    problems += [f"needless stop of the tab key: {words}" for words in page.evaluate(NEEDLESS_STOPS)]
    return problems


def violations(page, rules, parts="html"):
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(Axe().axe_script)
    return [f"{violation['id']}: {node['html'][:120]} ({node['failureSummary']})"
            for violation in page.evaluate(RUN_AXE, [parts, rules]) for node in violation["nodes"]]


def look_at(page, seen):
    """What is wrong with an open page, one line each. `seen` has the kinds of elements whose colors were checked on
    other pages, which also had the navigation; adds those of this page. Changes the page."""
    problems = []
    try:
        page.wait_for_function(FIGURES_START, timeout=PATIENCE)
    except TimeoutError:
        problems.append("a figure that should work did not start")
    if missing := page.evaluate(FORMULAS_MISSING):
        problems.append(f"{missing} formulas are not drawn")
    for size in SIZES:
        page.set_viewport_size(size)
        page.evaluate(NEXT_FRAME)  # what the page's scripts change when the size does
        problems += [f"{size['width']} wide: {problem}" for problem in layout_problems(page)]
        if size is NARROW and page.evaluate(MARK_SCROLLING):
            problems += [f"{size['width']} wide: {problem}"
                         for problem in violations(page, SCROLLING, "[data-scrolls]")]
    page.evaluate(THIN_OUT, not seen)
    problems += violations(page, RULES)
    seen.update(page.evaluate(ONE_OF_EACH_COLOR, list(seen)))
    for color in ("light", "dark"):
        page.emulate_media(color_scheme=color)
        problems += [f"{color}: {problem}" for problem in violations(page, CONTRAST)]
    return problems


def check_slice(pages):
    problems, seen = [], set()
    with open_browser() as browser:
        page = browser.new_page()
        complain = lambda what: problems.append((page.url, what))  # noqa: E731
        page.on("console", lambda said: said.type == "error" and complain(said.text))
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("requestfailed", lambda request: complain(f"{request.url} could not be loaded"))
        page.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:"))
                or complain(f"requests {request.url}, expected only files of the site"))
        for file in pages:
            page.emulate_media(color_scheme="light")
            page.set_viewport_size(WIDE)
            page.goto(file.resolve().as_uri(), timeout=PATIENCE)
            for problem in look_at(page, seen):
                complain(problem)
    return problems


def check(pages):
    """The problems of all pages, as (address, problem)."""
    workers = os.cpu_count()
    with ProcessPoolExecutor(workers) as pool:
        return [problem for found in pool.map(check_slice, [pages[i::workers] for i in range(workers)])
                for problem in found]


def main():
    folder = Path(sys.argv[1])
    pages = sorted(folder.glob("**/*.html"))
    problems = check(pages)
    for page, problem in problems:
        print(f"{page}: {problem}", file=sys.stderr)
    print(f"{len(pages)} pages opened in Chromium; {len(problems)} problems")
    return 1 if problems or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
