"""What holds for every figure that works: it starts from its address, computes what the program outside
the browser computes, says what it shows, and is reached by the keyboard. check_site.py looks at the
same pages in both color themes and on a phone.
"""

import gzip
import re

from pages import ROOT, Native, PageTest

# The home page is left out: it shows the drawing figure without most of its controls, see test_home.py.
FIGURES = [(str(page.relative_to(ROOT / "docs").with_suffix("")), name)
           for page in sorted((ROOT / "docs").glob("**/*.md")) if page.name != "index.md"
           for name in re.findall(r"^`{3,}\{live\} (\w+)$", page.read_text(), re.MULTILINE)]


def another(control):
    """A value of a control that is not that of the start."""
    first = control["start"][0]
    if control["choices"]:
        return [(first + 1) % len(control["choices"])]
    step = control["step"] or (control["high"] - control["low"]) / 8
    changed = first + step if first + step <= control["high"] else first - step
    return [changed, *control["start"][1:]]

# The distance between a control, or a button, and the nearest part of the figure that it changes.
DISTANCE = """(view, [name, values]) => {
    const looks = (part) => (part instanceof HTMLCanvasElement ? part.toDataURL() : part.outerHTML)
    const parts = [...view.stage.querySelectorAll('canvas, svg, table')].filter((part) => part.checkVisibility());
    const before = parts.map(looks);
    const button = [...view.row.children].find((one) => one.textContent === name);
    const control = values ? document.getElementById(`live-${view.figure.name}-${name}`)
        ?? view.root.querySelector(`[aria-describedby="live-${view.figure.name}-${name}-help"]`) : button;
    if (!control || control.disabled || !control.checkVisibility()) return 0;
    const from = control.getBoundingClientRect();
    if (values) view.set(name, values); else view.advance(1);
    const far = (part) => {
        const {top, bottom} = part.getBoundingClientRect();
        return Math.max(top - from.bottom, from.top - bottom, 0);
    };
    const changed = parts.filter((part, i) => looks(part) !== before[i]);
    view.pause();
    view.reset();
    return Math.min(...(changed.length ? changed : [view.stage]).map(far));
}"""


# How many of a figure's inputs and buttons can have the focus, and those that should and cannot.
FOCUS = """(figure) => {
    const inputs = [...figure.querySelectorAll('input, select, button')].filter(
        (one) => one.checkVisibility() && !one.disabled);
    const missed = inputs.filter((one) => { one.focus(); return one !== document.activeElement; });
    return [inputs.length - missed.length, missed.map((one) => one.outerHTML)];
}"""


class EveryFigure(PageTest):
    def view(self, page, name):
        return page.evaluate_handle("(name) => live.views.find((v) => v.figure.name === name)", name)

    def close_all(self):
        """Figures of pages that nobody looks at any more would take time."""
        for context in self.browser.contexts:
            context.close()

    def state(self, page, name):
        """All that a figure shows."""
        return self.view(page, name).evaluate("""({figure}) => ({
            settings: [...figure.settings], steps: figure.steps, summary: figure.text('summary')})""")

    def test_the_library_is_small_enough_for_a_page(self):
        file = ROOT / "build" / "live" / "docs" / "live" / "live.wasm"
        self.assertLess(len(gzip.compress(file.read_bytes())), 400_000)

    def test_all_are_on_pages(self):
        with Native("dense") as native:
            self.assertEqual(sorted({name for _, name in FIGURES} | {"answers"}), sorted(native.ask("names")))

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
                self.close_all()

    def test_a_link_changes_a_page_that_is_open(self):
        page = self.open("chapters/01_dense", "#dense.b=1,1,1,1")
        page.evaluate("location.hash = 'dense.x=0,0,0'")
        page.wait_for_function("live.views[0].figure.settings.get('x')[0] === 0")
        self.assertEqual(self.values(page, "dense", "y"), [0.25, 1, 0, -1])

    def test_what_an_address_cannot_mean_is_told(self):
        page = self.open("chapters/02_activation", "#activation.function=cube&activation.x=3")
        self.assertEqual(self.figure(page, "activation").get_by_role("alert").inner_text(),
                         "Function: there is no 'cube'")

    def test_signs_keyboard_explanations_and_distances_of_every_figure(self):
        for path, name in FIGURES:
            page = self.open(path)
            view, figure = self.view(page, name), self.figure(page, name)
            with self.subTest(figure=name):
                self.check_signs(view, figure)
                page.evaluate("document.querySelectorAll('.live-more').forEach((more) => { more.open = true; })")
                self.check_keyboard(view, figure)
            for width, height in ((1280, 900), (390, 844)):
                page.set_viewport_size({"width": width, "height": height})
                with self.subTest(figure=name, width=width):
                    self.check_distances(view, height)
            self.close_all()

    def check_signs(self, view, figure):
        """A figure has the minus sign of the book; its inputs have hyphens."""
        view.evaluate("(view) => { view.advance(3); view.pause(); }")
        words = figure.evaluate("""(figure) => {
            const copy = figure.cloneNode(true);
            for (const part of copy.querySelectorAll('.live-still, .live-program')) part.remove();
            return copy.textContent; }""")
        self.assertNotRegex(words, r"(?<!\w)-\d")
        view.evaluate("(view) => view.reset()")

    def check_keyboard(self, view, figure):
        reached, missed = figure.evaluate(FOCUS)
        self.assertGreater(reached, 0)
        self.assertEqual(missed, [])
        for control in view.evaluate("(view) => view.figure.controls"):
            self.assertRegex(control["help"], r"\.$", control["name"])

    def check_distances(self, view, height):
        """What a control changes is less than a screen away; the settings that are folded away do not push the others
        further away than that.
        """
        for control in view.evaluate("(view) => view.figure.controls"):
            if not control["free"]:
                far = view.evaluate(DISTANCE, [control["name"], another(control)])
                self.assertLess(far, height, control["name"])
        for button in ("Run", "One step"):
            self.assertLess(view.evaluate(DISTANCE, [button, None]), height / 2, button)

    def test_figures_that_would_start_empty_begin_by_themselves(self):
        still = [figure for figure in FIGURES if figure[1] in ("backprop", "training")]
        for motion, figures in (("no-preference", FIGURES), ("reduce", still)):
            for path, name in figures:
                with self.subTest(figure=name, motion=motion):
                    page = self.open(path, opening=True, reduced_motion=motion)
                    opening = self.view(page, name).evaluate("(view) => view.maker.opening ?? 0")
                    self.figure(page, name).locator(".live-stage").scroll_into_view_if_needed()
                    page.wait_for_function("""([name, steps]) => {
                        const view = live.views.find((one) => one.figure.name === name);
                        return !view.running && view.figure.steps === Math.min(steps, view.figure.lastStep);
                    }""", arg=[name, opening])
                    self.assertNotIn("#", page.url)
                    if name == "training":
                        self.assertEqual(sum(self.values(page, name, "confusion")), 2_000)
                    self.close_all()

    def test_an_opening_ends_when_the_reader_begins(self):
        page = self.open("chapters/10_mnist", opening=True)
        figure = self.figure(page, "training")
        figure.locator(".live-stage").scroll_into_view_if_needed()
        page.wait_for_function("live.views[0].running")
        page.get_by_label("Learning rate").select_option("0.04")
        self.assertEqual(page.evaluate("[live.views[0].running, live.views[0].figure.steps]"), [False, 0])

    def test_what_the_last_step_changed_is_highlighted(self):
        for motion in ("no-preference", "reduce"):
            page = self.open("chapters/01_dense", reduced_motion=motion)
            page.evaluate("""() => {
                window.flashes = 0;
                Element.prototype.animate = () => { ++flashes; };
            }""")
            changed = self.figure(page, "dense").locator(".live-changed")
            self.assertEqual(changed.count(), 0)
            page.get_by_label("Biases b, 1", exact=True).fill("2")
            page.keyboard.press("Enter")
            self.assertEqual(changed.all_inner_texts(), ["1", "y₁ = 2 + 2 · 0.5 + (−1) · 1 + 0.5 · (−2) = 1"])
            self.assertEqual(page.evaluate("flashes"), 2 if motion == "no-preference" else 0)

    def test_an_input_has_a_hyphen_where_the_words_have_a_minus_sign(self):
        page = self.open("chapters/08_convolution")
        self.assertEqual(page.get_by_label("K, the kernel, row 0, column 0").input_value(), "-1")
        self.assertIn("· (−1) ", self.figure(page, "convolution").locator(".live-summary").inner_text())

    def test_keys_in_a_figure_stay_there(self):
        page = self.open("chapters/02_activation")
        page.evaluate("""() => { window.keys = [];
            document.addEventListener('keydown', (event) => keys.push(event.key)); }""")
        page.locator("#live-activation-x").focus()
        for key in ("ArrowLeft", "ArrowRight", "/", "s", "Control+k"):
            page.keyboard.press(key)
        self.assertEqual(page.evaluate("keys"), ["Control", "k"])

    def test_a_reader_without_scripts_has_something_in_its_place(self):
        for path, name in FIGURES:
            with self.subTest(figure=name):
                context = self.browser.new_context(java_script_enabled=False)
                self.addCleanup(context.close)
                page = context.new_page()
                page.goto((ROOT / "build/docs/html" / f"{path}.html").as_uri())
                self.assertGreater(len(self.figure(page, name).inner_text()) +
                                   20 * self.figure(page, name).locator("img").count(), 20)
