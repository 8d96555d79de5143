import sys
import tempfile
from pathlib import Path

from pages import ROOT, Native, PageTest

sys.path.insert(0, str(ROOT / "docs" / "tools"))

import live_site  # noqa: E402

PAGE = "chapters/10_mnist"
EPOCH = 100  # steps: 80 batches to learn from, 20 slices of the images that were held out


class TrainingTest(PageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        (cls.folder / "mnist_training").write_bytes(live_site.images("train", live_site.TRAINING_IMAGES))

    def advance(self, page, steps):
        page.evaluate("(steps) => { live.views[0].advance(steps); live.views[0].pause(); }", steps)

    def test_begins_with_the_networks_and_the_recipe_of_the_chapter(self):
        page = self.open(PAGE)
        recorded = (ROOT / "chapters" / "10_mnist.out").read_text()
        for network, parameters in (("MLP", "269,322"), ("CNN", "80,202")):
            page.get_by_label("Network").select_option(network)
            self.assertIn(parameters, recorded)
            self.assertTrue(self.text(page, "training", "summary").startswith(f"{parameters} parameters"))
            self.assertIn("nn::Adam{{.learning_rate = 0.002F, .weight_decay = 0.1F, .decoupled = true}}",
                          self.text(page, "training", "code"))
            self.assertIn(".epochs = 10, .batches = {.size = 100}", self.text(page, "training", "code"))

    def test_an_epoch_of_the_page_learns_to_read(self):
        page = self.open(PAGE)
        self.advance(page, EPOCH - 1)
        self.assertEqual(sum(self.values(page, "training", "confusion")), 1_900)  # it fills
        self.assertEqual(self.values(page, "training", "validation accuracy"), [])
        self.advance(page, 1)
        self.assertEqual(sum(self.values(page, "training", "confusion")), 2_000)
        self.assertGreater(self.values(page, "training", "validation accuracy")[0], 90)
        self.assertEqual(len(self.values(page, "training", "training cost")), 10)
        self.assertRegex(self.text(page, "training", "speed"), r"^[\d,]+ images a second")

    def test_stops_by_itself_and_looks_at_the_test_images_only_when_asked(self):
        page = self.open(PAGE, "#training.epochs=1")
        figure = self.figure(page, "training")
        figure.get_by_role("button", name="Run").click()
        self.settle(page, "training")
        self.assertIn(f"training.steps={EPOCH}", page.url)
        self.assertNotIn("test images", self.text(page, "training", "summary"))

        page.get_by_label("Look at the test images").check()
        self.assertNotIn("test images", self.text(page, "training", "summary"))
        figure.get_by_role("button", name="Run").click()
        self.settle(page, "training")
        self.assertIn("10,000 test images: cost", self.text(page, "training", "summary"))
        self.assertEqual(sum(self.values(page, "training", "confusion")), 10_000)

    def test_the_table_explains_itself_to_the_keyboard(self):
        page = self.open(PAGE, f"#training.steps={EPOCH}")
        table = page.locator(".live-confusion")
        table.locator("td[tabindex='0']").focus()
        for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowRight"):
            page.keyboard.press(key)
        counts = self.values(page, "training", "confusion")
        self.assertEqual(
            self.figure(page, "training").get_by_text("were taken for a").inner_text(),
            f"Of {sum(counts[20:30]):g} images of a 2, {counts[21]:g} were taken for a 1.")
        self.assertEqual(table.locator("td:focus").inner_text(), f"{counts[21]:g}")

    def test_forward_backward_and_ten_steps_are_those_of_the_program(self):
        page = self.open(PAGE)
        page.get_by_text("More settings", exact=True).click()
        for network, steps in (("MLP", (1, 9)), ("CNN", (1, 9))):
            page.evaluate("live.views[0].reset()")
            page.get_by_label("Network").select_option(network)
            page.get_by_label("Optimizer").select_option("GradientDescent")
            page.get_by_label("Learning rate").select_option("0.04")
            with Native("training", self.folder) as native:
                controls = {control["name"]: control for control in native.description["controls"]}
                for name, words in (("network", network), ("optimizer", "GradientDescent"), ("rate", "0.04")):
                    native.set(name, controls[name]["choices"].index(words))
                for count in steps:
                    native.run(count)
                    self.advance(page, count)
                    for key in ("outputs", "gradients", "parameters"):
                        pairs = zip(native.values(key), self.values(page, "training", key), strict=True)
                        self.assertLess(max(abs(a - b) for a, b in pairs), 1e-5, (network, count, key))
