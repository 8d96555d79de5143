"""Draws a 3 on the drawing page and saves the figure as README shows it, docs/pictures/draw.png.

Run after ./book docs: draw_picture.py build/docs/html/draw.html docs/pictures/draw.png
"""

import sys
from pathlib import Path

from browser import PATIENCE, open_browser

# Strokes of points, in hundredths of the canvas.
THREE = [[(28, 27), (42, 19), (60, 21), (67, 33), (58, 44), (45, 48)],
         [(45, 48), (62, 52), (71, 64), (63, 79), (44, 83), (27, 76)]]
HEIGHT = 560  # the canvas and the answers of both networks, without the views inside the CNN


def main():
    page_file, picture = map(Path, sys.argv[1:])
    with open_browser() as browser:
        page = browser.new_page(color_scheme="light", viewport={"width": 1100, "height": 1200})
        page.goto(page_file.resolve().as_uri(), timeout=PATIENCE)
        sheet = page.locator(".live-draw-sheet canvas")
        sheet.wait_for(timeout=PATIENCE)
        box = sheet.bounding_box()
        for stroke in THREE:
            places = [(box["x"] + x * box["width"] / 100, box["y"] + y * box["height"] / 100) for x, y in stroke]
            page.mouse.move(*places[0])
            page.mouse.down()
            for place in places[1:]:
                page.mouse.move(*place, steps=8)
            page.mouse.up()
        page.get_by_text("The MLP reads 3").wait_for(timeout=PATIENCE)
        figure = page.locator(".live[data-figure=draw]").bounding_box()
        page.screenshot(path=picture, clip={**figure, "height": HEIGHT})


if __name__ == "__main__":
    main()
