import re

from pages import ROOT, Native, PageTest

PAGE = "chapters/12_generalisation"
BY_HAND = "#plane.shape=my%20own"


def place(control, words):
    return control["choices"].index(words)


def costs(summary):
    """Held-out cost at its lowest, and at the end."""
    held_out = re.search(r"cost (\S+) on \d+ held out", summary)[1]
    return [float(cost) for cost in (re.search(r"lowest, (\S+),", summary)[1], held_out)]


class PlaneTest(PageTest):
    def test_begins_with_the_overfitting_of_the_chapter(self):
        code = self.text(self.open(PAGE), "plane", "code")
        for words in ("nn::GradientDescent{{.learning_rate = 0.04F}}", ".batches = {.size = 5}", "nn::He{random}",
                      "nn::ReLU{}", "nn::SoftmaxCrossEntropy{}"):
            self.assertIn(words, code)

    def test_remedies_do_what_the_table_for_paper_says(self):
        page = (ROOT / "docs" / f"{PAGE}.md").read_text()
        rows = {row: (float(lowest), float(last)) for row, lowest, last in
                re.findall(r"^\| ([\w. ]+) \| (0\.\d\d) \| (0\.\d\d) \|$", page, re.MULTILINE)}
        with Native("plane") as native:
            controls = {control["name"]: control for control in native.description["controls"]}
            for row, (name, value) in {
                    "as in section 12.1": ("count", 60),
                    "weight decay 0.01": ("decay", place(controls["decay"], "0.01")),
                    "dropout 0.5": ("dropout", 0.5),
                    "400 points": ("count", 400)}.items():
                native.ask("open", "plane")
                native.set(name, value)
                native.run(300)
                for found, expected in zip(costs(native.text("summary")), rows[row], strict=True):
                    self.assertAlmostEqual(found, expected, delta=0.01, msg=row)  # processors round differently

    def test_runs_and_stops_by_itself(self):
        page = self.open(PAGE, "#plane.epochs=12")
        self.figure(page, "plane").get_by_role("button", name="Run").click()
        self.settle(page, "plane")
        self.assertTrue(self.text(page, "plane", "summary").startswith("Epoch 12 of 12: "))
        self.assertEqual(len(self.values(page, "plane", "held-out cost")), 13)

    def test_every_place_has_probabilities(self):
        page = self.open(PAGE, "#plane.shape=spiral&plane.steps=3")
        surface = self.values(page, "plane", "surface")
        self.assertEqual(len(surface), 48 * 48 * 3)
        for i in range(0, len(surface), 3):
            self.assertAlmostEqual(sum(surface[i:i + 3]), 1, places=5)

    def test_a_training_that_comes_apart_says_so(self):
        page = self.open(PAGE, "#plane.optimizer=Momentum&plane.rate=2&plane.batch=10"
                               "&plane.widths=128,128,128&plane.steps=50")
        self.assertIn("a cost that is no longer a number on 60 points", self.text(page, "plane", "summary"))

    def test_points_are_put_in_by_the_keyboard(self):
        page = self.open(PAGE, BY_HAND)
        self.assertIn("No points yet", self.text(page, "plane", "summary"))
        page.get_by_role("application").focus()
        page.keyboard.press("Enter")
        for key in ("ArrowRight", "ArrowUp", "Enter"):
            page.keyboard.press(key)
        page.get_by_label("Class of the next point").select_option("triangle")
        page.get_by_role("application").focus()
        for key in ("ArrowLeft", "Enter", "Enter", "Backspace"):
            page.keyboard.press(key)
        self.assertIn("plane.points=0,0,0,0.13,0.13,0,0,0.13,2", page.url)

        again = self.open(PAGE, "#" + page.url.split("#")[1])
        self.assertEqual(self.values(again, "plane", "points"), self.values(page, "plane", "points"))

    def test_points_are_put_in_by_a_pointer(self):
        page = self.open(PAGE, BY_HAND)
        canvas = page.get_by_role("application")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        canvas.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
        self.assertIn("plane.points=", page.url)
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 200, box["y"] + 20, steps=20)
        page.mouse.up()
        drawn = len(self.values(page, "plane", "points")) // 4
        self.assertGreater(drawn, 4)
        self.figure(page, "plane").get_by_role("button", name="Remove the last point").click()
        self.assertEqual(len(self.values(page, "plane", "points")) // 4, drawn - 1)
        self.figure(page, "plane").get_by_role("button", name="Remove all points").click()
        self.assertEqual(self.values(page, "plane", "points"), [])

    def test_points_are_put_in_by_a_finger(self):
        page = self.open(PAGE, BY_HAND, has_touch=True, viewport={"width": 360, "height": 740})
        page.get_by_role("application").tap()
        self.assertEqual(len(self.values(page, "plane", "points")), 4)

    def test_a_click_changes_nothing_where_points_are_made(self):
        page = self.open(PAGE)
        page.get_by_role("application").click()
        self.assertNotIn("plane.points", page.url)

    def test_a_point_out_of_the_picture_is_refused_in_words(self):
        page = self.open(PAGE, "#plane.points=9,0,0")
        self.assertEqual(self.figure(page, "plane").get_by_role("alert").inner_text(),
                         "My own points: 9 is not between −2 and 2")

    def test_the_program_is_copied(self):
        page = self.open(PAGE, permissions=["clipboard-read", "clipboard-write"])
        figure = self.figure(page, "plane")
        figure.get_by_text("The same as a program in C++").click()
        figure.get_by_role("button", name="Copy").click()
        figure.get_by_role("button", name="Copied").wait_for()
        self.assertEqual(page.evaluate("navigator.clipboard.readText()"), self.text(page, "plane", "code"))

    def test_computes_what_the_program_computes(self):
        """A batch of all points: a step of the figure is one of the training."""
        for optimizer in ("GradientDescent", "Adam"):
            page = self.open(PAGE, f"#plane.batch=200&plane.activation=Tanh&plane.optimizer={optimizer}")
            with Native("plane") as native:
                controls = {control["name"]: control for control in native.description["controls"]}
                for name, words in (("batch", "200"), ("activation", "Tanh"), ("optimizer", optimizer)):
                    native.set(name, place(controls[name], words))
                for steps in (1, 9):
                    native.run(steps)
                    page.evaluate("(steps) => live.views[0].advance(steps)", steps)
                    for key in ("outputs", "gradients", "parameters", "surface"):
                        pairs = zip(native.values(key), self.values(page, "plane", key), strict=True)
                        self.assertLess(max(abs(a - b) for a, b in pairs), 1e-5, (optimizer, steps, key))
