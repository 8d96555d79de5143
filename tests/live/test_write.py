"""The language model in a page: what it writes is what `./book write` writes."""

import json
import math
import tempfile
from pathlib import Path

from pages import PATIENCE, ROOT, Native, PageTest

import live_site

PAGE = "chapters/19_language_model"
START = "To train a network"

# What `./book write` prints with these arguments, and settings of the figure that mean the same.
RECORDED = json.loads((ROOT / "tests" / "written.json").read_text())

# Writes as many characters as the figure can, without waiting for the frames of a page.
WRITE = "(view) => { view.figure.run(view.figure.lastStep); view.redraw(); }"


def book_write(start, *options):
    arguments = [start, *options, "--length", "200"]
    [output] = [recorded["output"] for recorded in RECORDED if recorded["arguments"] == arguments]
    return output.removeprefix(start).removesuffix("\n")


def points(words):
    return ",".join(str(ord(character)) for character in words)


class WriteTest(PageTest):
    def view(self, page):
        return page.evaluate_handle("() => live.views.find(({figure}) => figure.name === 'write')")

    def test_writes_what_the_command_writes(self):
        """To the last character: the page multiplies and adds with one rounding more, so its logits differ in the
        last digits, and a draw would have to come that close to the border between two characters.
        """
        for recorded in RECORDED:
            with self.subTest(recorded["arguments"]):
                start = recorded["arguments"][0]
                page = self.open(PAGE, f"#write.start={points(start)}&{recorded['figure']}")
                self.view(page).evaluate(WRITE)
                self.assertEqual(f"{start}{self.text(page, 'write', 'written')}\n", recorded["output"])
                self.assertEqual(self.text(page, "write", "start"), start)

    def test_the_program_computes_the_same_probabilities(self):
        page = self.open(PAGE, "#write.temperature=1.1&write.steps=70")
        with tempfile.TemporaryDirectory() as folder:
            for name, contents in live_site.data():
                (Path(folder) / name).write_bytes(contents)
            with Native("write", folder) as native:
                native.set("temperature", 1.1)
                native.run(70)
                for name in ("written", "names", "summary"):
                    self.assertEqual(native.text(name), self.text(page, "write", name))
                for name in ("probabilities", "original"):
                    for ours, theirs in zip(native.values(name), self.values(page, "write", name), strict=True):
                        self.assertAlmostEqual(ours, theirs, places=4)

    def test_is_loaded_when_the_reader_comes_near(self):
        context = self.browser.new_context(viewport={"width": 1100, "height": 900})
        self.addCleanup(context.close)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto((ROOT / "build" / "docs" / "html" / f"{PAGE}.html").as_uri())
        figure = self.figure(page, "write")
        page.wait_for_load_state("networkidle")  # the figures of the first screen would be there
        loaded = lambda: page.locator("script[src*=data_text]").count()  # noqa: E731
        self.assertEqual((loaded(), figure.locator("button").count()), (0, 0))
        figure.scroll_into_view_if_needed()
        figure.get_by_role("button", name="Pause").wait_for()
        self.assertEqual(loaded(), 1)

    def test_writes_by_itself_character_after_character_until_the_reader_acts(self):
        page = self.open(PAGE, opening=True)
        figure = self.figure(page, "write")
        figure.scroll_into_view_if_needed()
        written = figure.locator(".live-written span")
        page.wait_for_function("() => document.querySelector('.live-written span').textContent.length > 3")
        figure.get_by_role("button", name="Pause").click()
        some = written.text_content()
        self.assertTrue(book_write(START).startswith(some))
        figure.get_by_role("button", name="One step").click()
        self.assertEqual(len(written.text_content()), len(some) + 1)
        figure.get_by_role("button", name="Back to the start").click()
        self.assertEqual(written.text_content(), "")

    def test_shows_what_temperature_and_top_k_do(self):
        page = self.open(PAGE)
        figure = self.figure(page, "write")
        original = self.values(page, "write", "original")
        powers = [p ** (1 / 0.7) for p in original]
        self.assertAlmostEqual(self.values(page, "write", "probabilities")[1] / powers[1],
                               self.values(page, "write", "probabilities")[0] / powers[0], places=4)
        figure.get_by_label("Top-k").fill("3")
        self.assertEqual([p > 0 for p in self.values(page, "write", "probabilities")], [True] * 3 + [False] * 5)
        self.assertTrue(math.isclose(sum(self.values(page, "write", "probabilities")), 1, abs_tol=1e-6))
        figure.get_by_label("Temperature").fill("0")
        self.assertEqual(figure.locator(".live-next li > span").all_inner_texts(), ["100.0 %"] + ["0.0 %"] * 7)
        self.assertEqual(self.values(page, "write", "original"), original)
        self.assertIn("1 of 91 tokens may come next", figure.locator(".live-summary").inner_text())

    def test_a_setting_that_changes_after_some_steps_writes_as_many_again(self):
        page = self.open(PAGE, "#write.steps=30")
        before = self.text(page, "write", "written")
        figure = self.figure(page, "write")
        figure.get_by_label("Temperature").fill("0")
        self.assertEqual(self.text(page, "write", "written"), book_write(START, "--temperature", "0")[:30])
        figure.get_by_label("Temperature").fill("0.7")
        self.assertEqual(self.text(page, "write", "written"), before)

    def test_continues_what_is_typed_and_begins_a_line_after_nothing(self):
        page = self.open(PAGE)
        field = page.get_by_label("Beginning")
        field.fill("Why 𝛿?")
        field.press("Enter")
        self.settle(page, "write")
        self.assertEqual(self.text(page, "write", "written"), book_write("Why 𝛿?"))
        again = self.open(PAGE, "#" + page.url.split("#")[1])
        self.assertEqual(again.get_by_label("Beginning").input_value(), "Why 𝛿?")
        field.fill("")
        self.view(page).evaluate(WRITE)
        self.assertEqual(self.text(page, "write", "written"), book_write("\n"))

    def test_again_takes_the_next_seed(self):
        page = self.open(PAGE, reduced_motion="reduce")
        page.get_by_role("button", name="Again, with seed 2").click()
        self.settle(page, "write")
        self.assertEqual(self.text(page, "write", "written"), book_write(START, "--seed", "2"))
        page.get_by_role("button", name="Again, with seed 3").wait_for()
