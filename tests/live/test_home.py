"""The home page: its first screen on a desktop and on a phone, what it links to, and what previews of links show."""

import struct

from pages import ROOT, SITE, PageTest

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ONE = [(0.5, 0.2), (0.5, 0.5), (0.49, 0.8)]  # strokes in fractions of the canvas
LARGEST_CARD = 300_000  # bytes


class HomeTest(PageTest):
    def test_one_draws_on_the_first_screen_and_both_networks_answer(self):
        for viewport in (DESKTOP, PHONE):
            with self.subTest(width=viewport["width"]):
                page = self.open("index", viewport=viewport)
                box = page.locator(".live-draw-sheet canvas").bounding_box()
                places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in ONE]
                page.mouse.move(*places[0])
                page.mouse.down()
                for place in places[1:]:
                    page.mouse.move(*place, steps=4)
                page.mouse.up()
                self.assertEqual(page.locator(".live-draw-guess").all_inner_texts(), ["1", "1"])
                self.assertEqual(page.evaluate("scrollY"), 0)
                for reading in page.locator(".live-draw-reading").all():
                    answer = reading.bounding_box()
                    self.assertLessEqual(answer["y"] + answer["height"], viewport["height"])
                    self.assertLessEqual(answer["x"] + answer["width"], viewport["width"])

    def test_the_inside_of_the_network_is_next_to_the_canvas(self):
        page = self.open("index", viewport=DESKTOP)
        canvas = page.locator(".live-draw-sheet canvas").bounding_box()
        layers = page.locator(".live-draw-layers").bounding_box()
        self.assertGreater(layers["x"], canvas["x"] + canvas["width"])
        self.assertLess(layers["y"] + layers["height"], DESKTOP["height"])
        page.get_by_role("slider", name="Layer 2, Convolution").focus()
        page.keyboard.press("ArrowRight")
        self.assertTrue(page.get_by_text("Map 4 of 16, layer 2").is_visible())  # 3, the strongest, is shown first

    def test_nothing_jumps_when_the_figure_starts(self):
        for viewport in (DESKTOP, PHONE):
            with self.subTest(width=viewport["width"]):
                page = self.open("index", viewport=viewport)
                # The title of the site moves only when a typeface arrives, which has nothing to do with the figure.
                moved = page.evaluate("""new Promise((resolve) => new PerformanceObserver((list) => resolve(
                    list.getEntries().filter(({sources}) => !sources.some(({node}) => node?.matches?.('.brand')))
                        .reduce((sum, {value}) => sum + value, 0)))
                    .observe({type: 'layout-shift', buffered: true}) || setTimeout(() => resolve(0), 500))""")
                self.assertLess(moved, 0.05)

    def test_every_chapter_has_a_card_with_a_picture(self):
        page = self.open("index")
        chapters = [f"chapters/{file.stem}.html" for file in sorted((ROOT / "docs" / "chapters").glob("*.md"))]
        cards = page.locator(".cards li")
        self.assertEqual([card.get_by_role("link").get_attribute("href") for card in cards.all()], chapters)
        for card in cards.all():
            card.scroll_into_view_if_needed()
            picture = card.locator("img:visible")
            page.wait_for_function("(picture) => picture.naturalWidth > 0", arg=picture.element_handle())
            self.assertEqual(picture.get_attribute("loading"), "lazy")
            self.assertRegex(card.inner_text(), r"\w\.$")

    def test_both_buttons_lead_somewhere(self):
        page = self.open("index")
        for name, heading in (("Start reading", "0. A first network"), ("Do the exercises", "How the exercises work")):
            file, _, anchor = page.get_by_role("link", name=name).get_attribute("href").partition("#")
            text = (SITE / file).read_text()
            self.assertIn(f'id="{anchor}"' if anchor else "<h1>", text)
            self.assertIn(heading, text)

    def test_a_link_to_a_page_has_a_preview(self):
        titles = {"index": "Neural Networks, Module by Module", "chapters/01_dense": "1. The dense layer"}
        for name, title in titles.items():
            page = self.browser.new_page()
            page.goto((SITE / f"{name}.html").as_uri())
            told = page.evaluate("""Object.fromEntries([...document.querySelectorAll('meta')].map(
                (meta) => [meta.getAttribute('property') ?? meta.name, meta.content]))""")
            page.close()
            self.assertEqual(told["og:title"], title)
            self.assertEqual(told["twitter:card"], "summary_large_image")
            self.assertGreater(len(told["description"]), 50)
            card = (SITE / f"{name}.html").parent / told["og:image"]
            self.assertLess(card.stat().st_size, LARGEST_CARD)
            self.assertEqual(struct.unpack(">II", card.read_bytes()[16:24]), (1200, 630))
