"""What holds for every figure that works: it starts from its address, computes what the program outside
the browser computes, says what it shows, and is reached by the keyboard. check_site.py looks at the
same pages in both color themes and on a phone.
"""

import gzip
import re

from pages import ROOT, Native, PageTest

FIGURES = [(str(page.relative_to(ROOT / "docs").with_suffix("")), name)
           for page in sorted((ROOT / "docs").glob("**/*.md"))
           for name in re.findall(r"^`{3,}\{live\} (\w+)$", page.read_text(), re.MULTILINE)]


def another(control):
    """A value of a control that is not that of the start."""
    first = control["start"][0]
    if control["choices"]:
        return [(first + 1) % len(control["choices"])]
    step = control["step"] or (control["high"] - control["low"]) / 8
    changed = first + step if first + step <= control["high"] else first - step
    return [changed, *control["start"][1:]]


class EveryFigure(PageTest):
    def view(self, page, name):
        return page.evaluate_handle("(name) => live.views.find((v) => v.figure.name === name)", name)

    def state(self, page, name):
        """All that a figure shows."""
        return self.view(page, name).evaluate("""({figure}) => ({
            settings: [...figure.settings], steps: figure.steps, summary: figure.text('summary')})""")

    def test_the_library_is_small_enough_for_a_page(self):
        file = ROOT / "build" / "live" / "docs" / "live" / "live.wasm"
        self.assertLess(len(gzip.compress(file.read_bytes())), 400_000)

    def test_all_are_on_pages(self):
        with Native("dense") as native:
            self.assertEqual(sorted({name for _, name in FIGURES}), sorted(native.ask("names")))

    def test_settings_and_steps_are_kept_in_the_address(self):
        for path, name in FIGURES:
            with self.subTest(figure=name):
                page = self.open(path)
                view = self.view(page, name)
                first = self.state(page, name)
                for control in view.evaluate("(view) => view.figure.controls"):
                    if not control["free"]:
                        view.evaluate("(view, [name, values]) => view.set(name, values)",
                                      [control["name"], another(control)])
                view.evaluate("(view) => { view.advance(3); view.pause(); }")
                state = self.state(page, name)
                again = self.open(path, "#" + page.url.split("#")[1])
                self.assertEqual(self.state(again, name), state)
                self.figure(again, name).get_by_role("button", name="Back to the start").click()
                self.assertEqual(self.state(again, name), first)

    def test_a_link_changes_a_page_that_is_open(self):
        page = self.open("chapters/01_dense", "#dense.b=1,1,1,1")
        page.evaluate("location.hash = 'dense.x=0,0,0'")
        page.wait_for_function("live.views[0].figure.settings.get('x')[0] === 0")
        self.assertEqual(self.values(page, "dense", "y"), [0.25, 1, 0, -1])

    def test_what_an_address_cannot_mean_is_told(self):
        page = self.open("chapters/02_activation", "#activation.function=cube&activation.x=3")
        self.assertEqual(self.figure(page, "activation").get_by_role("alert").inner_text(),
                         "Function: there is no 'cube'")

    def test_the_keyboard_reaches_every_input_and_all_are_explained(self):
        for path, name in FIGURES:
            with self.subTest(figure=name):
                page = self.open(path)
                inputs = self.figure(page, name).locator("input, select, button")
                self.assertGreater(inputs.count(), 0)
                for index in range(inputs.count()):
                    if not inputs.nth(index).is_visible() or inputs.nth(index).is_disabled():
                        continue
                    inputs.nth(index).focus()
                    self.assertTrue(inputs.nth(index).evaluate("(it) => it === document.activeElement"))
                for control in self.view(page, name).evaluate("(view) => view.figure.controls"):
                    self.assertRegex(control["help"], r"\.$", control["name"])

    def test_a_reader_without_scripts_has_something_in_its_place(self):
        for path, name in FIGURES:
            with self.subTest(figure=name):
                context = self.browser.new_context(java_script_enabled=False)
                self.addCleanup(context.close)
                page = context.new_page()
                page.goto((ROOT / "build/docs/html" / f"{path}.html").as_uri())
                self.assertGreater(len(self.figure(page, name).inner_text()) +
                                   20 * self.figure(page, name).locator("img").count(), 20)
