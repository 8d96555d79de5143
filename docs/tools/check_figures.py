"""Measures the drawn figures in Chromium as a telephone shows them, and fails on labels that are too small, that
cover one another, that stick out of the picture, or that have a hyphen for a minus sign.

Run: check_figures.py FOLDER
"""

import sys
from pathlib import Path

from browser import open_browser

PHONE = 358  # pixels for a figure on a screen 390 wide
SMALLEST = 9  # pixels: the size of the type, not counting raised and lowered letters

# Matplotlib draws each text as a group of outlines, scaled from a font of 100 points, after a comment with the text.
MEASURE = """([phone, smallest]) => {
  const picture = document.documentElement, frame = picture.viewBox.baseVal;
  const width = picture.width.baseVal.value;
  const pixels = Math.min(width, phone) / frame.width;
  const problems = [], texts = [];
  for (const group of document.querySelectorAll('g[id^="text_"]')) {
    const [, size] = /scale\\(([\\d.]+)/.exec(group.innerHTML) ?? [];
    const name = [...group.childNodes].find(node => node.nodeType === Node.COMMENT_NODE)?.data.trim();
    if (size) texts.push({name, size: size * 100 * pixels, group});
  }
  const screen = texts.map(text => text.group.getBoundingClientRect());
  const edge = picture.getBoundingClientRect();
  texts.forEach((text, i) => {
    if (text.size < smallest) problems.push(`"${text.name}" is ${text.size.toFixed(1)} pixels high`);
    if (/^[^$]*-\\d/.test(text.name)) problems.push(`"${text.name}" has a hyphen for a minus sign`);
    const box = screen[i];
    if (box.left < edge.left - 1 || box.right > edge.right + 1 ||
        box.top < edge.top - 1 || box.bottom > edge.bottom + 1)
      problems.push(`"${text.name}" sticks out`);
    for (let j = 0; j < i; ++j)
      if (Math.min(box.right, screen[j].right) - Math.max(box.left, screen[j].left) > 1 &&
          Math.min(box.bottom, screen[j].bottom) - Math.max(box.top, screen[j].top) > 1)
        problems.push(`"${text.name}" and "${texts[j].name}" cover each other`);
  });
  return problems;
}"""


def check(figures):
    """The problems of all figures, as (file, problem)."""
    problems = []
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        for file in figures:
            page.goto(file.resolve().as_uri())
            problems += [(file.name, problem) for problem in page.evaluate(MEASURE, [PHONE, SMALLEST])]
    return problems


def main():
    figures = sorted(Path(sys.argv[1]).glob("*-light.svg"))  # the dark ones differ in nothing but colors
    problems = check(figures)
    for figure, problem in problems:
        print(f"{figure}: {problem}", file=sys.stderr)
    print(f"{len(figures)} figures measured; {len(problems)} problems")
    return 1 if problems or not figures else 0


if __name__ == "__main__":
    sys.exit(main())
