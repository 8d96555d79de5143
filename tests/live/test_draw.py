"""The drawing page, used as a person uses it: by mouse, finger and keys, with files, from an address."""

import json
import struct
import tempfile
from pathlib import Path

from pages import ROOT, Native, PageTest

import live_site

# The ten digits as a hand may write them: strokes of points, in hundredths of the canvas.
DIGITS = {
    0: [[(52, 18), (36, 24), (29, 45), (31, 66), (43, 80), (57, 79), (68, 64), (70, 42), (63, 24), (52, 18)]],
    1: [[(52, 16), (51, 40), (50, 62), (49, 84)]],
    2: [[(31, 33), (36, 22), (48, 17), (61, 21), (66, 33), (60, 47), (47, 62), (31, 79), (50, 79), (71, 79)]],
    3: [[(32, 24), (44, 17), (58, 19), (65, 29), (60, 41), (47, 47), (61, 51), (68, 63), (62, 76), (48, 82), (32, 77)]],
    4: [[(38, 17), (34, 34), (31, 52), (48, 53), (70, 51)], [(62, 20), (60, 45), (58, 84)]],
    5: [[(67, 18), (39, 19), (36, 44), (48, 41), (61, 46), (67, 59), (62, 74), (48, 82), (32, 77)]],
    6: [[(60, 16), (46, 27), (36, 45), (33, 64), (41, 79), (55, 81), (65, 70), (61, 57), (48, 54), (35, 63)]],
    7: [[(30, 21), (50, 20), (71, 19), (62, 38), (53, 60), (46, 84)]],
    8: [[(63, 24), (50, 17), (37, 23), (36, 35), (48, 46), (61, 56), (66, 69), (57, 81), (43, 81), (34, 70),
         (39, 57), (52, 46), (63, 35), (63, 24)]],
    9: [[(65, 31), (54, 19), (40, 21), (34, 34), (39, 46), (52, 47), (63, 38), (65, 30), (64, 52), (60, 84)]],
}


class DrawTest(PageTest):
    def start(self, address="", **options):
        page = self.open("draw", address, **options)
        return page

    def canvas(self, page):
        """Its corner and its side, in the window."""
        sheet = page.locator(".live-draw-sheet canvas")
        sheet.scroll_into_view_if_needed()
        box = sheet.bounding_box()
        return box["x"], box["y"], box["width"]

    def places(self, page, stroke):
        x, y, side = self.canvas(page)
        return [(x + side * a / 100, y + side * b / 100) for a, b in stroke]

    def draw(self, page, strokes, steps=4):
        for stroke in strokes:
            first, *others = self.places(page, stroke)
            page.mouse.move(*first)
            page.mouse.down()
            for place in others:
                page.mouse.move(*place, steps=steps)
            page.mouse.up()

    def touch(self, page, strokes):
        session = page.context.new_cdp_session(page)
        for stroke in strokes:
            places = self.places(page, stroke)
            between = [(a + (c - a) * k / 4, b + (d - b) * k / 4)
                       for (a, b), (c, d) in zip(places, places[1:]) for k in range(4)] + places[-1:]
            for i, (x, y) in enumerate(between):
                session.send("Input.dispatchTouchEvent", {
                    "type": "touchMove" if i else "touchStart", "touchPoints": [{"x": x, "y": y}]})
            session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def guesses(self, page):
        return [one.inner_text() for one in page.locator(".live-draw-guess").all()]

    def probabilities(self, page):
        return [self.values(page, "draw", f"probabilities {i}") for i in range(2)]

    def alert(self, page):
        return self.figure(page, "draw").locator("[role=alert]").text_content()

    # ---------------------------------------------------------------------------------- drawing

    def test_every_digit_drawn_with_the_mouse_is_read_by_both(self):
        page = self.start()
        for digit, strokes in DIGITS.items():
            with self.subTest(digit):
                page.get_by_role("button", name="Clear").click()
                self.draw(page, strokes)
                self.assertEqual(self.guesses(page), [str(digit)] * 2)

    def test_every_digit_drawn_with_a_finger_is_read_by_both_and_nothing_scrolls(self):
        page = self.start(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
        self.canvas(page)
        clear = page.get_by_role("button", name="Clear")
        clear.scroll_into_view_if_needed()  # as click() would
        scrolled = page.evaluate("scrollY")
        for digit, strokes in DIGITS.items():
            with self.subTest(digit):
                clear.click()
                page.wait_for_function("document.querySelector('.live-draw-guess').textContent === '–'")
                self.touch(page, strokes)
                self.assertEqual(self.guesses(page), [str(digit)] * 2)
        self.assertEqual(page.evaluate("scrollY"), scrolled)

    def test_begins_with_a_digit_that_makes_room(self):
        page = self.start()
        self.assertEqual(self.guesses(page), ["3", "3"])
        self.draw(page, DIGITS[1])
        self.assertEqual(self.guesses(page), ["1", "1"])

    def test_undo_and_clear(self):
        page = self.start()
        self.draw(page, DIGITS[4][:1])
        one = self.probabilities(page)
        self.draw(page, DIGITS[4][1:])
        self.assertEqual(self.guesses(page), ["4", "4"])
        page.keyboard.press("Control+z")
        self.assertEqual(self.probabilities(page), one)
        page.get_by_role("button", name="Clear").click()
        self.assertEqual(self.guesses(page), ["–", "–"])
        self.assertEqual(self.text(page, "draw", "summary"), "The canvas is empty.")
        undo = page.get_by_role("button", name="Undo")
        for _ in range(2):
            undo.click()
        self.assertEqual(self.guesses(page), ["3", "3"])
        self.assertTrue(undo.is_disabled())

    def test_the_keyboard_alone_draws_a_one(self):
        page = self.start()
        for _ in range(100):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.getAttribute('role')") == "application":
                break
        for key in ["Delete", *["ArrowUp"] * 8, "Space", *["ArrowDown"] * 16, "Space"]:
            page.keyboard.press(key)
        self.assertEqual(self.guesses(page), ["1", "1"])
        self.assertTrue(page.url.split("#")[0].endswith("draw.html"))
        page.keyboard.press("ArrowRight")  # which turns the page elsewhere
        page.keyboard.press("ArrowRight")
        self.assertTrue(page.url.split("#")[0].endswith("draw.html"))

    def test_an_address_gives_the_same_numbers(self):
        page = self.start()
        self.draw(page, DIGITS[5])
        page.get_by_label("Line width").fill("12")
        again = self.start("#" + page.url.split("#")[1])
        self.assertEqual(self.probabilities(again), self.probabilities(page))
        self.assertEqual(again.get_by_label("Line width").input_value(), "12")
        again.get_by_role("button", name="Back to the start").click()
        self.assertEqual(self.guesses(again), ["3", "3"])
        self.assertNotIn("=", again.url)

    def test_an_address_that_is_not_from_here_does_no_harm(self):
        for address in ("draw.map=1", "draw.image=", "draw.unit=,", "draw.image=20000", "draw.strokes=5",
                        "draw.strokes=x", "draw.network=3&draw.picture=2", "draw.map=900,900", "draw.image=1,2"):
            with self.subTest(address):
                page = self.start("#" + address)
                self.draw(page, DIGITS[1])
                self.assertEqual(self.guesses(page), ["1", "1"])

    def test_strokes_too_long_for_an_address_are_left_out(self):
        page = self.start()
        scribble = [[(10 + 80 * (i * 37 % 101) / 101, 10 + 80 * (i * 53 % 97) / 97) for i in range(1500)]]
        page.evaluate("""(strokes) => live.views[0].set('strokes', strokes.flat(2).map((x) => Math.round(10 * x)))""",
                      scribble)
        self.assertNotIn("strokes", page.url)

    # ------------------------------------------------------------------------------ normalization

    def test_a_digit_in_a_corner_needs_normalization(self):
        page = self.start()
        self.draw(page, DIGITS[5])
        page.get_by_role("button", name="Into a corner").click()
        self.assertEqual(self.guesses(page), ["5", "5"])
        page.get_by_label("Make it like MNIST's images").uncheck()
        self.assertNotEqual(self.guesses(page)[0], "5")
        self.assertNotEqual(self.guesses(page)[1], "5")
        words = self.figure(page, "draw").locator(".live-draw-words").inner_text()
        self.assertRegex(words, r"center of mass is \d+\.\d pixels from the middle")
        self.assertRegex(words, r"If made like MNIST's, the MLP would read 5 \(.* %\), the CNN would read 5")

    # --------------------------------------------------------------------------------------- inside

    def test_maps_and_units_are_explained(self):
        page = self.start()
        first = page.get_by_role("slider", name="Layer 2, Convolution")
        first.focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        self.assertIn("Map 2 of 16, layer 2", first.get_attribute("aria-valuetext"))
        self.assertEqual(len(self.values(page, "draw", "filters")), 25)
        page.get_by_role("slider", name="Layer 5, Convolution").hover(position={"x": 5, "y": 5})
        self.assertIn("Map 1 of 32, layer 5", self.text(page, "draw", "map"))
        self.assertEqual(len(self.values(page, "draw", "filters")), 16 * 25)
        units = page.get_by_role("slider", name="hidden units")
        units.focus()
        page.keyboard.press("End")
        self.assertRegex(units.get_attribute("aria-valuetext"), r"^Unit \d+ of 256 outputs \d")
        again = self.start("#" + page.url.split("#")[1])
        self.assertEqual(self.text(again, "draw", "unit"), self.text(page, "draw", "unit"))

    def test_the_strongest_map_is_shown_first_and_clear_empties_all(self):
        page = self.start()
        maps = self.values(page, "draw", "maps 0")
        size = len(maps) // 16
        peaks = [max(maps[i * size:(i + 1) * size]) for i in range(16)]
        self.assertEqual(self.values(page, "draw", "chosen map"), [0, peaks.index(max(peaks))])
        page.get_by_role("button", name="Clear").click()
        for row in range(len(self.text(page, "draw", "layers").split("\n"))):
            self.assertEqual(set(self.values(page, "draw", f"maps {row}")), {0})
        self.draw(page, DIGITS[1])
        self.assertNotEqual(set(self.values(page, "draw", "maps 0")), {0})

    # ------------------------------------------------------------------------------- test images

    def test_misread_test_images_come_first(self):
        page = self.start()
        page.locator(".live-draw-sheet canvas").focus()
        seen = []
        for _ in range(3):
            before = self.text(page, "draw", "summary")
            page.keyboard.press("n")
            page.wait_for_function(f"live.views[0].figure.text('summary') !== {json.dumps(before)}")
            summary = self.text(page, "draw", "summary")
            digit = summary.split(" is a ")[1][0]
            self.assertNotEqual(self.guesses(page), [digit, digit])
            seen.append(summary)
        self.assertEqual(len(set(seen)), 3)
        numbers = self.probabilities(page)
        again = self.start("#" + page.url.split("#")[1])
        self.assertEqual(self.probabilities(again), numbers)
        self.assertEqual(self.text(again, "draw", "summary"), seen[-1])
        page.get_by_role("button", name="Undo").click()
        self.assertEqual(self.text(page, "draw", "summary"), seen[-2])

    def test_computes_what_the_program_computes(self):
        page = self.start()
        with tempfile.TemporaryDirectory() as folder:
            for name in ("mlp", "cnn"):
                (Path(folder) / name).symlink_to(ROOT / "data" / "networks" / f"{name}.safetensors")
            (Path(folder) / "mnist_test").write_bytes(live_site.images("t10k", 10_000))
            with Native("draw", folder) as native:
                for digit in (2, 7):
                    page.get_by_role("button", name="Clear").click()
                    self.draw(page, DIGITS[digit])
                    native.set("strokes", *page.evaluate("live.views[0].figure.settings.get('strokes')"))
                    for key in ("seen", "probabilities 0", "probabilities 1", "maps 3", "weights"):
                        for ours, theirs in zip(native.values(key), self.values(page, "draw", key), strict=True):
                            self.assertAlmostEqual(ours, theirs, delta=1e-5 * max(1, abs(ours)))
                page.get_by_role("button", name="Next test image").click()
                page.wait_for_function("live.views[0].figure.text('tests').startsWith('Of all 10,000')")
                native.set("checked", 10_000)
                self.assertEqual(self.text(page, "draw", "tests"), native.text("tests"))
        print(self.text(page, "draw", "tests"))

    # ------------------------------------------------------------------------------------- files

    def give(self, page, label, file):
        page.locator(f"input[aria-label='{label}']").set_input_files(file)

    def test_pictures_are_read(self):
        page = self.start()
        for name, digit in (("seven.png", "7"), ("four.png", "4"), ("three.png", "3")):
            with self.subTest(name):
                self.give(page, "Picture file", ROOT / "data" / "pictures" / name)
                page.wait_for_function(f"document.querySelector('.live-draw-guess').textContent === '{digit}'")
                self.assertEqual(self.guesses(page), [digit] * 2)
        page.get_by_role("button", name="Undo").click()
        self.assertEqual(self.guesses(page), ["4", "4"])
        self.draw(page, DIGITS[1])
        self.assertEqual(self.guesses(page), ["1", "1"])

    def test_a_picture_in_bad_light_shows_the_steps_of_its_treatment(self):
        page = self.start()
        stages = page.locator(".live-draw-stages")
        self.assertTrue(stages.is_hidden())
        self.give(page, "Picture file", ROOT / "data" / "pictures" / "number.png")
        page.wait_for_function("live.views[0].figure.text('source') === 'picture'")
        names = [caption.inner_text() for caption in stages.locator("figcaption").all()]
        self.assertEqual(names, ["paper", "ink", "digits", *(f"MLP {digit}, CNN {digit}" for digit in (4, 2, 9))])
        self.assertIn(self.guesses(page)[0], ("4", "2", "9"))
        paper = self.values(page, "draw", "stage 0")
        self.assertGreater(max(paper), 1.5 * min(paper))  # the gradient of light, and no ink
        page.get_by_label("Make it like MNIST's images").uncheck()
        self.assertTrue(stages.is_hidden())
        page.get_by_label("Make it like MNIST's images").check()
        self.draw(page, DIGITS[1])
        self.assertTrue(stages.is_hidden())

    def test_a_picture_without_ink_and_one_that_is_none_are_refused(self):
        page = self.start()
        numbers = self.probabilities(page)
        self.give(page, "Picture file", ROOT / "data" / "pictures" / "empty.png")
        page.wait_for_function("document.querySelector('.live-message').textContent !== ''")
        self.assertRegex(self.alert(page), r"^empty.png is not used: no ink")
        self.give(page, "Picture file", {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"})
        page.wait_for_function("document.querySelector('.live-message').textContent.startsWith('x.png')")
        self.assertEqual(self.probabilities(page), numbers)
        self.draw(page, DIGITS[1])
        self.assertEqual(self.guesses(page), ["1", "1"])
        self.assertEqual(self.alert(page), "")

    def test_a_network_of_ones_own_stands_beside_the_two(self):
        page = self.start()
        for network, place in (("mlp", 0), ("cnn", 1)):
            with self.subTest(network):
                self.give(page, "Network file", ROOT / "data" / "networks" / f"{network}.safetensors")
                page.wait_for_function("document.querySelectorAll('.live-draw-guess').length === 3")
                page.wait_for_function(f"""() => {{
                    const {{figure}} = live.views[0];
                    const [a, b] = [{place}, 2].map((i) => Array.from(figure.values(`probabilities ${{i}}`).numbers));
                    return a.join() === b.join();
                }}""")
        page.get_by_role("button", name="Back to the start").click()
        self.assertEqual(len(self.guesses(page)), 2)

    def test_networks_that_read_no_digits_are_refused(self):
        stored = (ROOT / "data" / "networks" / "mlp.safetensors").read_bytes()
        files = {
            "text": b"hello", "empty": b"", "cut short": stored[:5000],
            "no layers": safetensors({}, {"w": (2, 2)}),
            "nine outputs": network([{"type": "Dense"}], {"0.weight": (9, 784), "0.bias": (9,)}),
            "other inputs": network([{"type": "Dense"}], {"0.weight": (10, 100), "0.bias": (10,)}),
            "a tensor missing": network([{"type": "Dense"}], {"0.weight": (10, 784)}),
            "a layer unknown": network([{"type": "Magic"}], {"0.weight": (10, 784)}),
        }
        page = self.start()
        self.draw(page, DIGITS[2])
        numbers = self.probabilities(page)
        for name, contents in files.items():
            with self.subTest(name):
                self.give(page, "Network file", {"name": name, "mimeType": "x/y", "buffer": contents})
                page.wait_for_function(
                    f"document.querySelector('.live-message').textContent.startsWith('{name} is not used: ')")
                self.assertLess(len(self.alert(page)), 250)
                self.assertEqual(self.probabilities(page), numbers)
        self.draw(page, DIGITS[1])
        page.get_by_role("button", name="Clear").click()
        self.draw(page, DIGITS[1])
        self.assertEqual(self.guesses(page), ["1", "1"])

    def test_networks_of_images_and_of_rows_are_taken(self):
        layers = {
            "images": ([{"type": "Convolution", "stride": [4, 4], "padding": [0, 0]}, {"type": "Flatten"},
                        {"type": "Dense"}],
                       {"0.weight": (2, 1, 4, 4), "0.bias": (2,), "2.weight": (10, 98), "2.bias": (10,)}),
            "rows": ([{"type": "GRU", "sequence": False}, {"type": "Dense"}],
                     {"0.weight_ih_l0": (12, 28), "0.weight_hh_l0": (12, 4), "0.bias_ih_l0": (12,),
                      "0.bias_hh_l0": (12,), "1.weight": (10, 4), "1.bias": (10,)}),
        }
        for name, (types, shapes) in layers.items():
            with self.subTest(name):
                page = self.start()
                self.give(page, "Network file",
                          {"name": name, "mimeType": "x/y", "buffer": network(types, shapes)})
                page.wait_for_function("document.querySelectorAll('.live-draw-guess').length === 3")
                for share in self.values(page, "draw", "probabilities 2"):
                    self.assertAlmostEqual(share, 0.1, places=5)

    def test_the_whole_canvas_fits_into_a_small_window(self):
        for width, height in ((844, 390), (1280, 420), (360, 480), (390, 844)):
            with self.subTest(width=width, height=height):
                page = self.start(viewport={"width": width, "height": height})
                self.assertLess(self.canvas(page)[2], height - 100)

    def test_fits_a_telephone_in_both_colours(self):
        for scheme in ("light", "dark"):
            with self.subTest(scheme):
                page = self.start(color_scheme=scheme, viewport={"width": 360, "height": 740})
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360)
                ground = page.evaluate("""Array.from(document.querySelector('.live-draw-sheet canvas')
                    .getContext('2d').getImageData(3, 3, 1, 1).data.slice(0, 3))""")
                self.assertEqual(ground == [255, 255, 255], scheme == "light")


def safetensors(metadata, shapes):
    """A file of zeros."""
    header, end = {"__metadata__": metadata}, 0
    for name, shape in shapes.items():
        size = 4
        for length in shape:
            size *= length
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(end)


def network(layers, shapes):
    return safetensors({"nn.layers": json.dumps(layers)}, shapes)
