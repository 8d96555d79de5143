"""What check_numbers must catch. Run: python3 -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path

from check_numbers import check_numbers, measured_numbers, read_allowed


class MeasuredNumbers(unittest.TestCase):
    def test_finds_shares_times_rates_and_counts(self):
        text = "It reads 98.4 % right\nin 1.5 s, 1,000 images/s, with 7\nmistakes.\n"
        self.assertEqual(measured_numbers(text),
                         [(1, "98.4 %"), (2, "1.5 s"), (2, "1,000 images/s"), (2, "7 mistakes")])

    def test_passes_over_records_formulas_code_and_the_time_of_an_exercise(self):
        for text in ("{recorded}`10_mnist 10.9 (\\S+) %` % right", "$0.1$ % and $$2 s$$", "`90 %`",
                     "```cpp\n5 % 2\n```", "1. **(easy, 10 minutes)** Run it.", "12 digits, 3 layers"):
            self.assertEqual(measured_numbers(text), [], text)


class CheckNumbers(unittest.TestCase):
    def test_wants_a_reason_and_a_use_of_each_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "01_x.md"
            page.write_text("Half: 50 %.\n")
            self.assertEqual(check_numbers(page, read_allowed("# why\n\n01_x: 50 %: half\n")), [])
            self.assertEqual(len(check_numbers(page, {})), 1)
            self.assertEqual(check_numbers(page, read_allowed("01_x: 50 %: half\n01_x: 3 s: a time\n")),
                             ["docs/numbers.txt: '3 s' is not in 01_x.md"])


if __name__ == "__main__":
    unittest.main()
