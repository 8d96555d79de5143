"""What check_paper must catch. Run: .venv-docs/bin/python -m unittest discover docs/tools"""

import shutil
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

try:
    from check_paper import check_epub, check_pdf
    from weasyprint import HTML
except (ModuleNotFoundError, OSError) as error:
    raise unittest.SkipTest(str(error))

FULL = "<p>words</p>" * 40
PAGE = f"""<title>A book</title><meta name=author content=us><meta name=description content=it>
<meta name=keywords content=books>
<style>@page {{ size: 100mm; margin: 8mm }} h1, .next {{ break-before: page }}
h1, p {{ margin: 0; font: 8pt/2mm serif }}</style>
<p>Title<p class=next>Rights<h1>Contents</h1>{FULL}<h1>How to read this book</h1>"""
END = f"<h1>Glossary</h1>{FULL}<h1>Index</h1>{FULL}"


@unittest.skipUnless(shutil.which("pdftotext"), "pdftotext is missing")
class CheckPdf(unittest.TestCase):
    def problems(self, body):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "book.pdf"
            HTML(string=PAGE + body + END).write_pdf(file)
            return list(check_pdf(file))

    def test_finds_nothing_in_a_full_book(self):
        self.assertEqual(self.problems(FULL), [])

    def test_finds_a_page_that_is_half_empty(self):
        self.assertRegex(" ".join(self.problems(f"<p>a line<p class=next>{FULL}")), "^page 4 is filled to ..?% only$")


    def test_finds_a_section_on_another_page_than_the_contents_say(self):
        book = PAGE.replace(FULL, f"<p>1.1 Neurons ...... 9 and so on{FULL}", 1)
        with mock.patch.dict(globals(), PAGE=book):
            self.assertEqual(self.problems(f"<h1>1.1 Neurons</h1>{FULL}"),
                             ["'1.1 Neurons' is on page 5, but the contents say 9"])


class CheckEpub(unittest.TestCase):
    def problems(self, page, contents='<a href="a.xhtml">'):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "book.epub"
            with zipfile.ZipFile(file, "w") as book:
                book.writestr("content.opf", '</metadata><item href="_static/cover.png" properties="cover-image"/>')
                book.writestr("nav.xhtml", f"<nav>{contents}</a></nav>")
                book.writestr("a.xhtml", f"<p>{page}</p>")
            return list(check_epub(file))

    def test_finds_formulas_and_pages_that_are_missing(self):
        self.assertEqual(self.problems('<b class="math x"><svg/></b>'), [])
        self.assertEqual(self.problems('<b class="math x">x</b>'), ["a.xhtml: 1 formulas are not drawn"])
        self.assertEqual(self.problems("", contents="<a>"), ["a.xhtml is missing in the contents"])


if __name__ == "__main__":
    unittest.main()
