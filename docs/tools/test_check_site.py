"""What check_site must catch. Run: .venv-docs/bin/python -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

try:
    from check_site import check
except ModuleNotFoundError as error:
    raise unittest.SkipTest(str(error))

PAGE = """<!doctype html><html lang="en"><head><title>A page</title>
<style>@media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #eee }} }}</style></head>
<body><main><h1>A page</h1><h2>A section</h2>{}</main></body></html>"""


class CheckSite(unittest.TestCase):
    def problems(self, body):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "page.html"
            file.write_text(PAGE.format(body))
            return " ".join(problem for _, problem in check([file]))

    def test_finds_nothing_on_a_good_page(self):
        self.assertEqual(self.problems("<p>All is well.</p>"), "")

    def test_finds_what_the_browser_complains_of(self):
        problems = self.problems("<script>nothing()</script><img src='none.png' alt='Nothing'>")
        self.assertIn("nothing is not defined", problems)
        self.assertIn("none.png could not be loaded", problems)

    def test_finds_what_is_fetched_from_elsewhere(self):
        self.assertIn("requests http://localhost:9/a.js, expected only files of the site",
                      self.problems("<script src='http://localhost:9/a.js'></script>"))

    def test_finds_formulas_that_are_not_drawn(self):
        self.assertIn("1 formulas are not drawn", self.problems("<div class='math'>x</div>"))

    def test_finds_a_figure_that_does_not_start(self):
        with mock.patch("check_site.PATIENCE", 20_000):  # instead of five minutes
            self.assertIn("did not start", self.problems("<div class='live'>Broken</div>"))
        self.assertEqual(self.problems("<div class='live live-ready'>At work</div>"), "")

    def test_finds_what_is_wider_than_a_telephone(self):
        self.assertIn("140 pixels wider",
                      self.problems("<p style='width: 500px; margin: -8px'>A line</p>"))

    def test_finds_words_and_formulas_that_are_cut_off(self):
        formula = "<span class='math' style='display: inline-block; width: {}px'><svg></svg>x</span>"
        problems = self.problems(f"<div style='overflow: hidden'>{formula.format(500)}</div>"
                                 f"<div style='overflow: auto' tabindex='0'>{formula.format(600)}</div>")
        self.assertIn("360 wide: cut off: x", problems)
        self.assertEqual(problems.count("cut off"), 1)
        self.assertIn("640 wide: cut off: Too long",
                      self.problems("<div style='overflow: hidden'><code style='padding-left: 640px'>Too long"
                                    "</code></div>"))

    def test_finds_needless_stops_of_the_tab_key(self):
        self.assertIn("needless stop of the tab key: pre",
                      self.problems("<article><pre tabindex='0'>int x;</pre></article>"))

    def test_finds_text_that_is_hard_to_read_in_either_colour(self):
        for color, scheme in (("#bbb", "light"), ("#555", "dark")):
            self.assertIn(f"{scheme}: color-contrast",
                          self.problems(f"<p style='color: {color}'>Faint words</p>"))

    def test_finds_images_without_words_and_headings_that_skip_a_level(self):
        pixel = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
        problems = self.problems(f"<img src='{pixel}'><h5>Too deep</h5>")
        self.assertIn("image-alt", problems)
        self.assertIn("heading-order", problems)


if __name__ == "__main__":
    unittest.main()
