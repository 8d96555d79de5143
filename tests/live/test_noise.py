import csv
import tempfile
from pathlib import Path

from pages import ROOT, Native, PageTest

import live_site

PAGE = "chapters/06_batching"


def training_images():
    """A folder with the images that the page has."""
    folder = tempfile.TemporaryDirectory()
    images = live_site.images("train", live_site.TRAINING_IMAGES)
    (Path(folder.name) / "mnist_training").write_bytes(images)
    return folder


class NoiseTest(PageTest):
    def summary(self, page):
        return self.text(page, "noise", "summary")

    def test_begins_with_what_the_chapter_measured(self):
        page = self.open(PAGE)
        with (ROOT / "docs" / "figures" / "06_noise.csv").open() as file:
            rows = list(csv.DictReader(file))
        for weights, column in (("untrained", "untrained"), ("after 550 steps", "trained")):
            page.get_by_label("Weights", exact=True).select_option(weights)
            points = self.values(page, "noise", "chapter")
            self.assertEqual(points[::2], [float(row["size"]) for row in rows])
            for shown, row in zip(points[1::2], rows, strict=True):
                # Half of the last digit, and what a float adds to it.
                self.assertAlmostEqual(shown, float(row[column]), delta=0.0051)
            # With a sixth of the images the law is nearly that of the chapter.
            self.assertAlmostEqual(self.values(page, "noise", "law")[0] / points[5], 1, delta=0.1)
        self.assertIn("Section 6.3 measured 2.35.", self.summary(page))

    def test_runs_stops_and_finds_the_law(self):
        page = self.open(PAGE)
        figure = self.figure(page, "noise")
        figure.get_by_role("button", name="Run").click()
        self.settle(page, "noise")
        self.assertRegex(self.summary(page), "^200 batches of 100: ")
        size, noise = self.values(page, "noise", "here")
        self.assertEqual(size, 100)
        self.assertAlmostEqual(noise / self.values(page, "noise", "law")[0], 1, delta=0.1)
        self.assertEqual(figure.locator(".live-cloud-batch").count(), 199)

    def test_a_hundred_times_as_many_images_have_a_tenth_of_the_noise(self):
        laws = []
        for size in (10, 1000):
            page = self.open(PAGE, f"#noise.size={size}&noise.steps=20")
            law, (_, noise) = self.values(page, "noise", "law")[0], self.values(page, "noise", "here")
            self.assertAlmostEqual(noise / law, 1, delta=0.15)
            laws.append(law)
        self.assertAlmostEqual(laws[0] / laws[1], 10, places=4)

    def test_a_step_by_the_keyboard_is_the_same_from_the_address(self):
        page = self.open(PAGE)
        self.figure(page, "noise").get_by_role("button", name="One step").focus()
        page.keyboard.press("Enter")
        self.assertIn("noise.steps=1", page.url)
        points = self.values(page, "noise", "points")
        again = self.open(PAGE, "#" + page.url.split("#")[1])
        self.assertEqual(self.values(again, "noise", "points"), points)
        other = self.open(PAGE, "#noise.seed=3&noise.steps=1")
        self.assertNotEqual(self.values(other, "noise", "points"), points)

    def test_computes_what_the_program_computes(self):
        page = self.open(PAGE, "#noise.weights=after 550 steps&noise.steps=10")
        with training_images() as folder, Native("noise", folder=folder) as native:
            native.set("weights", 1)
            native.run(10)
            for key in ("line", "points"):
                for ours, theirs in zip(native.values(key), self.values(page, "noise", key),
                                        strict=True):
                    self.assertAlmostEqual(ours, theirs, delta=1e-5 * max(1, abs(ours)))
            native.set("weights", 0)
            native.run(10)
            page.get_by_label("Weights", exact=True).select_option("untrained")
            self.figure(page, "noise").get_by_role("button", name="One step").click()
            for ours, theirs in zip(native.values("points")[:2], self.values(page, "noise", "points"),
                                    strict=True):
                self.assertAlmostEqual(ours, theirs, places=5)
