"""What check_figures must catch. Run: .venv-docs/bin/python -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path

try:
    import figures
    from check_figures import check
    from matplotlib import pyplot as plt
except ModuleNotFoundError as error:  # they are in the pages' environment
    raise unittest.SkipTest(str(error))

SIZE = 10.5


class CheckFigures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        figures.add_face(Path(cls.folder.name))
        drawn = {"good": [(0.1, 0.5, "one", SIZE), (0.5, 0.5, "two", SIZE)], "small": [(0.1, 0.5, "tiny", 8)],
                 "covered": [(0.1, 0.5, "one", SIZE), (0.12, 0.5, "two", SIZE)],
                 "outside": [(0.98, 0.5, "long", SIZE)], "minus": [(0.1, 0.5, "-1", SIZE), (0.5, 0.5, "−1", SIZE)]}
        files = []
        for name, texts in drawn.items():
            with plt.rc_context(figures.style("light")):
                figure = plt.figure(figsize=(figures.WIDTH, 2))
                for x, y, text, size in texts:
                    figure.text(x, y, text, fontsize=size)
                files.append(Path(cls.folder.name) / f"{name}.svg")
                figure.savefig(files[-1])
                plt.close(figure)
        cls.problems = check(files)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def of(self, name):
        return [problem for file, problem in self.problems if file == f"{name}.svg"]

    def test_accepts_a_good_figure(self):
        self.assertEqual(self.of("good"), [])

    def test_finds_small_type(self):
        self.assertEqual(self.of("small"), ['"tiny" is 7.1 pixels high'])

    def test_finds_labels_that_cover_each_other(self):
        self.assertEqual(self.of("covered"), ['"two" and "one" cover each other'])

    def test_finds_labels_that_stick_out(self):
        self.assertEqual(self.of("outside"), ['"long" sticks out'])

    def test_finds_hyphens_for_minus_signs(self):
        self.assertEqual(self.of("minus"), ['"-1" has a hyphen for a minus sign'])


class Palette(unittest.TestCase):
    def test_is_that_of_the_live_figures(self):
        for scheme in ("light", "dark"):
            colors = figures.PALETTE[scheme]
            self.assertEqual(figures.CYCLES[scheme][:2], [colors["positive"], colors["negative"]])


if __name__ == "__main__":
    unittest.main()
