"""The figures in WebKit, the engine of Safari, by WebDriver: every one starts. All else is tested in Chromium."""

import json
import shutil
import subprocess
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from pages import PATIENCE, SITE
from test_all import FIGURES

BROWSERS = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
SUMMARIES = """const waiting = document.querySelector('.live:not(.live-ready)');
    waiting?.scrollIntoView();
    return typeof live === 'undefined' || waiting
        ? '' : live.views.map((view) => view.figure.text('summary')).join('|')"""


class WebKit:
    def __enter__(self):
        self.driver = subprocess.Popen(
            ["xvfb-run", "-a", "WebKitWebDriver", "--port=4455"], start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = ""
        options = {"binary": str(BROWSERS[-1]), "args": ["--automation"]}
        started = self.ask("/session", capabilities={"alwaysMatch": {"webkitgtk:browserOptions": options}})
        self.session = f"/session/{started['sessionId']}"
        return self

    def __exit__(self, *unused):
        self.ask("", method="DELETE")
        subprocess.run(["pkill", "--session", str(self.driver.pid)], check=False)
        self.driver.wait()

    def ask(self, path, method="POST", **body):
        """The answer of the driver, which takes a moment to listen."""
        question = urllib.request.Request(
            f"http://127.0.0.1:4455{self.session}{path}", json.dumps(body).encode(), method=method)
        until = time.monotonic() + PATIENCE / 1000
        while True:
            try:
                with urllib.request.urlopen(question, timeout=PATIENCE / 1000) as answer:
                    return json.load(answer)["value"]
            except urllib.error.HTTPError as error:
                raise RuntimeError(error.read().decode()) from error
            except urllib.error.URLError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)


@unittest.skipUnless(BROWSERS and shutil.which("xvfb-run"), "there is no WebKit here")
class WebKitTest(unittest.TestCase):
    def test_every_figure_starts(self):
        with WebKit() as webkit:
            for path in sorted({path for path, _ in FIGURES}):
                with self.subTest(page=path):
                    webkit.ask("/url", url=(SITE / f"{path}.html").as_uri())
                    until = time.monotonic() + PATIENCE / 1000
                    while not (summaries := webkit.ask("/execute/sync", script=SUMMARIES, args=[])):
                        self.assertLess(time.monotonic(), until, "a figure has not started")
                        time.sleep(0.05)
                    self.assertTrue(all(summaries.split("|")))
