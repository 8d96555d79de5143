"""What the tests of the pages share: a browser, pages that must not complain, and the same figures as
a program outside the browser.
"""

import json
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "docs" / "html"
sys.path.insert(0, str(ROOT / "docs" / "tools"))

from browser import PATIENCE, open_browser  # noqa: E402

# A figure with much data waits until it is near.
FIGURES_START = """() => {
  const waiting = document.querySelector('.live:not(.live-ready)');
  waiting?.scrollIntoView();
  return !waiting;
}"""


class PageTest(unittest.TestCase):
    """Opens pages from the disk. Whatever one writes to its console as an error fails the test."""

    @classmethod
    def setUpClass(cls):
        cls.opened = open_browser()
        cls.browser = cls.opened.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.opened.__exit__(None, None, None)

    def open(self, page, address="", opening=False, **options):
        """`page` without .html; options as Playwright's new_context takes them. Unless `opening`, figures that
        make their first steps by themselves go back to the start.
        """
        context = self.browser.new_context(**{"viewport": {"width": 1100, "height": 900}, **options})
        self.addCleanup(lambda: context in self.browser.contexts and context.close())
        context.set_default_timeout(PATIENCE)
        opened = context.new_page()
        complaints = []
        opened.on("console", lambda message: complaints.append(message.text)
                  if message.type in ("error", "warning") else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        self.addCleanup(lambda: self.assertEqual(complaints, []))
        opened.goto((SITE / f"{page}.html").as_uri() + address)
        opened.wait_for_function(FIGURES_START)
        if not opening:
            opened.evaluate("live.views.filter(({opens}) => opens !== undefined).forEach((view) => view.reset())")
        return opened

    @staticmethod
    def figure(page, name):
        return page.locator(f".live[data-figure={name}]")

    @staticmethod
    def values(page, name, key):
        """Numbers that a figure of a page shows."""
        return page.evaluate("""([name, key]) => Array.from(
            live.views.find((view) => view.figure.name === name).figure.values(key).numbers)""",
            [name, key])

    @staticmethod
    def text(page, name, key):
        """A text of a figure, with hyphens as in the records of the chapters; its page shows minus signs."""
        return page.evaluate("""([name, key]) => live.views.find(
            (view) => view.figure.name === name).figure.code(key)""", [name, key])

    @staticmethod
    def settle(page, name):
        """Waits until a figure that runs has stopped."""
        page.wait_for_function("""(name) => !live.views.find(
            (view) => view.figure.name === name).running""", arg=name)


class Native:
    """The figures in a program, for comparison: docs/live/driver.cpp."""

    def __init__(self, name, folder=None):
        self.process = subprocess.Popen([ROOT / "build" / "live-native" / "docs" / "live" / "live"], text=True,
                                        cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.description = self.ask("open", name)

    def ask(self, *command):
        print(json.dumps(command), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def set(self, control, *values):
        return self.ask("set", control, values)

    def run(self, steps):
        return self.ask("run", steps)

    def values(self, key):
        return self.ask("values", key)

    def text(self, key):
        return self.ask("text", key)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
