import re

from pages import ROOT, Native, PageTest

PAGE = "chapters/02_activation"
RECORD = (ROOT / "chapters" / "02_activation.out").read_text()


def recorded(section, label):
    """The numbers of a line of the chapter's output."""
    part = RECORD.split(f"\n{section} ")[1]
    return re.search(rf"^  {label} \(\S+\) +(.*)$", part, re.MULTILINE)[1].split()


class ActivationTest(PageTest):
    def rows(self, page):
        return [[cell.replace("−", "-") for cell in row.locator("th, td").all_inner_texts()]
                for row in self.figure(page, "activation").locator("table tr").all()[1:]]

    def test_has_the_numbers_of_the_chapter(self):
        for place, x in ((1, "-2"), (2, "-0.5"), (3, "0"), (4, "0.5"), (5, "2")):
            address = "" if x == "2" else f"#activation.x={x}"
            page = self.open(PAGE, address)
            for name, value, slope in self.rows(page):
                self.assertEqual(float(value), float(recorded("2.2", name)[place]), (name, x))
                self.assertEqual(slope, recorded("2.3", name)[place], (name, x))

    def test_moves_by_the_keyboard_and_keeps_it_in_the_address(self):
        page = self.open(PAGE)
        page.get_by_label("Function", exact=True).focus()
        page.keyboard.press("ArrowDown")
        slider = self.figure(page, "activation").get_by_label("x", exact=True)
        slider.focus()
        for _ in range(20):
            page.keyboard.press("ArrowRight")
        self.assertAlmostEqual(self.values(page, "activation", "point")[0], 4, places=5)
        self.assertIn("At x = 4, tanh gives 0.999", self.text(page, "activation", "summary"))
        self.assertIn("saturated", self.text(page, "activation", "summary"))

        again = self.open(PAGE, "#" + page.url.split("#")[1])
        self.assertEqual(self.values(again, "activation", "point"),
                         self.values(page, "activation", "point"))
        self.figure(again, "activation").get_by_role("button", name="Back to the start").click()
        self.assertIn("At x = 2, sigmoid gives 0.881", self.text(again, "activation", "summary"))

    def test_says_what_a_slope_does_to_a_message(self):
        for address, words in (("ReLU&activation.x=4", "passes unchanged"),
                               ("ReLU&activation.x=-4", "is stopped here"),
                               ("leaky ReLU&activation.x=-4", "is multiplied by this slope"),
                               ("ReLU&activation.x=0", "This is the kink")):
            page = self.open(PAGE, f"#activation.function={address}")
            self.assertIn(words, self.text(page, "activation", "summary"))

    def test_computes_what_the_program_computes(self):
        page = self.open(PAGE, "#activation.function=tanh&activation.x=0.7")
        with Native("activation") as native:
            native.set("function", 3)
            native.set("x", 0.7)
            for key in ("point", "f", "slope"):
                for ours, theirs in zip(native.values(key), self.values(page, "activation", key),
                                        strict=True):
                    self.assertAlmostEqual(ours, theirs, places=5)
