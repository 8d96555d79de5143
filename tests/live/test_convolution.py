from pages import Native, PageTest

PAGE = "chapters/08_convolution"
SECTION = "#convolution.image=matrix of 8.2&convolution.kernel=2×2, as in 8.2"
Y = [1, 5, 3, 2, 1, 5, 5, 2, 1]  # section 8.2


class ConvolutionTest(PageTest):
    def summary(self, page):
        return self.figure(page, "convolution").locator(".live-summary").inner_text()

    def sheet(self, page, title):
        """The texts of a table's cells; for an input, its value."""
        return self.figure(page, "convolution").get_by_role("table", name=title).evaluate(
            "(table) => [...table.querySelectorAll('td')].map("
            "(cell) => cell.firstChild?.value ?? cell.textContent)")

    def test_has_the_window_of_the_chapter(self):
        page = self.open(PAGE, SECTION)
        self.assertEqual(self.values(page, "convolution", "y"), Y)
        self.assertEqual(self.values(page, "convolution", "kernel"), [1, 2, 0, -1])
        self.assertEqual(self.sheet(page, "X, the image")[:4], ["1", "0", "2", "1"])
        self.assertEqual(self.sheet(page, "the products"), ["1", "0", "0", "−1"])
        self.assertEqual(self.sheet(page, "Y, the output so far"), ["1"] + 8 * ["·"])
        self.assertIn("1 · 1 + 0 · 2 + 0 · 0 + 1 · (−1) + 1 = 1", self.summary(page))

    def test_runs_over_all_places_and_stops(self):
        page = self.open(PAGE, SECTION)
        figure = self.figure(page, "convolution")
        figure.get_by_role("button", name="Run").click()
        self.settle(page, "convolution")
        self.assertEqual(self.sheet(page, "Y, the output so far"), [str(y) for y in Y])
        again = figure.get_by_role("button", name="Run again")
        self.assertEqual(again.evaluate("(button) => { button.click(); return live.views[0].figure.steps; }"), 0)
        self.assertIn("convolution.steps=8", page.url)

    def test_the_arrow_keys_move_the_window(self):
        page = self.open(PAGE, SECTION)
        page.locator("#live-convolution-place").focus()
        page.keyboard.press("ArrowRight")
        self.assertIn("0 · 1 + 2 · 2 + 1 · 0 + 0 · (−1) + 1 = 5", self.summary(page))
        page.keyboard.press("ArrowDown")
        self.assertIn("Place 5 of 9, row 1, column 1", self.summary(page))
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")  # above is nothing
        page.keyboard.press("ArrowLeft")
        self.assertIn("Place 1 of 9", self.summary(page))

    def test_the_pointer_moves_the_window(self):
        page = self.open(PAGE, SECTION)
        cells = self.figure(page, "convolution").get_by_role("table", name="Y").locator("td")
        cells.nth(5).click()
        self.assertIn("Place 6 of 9, row 1, column 2", self.summary(page))
        self.assertIn("convolution.steps=5", page.url)

    def test_numbers_are_typed_into_image_and_kernel(self):
        page = self.open(PAGE, SECTION)
        for label, number in (("X, the image, row 0, column 0", "3"), ("K, the kernel, row 1, column 0", "4"),
                              ("b, the bias, row 0, column 0", "-2")):
            self.figure(page, "convolution").get_by_label(label).fill(number)
            page.keyboard.press("Enter")
        self.assertEqual(self.values(page, "convolution", "y")[0], 3 * 1 + 0 * 2 + 0 * 4 - 1 - 2)
        self.assertIn("= 0", self.summary(page))
        again = self.open(PAGE, "#" + page.url.split("#")[1])
        self.assertEqual(self.values(again, "convolution", "y"),
                         self.values(page, "convolution", "y"))

        # Another kernel brings its own weights, although there may be as many of them.
        page.get_by_label("Kernel", exact=True).select_option("3×3, a vertical edge")
        page.get_by_label("K, the kernel, row 0, column 0").fill("7")
        page.keyboard.press("Enter")
        page.get_by_label("Kernel", exact=True).select_option("3×3, a horizontal edge")
        self.assertEqual(self.values(page, "convolution", "kernel"), [-1, -1, -1, 0, 0, 0, 1, 1, 1])

    def test_a_number_out_of_range_is_refused_in_words(self):
        page = self.open(PAGE, SECTION)
        self.figure(page, "convolution").get_by_label("X, the image, row 0, column 0").fill("1000")
        page.keyboard.press("Enter")
        self.assertEqual(self.figure(page, "convolution").get_by_role("alert").inner_text(),
                         "Pixels: 1000 is not between −100 and 100")
        self.assertEqual(self.values(page, "convolution", "y"), Y)

    def test_the_edges_of_the_chapter(self):
        page = self.open(PAGE, SECTION)
        page.get_by_label("Image", exact=True).first.select_option("the corner of section 8.3")
        page.get_by_label("Kernel", exact=True).select_option("1×2, a vertical edge")
        upright = [0] * 25
        upright[12] = upright[17] = upright[22] = 1
        self.assertEqual(self.values(page, "convolution", "y"), upright)
        page.get_by_label("Kernel", exact=True).select_option("2×1, a horizontal edge")
        self.assertEqual(self.values(page, "convolution", "y"), [0] * 9 + [1] * 3 + [0] * 12)

    def test_a_digit_is_drawn_as_pixels_and_pointed_at(self):
        page = self.open(PAGE, "#convolution.image=a digit&convolution.kernel=3×3, the mean")
        self.assertEqual(self.text(page, "convolution", "shapes"),
                         "Convolution 1→1 3×3: (1, 28, 28) becomes (1, 26, 26)")
        canvas = self.figure(page, "convolution").get_by_label("X, the image, drawn as pixels")
        box = canvas.bounding_box()
        canvas.click(position={"x": box["width"] * 14.5 / 28, "y": box["height"] * 8.5 / 28})
        self.assertIn("row 7, column 13", self.summary(page))

    def test_stride_and_padding_change_the_shape(self):
        page = self.open(PAGE, SECTION + "&convolution.stride=2&convolution.padding=1")
        self.assertEqual(self.text(page, "convolution", "shapes"),
                         "Convolution 1→1 2×2 stride 2×2 padding 1×1: (1, 4, 4) becomes (1, 3, 3)")
        self.assertEqual(self.sheet(page, "X, the image")[:8], ["0"] * 6 + ["0", "1"])

    def test_computes_what_the_program_computes(self):
        page = self.open(PAGE, "#convolution.image=a digit&convolution.kernel=3×3, the mean"
                               "&convolution.stride=2&convolution.padding=2")
        with Native("convolution") as native:
            for control, value in (("image", 2), ("kernel", 5), ("stride", 2), ("padding", 2)):
                native.set(control, value)
            for ours, theirs in zip(native.values("y"), self.values(page, "convolution", "y"),
                                    strict=True):
                self.assertAlmostEqual(ours, theirs, places=5)
