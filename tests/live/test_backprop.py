import re

from pages import ROOT, Native, PageTest

PAGE = "chapters/04_backprop"
RECORD = (ROOT / "chapters" / "04_backprop.out").read_text()

# How the figure calls what the chapter's output has under another name.
NAMES = {"sums": "X W1 + b1", "hidden": "ReLU of it", "output": "output", "d output": "d output",
         "dW₂": "dW2", "db₂": "db2", "d hidden": "d hidden", "d sums": "d sums", "dW₁": "dW1",
         "db₁": "db1", "dX": "dX"}


def recorded(label):
    """The numbers under a label of sections 4.3 and 4.4."""
    part = RECORD.split("\n4.3 ")[1].split("\n4.5 ")[0]
    block = re.search(rf"^  {re.escape(label)} \(\S+(?:, \d+)*\) +(.*(?:\n {{10,}}.*)*)", part, re.MULTILINE)
    return [float(number) for number in block[1].split()]


class BackpropTest(PageTest):
    def test_has_the_numbers_of_the_chapter(self):
        page = self.open(PAGE)
        for ours, theirs in NAMES.items():
            self.assertEqual(self.values(page, "backprop", ours), recorded(theirs), ours)
        self.assertIn("cost = (1 - 0.5)^2 = 0.25", RECORD)
        self.assertEqual(self.values(page, "backprop", "cost"), [0.25])

    def test_goes_through_the_formulas_one_by_one(self):
        page = self.open(PAGE)
        figure = self.figure(page, "backprop")
        items = figure.locator("ol li")
        self.assertEqual(items.all_inner_texts()[0], "sums = X W₁ + b₁")
        step = figure.get_by_role("button", name="One step")
        step.focus()
        page.keyboard.press("Enter")
        self.assertEqual(items.all_inner_texts()[0].split("\n")[1:],
                         ["1 · 0.5 + 0.5 · 1 + 0 = 1", "1 · (−1) + 0.5 · 0.5 + 1.25 = 0.5"])
        self.assertEqual(figure.locator("line.live-current").count(), 4)
        for _ in range(3):
            page.keyboard.press("Enter")
        self.assertIn("Step 4 of 12, forward: cost = (output − target)²: (1 − 0.5)² = 0.25.",
                      self.text(page, "backprop", "summary"))
        self.assertEqual(figure.locator("li.live-current").count(), 1)
        self.assertIn("backprop.steps=4", page.url)
        again = self.open(PAGE, "#" + page.url.split("#")[1])
        self.assertEqual(self.text(again, "backprop", "summary"), self.text(page, "backprop", "summary"))

    def test_runs_and_stops_by_itself(self):
        page = self.open(PAGE, "#backprop.steps=9")
        figure = self.figure(page, "backprop")
        figure.get_by_role("button", name="Run").click()
        self.settle(page, "backprop")
        self.assertIn("Step 12 of 12", self.text(page, "backprop", "summary"))
        self.assertTrue(figure.get_by_role("button", name="One step").is_disabled())
        self.assertTrue(figure.get_by_role("button", name="Run again").is_enabled())
        figure.get_by_role("button", name="Back to the start").click()
        self.assertEqual(figure.locator(".live-current").count(), 0)

    def test_another_target_turns_every_message_around(self):
        page = self.open(PAGE, "#backprop.target=2&backprop.steps=12")
        self.assertEqual(self.values(page, "backprop", "cost"), [1])
        for ours, theirs in list(NAMES.items())[3:]:
            self.assertEqual(self.values(page, "backprop", ours), [-2 * x for x in recorded(theirs)])

    def test_a_number_is_changed_without_going_back(self):
        page = self.open(PAGE, "#backprop.steps=12")
        bias = page.get_by_label("Biases b₁, 2")
        bias.fill("0.25")
        page.keyboard.press("Enter")
        self.assertEqual(self.values(page, "backprop", "sums"), [1, -0.5])
        self.assertIn("Step 12 of 12", self.text(page, "backprop", "summary"))
        self.assertEqual(self.values(page, "backprop", "dW₂")[1], 0)

    def test_a_number_out_of_range_is_refused_in_words(self):
        page = self.open(PAGE)
        page.get_by_label("Bias b₂, 1").fill("11")
        page.keyboard.press("Enter")
        self.assertEqual(self.figure(page, "backprop").get_by_role("alert").inner_text(),
                         "Bias b₂: 11 is not between −10 and 10")

    def test_computes_what_the_program_computes(self):
        page = self.open(PAGE, "#backprop.x=0.3,-1.7&backprop.w1=0.1,0.7,-1.3,0.9&backprop.steps=12")
        with Native("backprop") as native:
            native.set("x", 0.3, -1.7)
            native.set("w1", 0.1, 0.7, -1.3, 0.9)
            native.run(12)
            for name in NAMES:
                for ours, theirs in zip(native.values(name), self.values(page, "backprop", name),
                                        strict=True):
                    self.assertAlmostEqual(ours, theirs, places=5)
