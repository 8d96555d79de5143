from pages import ROOT, Native, PageTest

PAGE = "chapters/07_initializers"
RELU = {"zero": ["0", "0", "0", "0"],  # section 7.2
        "too small": ["0.07", "0.0046", "1.6e-06", "2.7e-12"],
        "too large": ["3.5", "13", "6.6e+02", "4e+05"],
        "He": ["0.99", "0.91", "1.3", "1.2"],
        "Glorot": ["0.71", "0.53", "0.16", "0.036"]}


class VarianceTest(PageTest):
    def table(self, page):
        rows = self.text(page, "variance", "table").split("\n")
        return {name: sizes for name, *sizes in (row.split("\t") for row in rows)}

    def recorded(self, section):
        """The table of a section in the chapter's output."""
        text = (ROOT / "chapters" / "07_initializers.out").read_text().split(f"\n{section} ")[1]
        rows = [row.rsplit(None, 4) for row in text.split("\n\n")[0].splitlines()[3:]]
        return {name.strip(): sizes for name, *sizes in rows}

    def test_begins_with_the_numbers_of_the_chapter(self):
        page = self.open(PAGE)
        table = self.table(page)
        self.assertEqual(table["after layer"][:4], ["1", "2", "5", "10"])
        self.assertEqual(self.recorded("7.2"), RELU)
        for name, sizes in RELU.items():
            self.assertEqual(table[name][:4], sizes)
        shown = self.figure(page, "variance").locator("table tr").nth(4).inner_text()
        self.assertEqual(shown.split()[:5], ["He", *RELU["He"]])

    def test_tanh_is_chosen_by_the_keyboard(self):
        page = self.open(PAGE)
        page.get_by_label("Activation", exact=True).focus()
        page.keyboard.press("ArrowDown")
        table = self.table(page)
        for name, sizes in self.recorded("7.5").items():
            self.assertEqual(table[name][:4], sizes)
        again = self.open(PAGE, "#" + page.url.split("#")[1])
        self.assertEqual(self.table(again), table)

    def test_he_keeps_the_signal_and_the_message_of_fewer_and_other_layers(self):
        page = self.open(PAGE, "#variance.depth=7&variance.width=60")
        self.assertEqual(self.table(page)["after layer"], ["1", "2", "5", "7", "back at the input"])
        self.assertRegex(self.text(page, "variance", "summary"),
                         "^He, with ReLU: after 7 layers .* and is alive; .* and is alive")
        self.assertEqual(self.figure(page, "variance").locator(".live-layers figure").count(), 7)

    def test_looks_into_the_layers_without_beginning_anew(self):
        page = self.open(PAGE, "#variance.activation=tanh")
        before = self.values(page, "variance", "forward")
        page.get_by_label("Initializer to inspect").select_option("too large")
        self.assertEqual(self.values(page, "variance", "forward"), before)
        layer = self.values(page, "variance", "shares")[:21]
        self.assertAlmostEqual(sum(layer), 1, places=5)
        self.assertGreater(layer[0] + layer[20], 0.5)  # saturated
        self.assertRegex(self.text(page, "variance", "summary"),
                         r"the signal is 0\.91 and is saturated, .* the message .* has exploded")

    def test_a_deviation_of_ones_own_makes_what_he_makes(self):
        page = self.open(PAGE, "#variance.deviation=0.14")
        own = float(self.table(page)["your own"][3])
        self.assertGreater(own, 0.3)
        self.assertLess(own, 3)

    def test_computes_what_the_program_computes(self):
        page = self.open(PAGE, "#variance.activation=sigmoid&variance.depth=5")
        with Native("variance") as native:
            native.set("activation", 2)
            native.set("depth", 5)
            for key in ("forward", "backward"):
                for ours, theirs in zip(native.values(key), self.values(page, "variance", key),
                                        strict=True):
                    self.assertAlmostEqual(ours, theirs, delta=1e-5 * max(1, abs(ours)))
