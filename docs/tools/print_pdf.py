"""Prints the book as PDF: all pages as one, in Chromium, which draws formulas as a reader's browser does.

Run: print_pdf.py INDEX.html BOOK.pdf
"""

import sys
from pathlib import Path

from browser import PATIENCE, open_browser

FOOTER = """<div style="width: 100%; text-align: center; font: 8pt sans-serif">
<span class="pageNumber"></span></div>"""


def main():
    page_file, pdf = map(Path, sys.argv[1:])
    with open_browser() as browser:
        page = browser.new_page(color_scheme="light")
        page.goto(page_file.resolve().as_uri(), timeout=PATIENCE)
        page.evaluate("() => MathJax.startup.promise")
        page.evaluate("() => document.querySelectorAll('details').forEach(part => part.open = true)")
        page.pdf(path=pdf, format="A4", outline=True, tagged=True, display_header_footer=True,
                 header_template="<span></span>", footer_template=FOOTER,
                 margin={"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"})


if __name__ == "__main__":
    main()
