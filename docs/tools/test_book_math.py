"""What book_math must do. Run: .venv-docs/bin/python -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

try:
    import book_math
except (ModuleNotFoundError, AttributeError) as error:
    raise unittest.SkipTest(str(error))


class Formulas(unittest.TestCase):
    def test_draws_a_formula_once_and_remembers_it(self):
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.object(book_math, "DRAWN", Path(folder) / "formulas.json"):
            drawing = book_math.Formulas()[r"\frac{a}{b'}", "block"]
            self.assertIn("<svg", drawing["svg"])
            self.assertIn("<mfrac>", drawing["mathml"])
            with mock.patch.object(book_math.subprocess, "run", side_effect=AssertionError):
                self.assertEqual(book_math.Formulas()[r"\frac{a}{b'}", "block"], drawing)

    def test_says_what_is_wrong_with_a_formula(self):
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.object(book_math, "DRAWN", Path(folder) / "formulas.json"):
            self.assertIn("Missing", book_math.Formulas()[r"\frac{a", "inline"]["error"])


if __name__ == "__main__":
    unittest.main()
