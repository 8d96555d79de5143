"""The pages in Firefox, by WebDriver BiDi, the protocol that it speaks itself: every figure starts and
nothing is complained of. All else is tested in Chromium.
"""

import itertools
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from pages import PATIENCE, SITE
from test_all import FIGURES
from websockets.sync.client import connect


class Firefox:
    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            ["firefox-esr", "--headless", "--no-remote", "--profile", self.profile.name,
             "--remote-debugging-port=0"], text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for line in self.process.stderr:
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                break
        self.socket = connect(f"{found[1]}/session", max_size=None)
        self.numbers = itertools.count()
        self.complaints = []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        return self

    def __exit__(self, *unused):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()
        self.profile.cleanup()

    def ask(self, method, **params):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv(timeout=PATIENCE / 1000))).get("id") != number:
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.complaints.append(answer["params"]["text"])
        if answer["type"] == "error":
            raise RuntimeError(answer["message"])
        return answer["result"]

    def open(self, address):
        self.ask("browsingContext.navigate", context=self.tab, url=address, wait="complete")
        # A page drawn while half of a formula has arrived complains of the other half. The formulas are
        # put in once more, whole, so that only what is really wrong is complained of.
        self.complaints = [text for text in self.complaints if not text.startswith("Invalid markup")]
        self.evaluate(FORMULAS_AGAIN)

    def evaluate(self, expression):
        return self.ask("script.evaluate", expression=expression, target={"context": self.tab},
                        awaitPromise=True)["result"].get("value")


FORMULAS_AGAIN = """(() => {
  for (const formula of document.querySelectorAll('math')) formula.replaceWith(formula.cloneNode(true));
  return document.body.offsetHeight;
})()"""

STARTED = """new Promise((answer) => {
  const look = () => {
    const waiting = document.querySelector('.live:not(.live-ready)');
    if (!waiting) return answer(live.views.map((view) => view.figure.text('summary')).join('|'));
    waiting.scrollIntoView();
    setTimeout(look, 20);
  };
  setTimeout(() => answer(''), LONGEST);
  look();
})""".replace("LONGEST", str(PATIENCE // 2))  # before recv() gives up


@unittest.skipUnless(shutil.which("firefox-esr"), "there is no Firefox here")
class FirefoxTest(unittest.TestCase):
    def test_every_figure_starts(self):
        with Firefox() as firefox:
            for path in sorted({path for path, _ in FIGURES}):
                with self.subTest(page=path):
                    firefox.open((SITE / f"{path}.html").as_uri())
                    self.assertTrue(firefox.evaluate(STARTED))
            self.assertEqual(firefox.complaints, [])

    def test_the_search_finds_sections_and_follows_the_input(self):
        with Firefox() as firefox:
            firefox.open(f"{(SITE / 'search.html').as_uri()}?q=softmax")
            first = "document.querySelector('#search-found strong').textContent"
            self.assertEqual(firefox.evaluate(first), "softmax")
            firefox.evaluate("""(() => {
              const input = document.querySelector('#search-words');
              input.value = 'softmax overflow';
              input.dispatchEvent(new Event('input'));
            })()""")
            self.assertEqual(firefox.evaluate(first), "2.6 Softmax without overflow")
            self.assertIn("overflow", firefox.evaluate("location.search"))
            self.assertEqual(firefox.complaints, [])

    def test_a_wrong_formula_is_complained_of(self):
        with Firefox() as firefox:
            page = pathlib.Path(firefox.profile.name, "wrong.html")
            page.write_text("<!doctype html><math><msub><mi>a</mi></msub></math>")
            firefox.open(page.as_uri())
            firefox.evaluate("new Promise((later) => setTimeout(later, 300))")
            self.assertIn("Incorrect number of children", " ".join(firefox.complaints))
