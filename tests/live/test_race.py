import re

from pages import ROOT, Native, PageTest

PAGE = "chapters/05_adam"
RECORD = (ROOT / "chapters" / "05_adam.out").read_text()
WALKERS = ["GradientDescent", "Momentum", "RMSProp", "Adam"]


def recorded(walker):
    """Where a walker of the chapter is after 1, 2, 10 and 40 steps."""
    line = re.search(rf"^  {walker} +(\(.*)$", RECORD, re.MULTILINE)[1]
    return [[float(x) for x in place.split(",")] for place in re.findall(r"\((.*?)\)", line)]


class RaceTest(PageTest):
    def test_walks_where_the_chapter_walks(self):
        page = self.open(PAGE)
        figure = self.figure(page, "race")
        figure.get_by_role("button", name="Run").focus()
        page.keyboard.press("Enter")
        self.settle(page, "race")
        for k, walker in enumerate(WALKERS):
            path = self.values(page, "race", f"path {k}")
            self.assertEqual((len(path), path[:2]), (2 * 41, [-4, 1]))
            for step, place in zip((1, 2, 10, 40), recorded(walker), strict=True):
                for ours, theirs in zip(path[2 * step:2 * step + 2], place, strict=True):
                    self.assertAlmostEqual(ours, theirs, delta=0.0051)
        rows = [row.inner_text() for row in figure.locator("table tr").all()[1:]]
        for row, walker in zip(rows, WALKERS, strict=True):
            x, y = recorded(walker)[-1]
            self.assertIn(f"({x:.2f}, {y:.2f})".replace("-", "−"), row)
        self.assertRegex(self.text(page, "race", "summary"),
                         r"^After 40 steps the costs are: Momentum .*GradientDescent .*RMSProp .*Adam ")
        self.assertTrue(figure.get_by_role("button", name="One step").is_disabled())

    def test_a_rate_too_large_flies_apart_and_says_so(self):
        page = self.open(PAGE, "#race.descent=0.11&race.steps=40")
        self.assertAlmostEqual(self.values(page, "race", "path 0")[-1], 1469.77, delta=0.5)
        self.assertIn("GradientDescent diverges: its learning rate is too large.",
                      self.text(page, "race", "summary"))

        lost = self.open(PAGE, "#race.descent=2&race.length=100&race.steps=100")
        self.assertEqual(self.text(lost, "race", "costs").split("\n")[0], "inf")
        self.assertTrue(all(abs(x) < 3.5e38 for x in self.values(lost, "race", "path 0")))

    def test_in_a_round_valley_the_right_rate_arrives_at_once(self):
        page = self.open(PAGE, "#race.steepness=1&race.descent=1")
        figure = self.figure(page, "race")
        figure.get_by_role("button", name="One step").click()
        self.assertEqual(self.values(page, "race", "path 0"), [-4, 1, 0, 0])
        self.assertIn("race.steps=1", page.url)

    def test_who_does_not_run_is_not_shown(self):
        page = self.open(PAGE)
        page.get_by_label("Adam: rate").select_option("does not run")
        figure = self.figure(page, "race")
        self.assertEqual(figure.locator("table tr").count(), 4)
        self.assertEqual(figure.locator("svg.live-race .live-path").count(), 3)
        self.assertIn("race.adam=does%20not%20run", page.url)
        figure.get_by_role("button", name="Back to the start").click()
        self.assertEqual(figure.locator("table tr").count(), 5)

    def test_computes_what_the_program_computes(self):
        page = self.open(PAGE, "#race.steepness=7&race.mu=0.95&race.steps=40")
        with Native("race") as native:
            native.set("steepness", 7)
            native.set("mu", 0.95)
            native.run(40)
            for k in range(4):
                for ours, theirs in zip(native.values(f"path {k}"),
                                        self.values(page, "race", f"path {k}"), strict=True):
                    self.assertAlmostEqual(ours, theirs, places=5)
            self.assertEqual(native.text("summary"), self.text(page, "race", "summary"))
