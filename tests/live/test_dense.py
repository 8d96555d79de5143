from pages import Native, PageTest

PAGE = "chapters/01_dense"


class DenseTest(PageTest):
    def test_begins_with_the_layer_of_the_chapter(self):
        page = self.open(PAGE)
        self.assertEqual(self.values(page, "dense", "y")[:2], [-0.75, 1])
        sums = self.figure(page, "dense").locator(".live-sums li").all_inner_texts()
        self.assertEqual(sums[0], "y₁ = 0.25 + 2 · 0.5 + (−1) · 1 + 0.5 · (−2) = −0.75")

    def test_every_product_is_shown_beside_its_weight_and_as_a_line(self):
        page = self.open(PAGE)
        figure = self.figure(page, "dense")
        self.assertEqual(figure.locator("td span").all_inner_texts(),
                         ["1", "−2", "2", "0", "−1", "0", "0", "−1", "−1", "2", "0.5", "1"])
        lines = figure.locator("svg line")
        widths = [float(line.get_attribute("stroke-width")) for line in lines.all()]
        self.assertEqual((len(widths), widths.index(max(widths)), widths[3]), (12, 1, 1))

    def test_a_weight_is_changed_by_the_keyboard_and_kept_in_the_address(self):
        page = self.open(PAGE)
        weight = page.get_by_label("Weights W, row 1, column 1")
        weight.focus()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Tab")
        self.assertEqual(self.values(page, "dense", "y")[0], -0.25)
        self.assertIn("dense.w=0.75,-1,", page.url)

        again = self.open(PAGE, "#" + page.url.split("#")[1])
        self.assertEqual(self.values(again, "dense", "y")[0], -0.25)
        self.assertEqual(again.get_by_label("Weights W, row 1, column 1").input_value(), "0.75")

        again.get_by_role("button", name="Back to the start").click()
        self.assertEqual(self.values(again, "dense", "y")[0], -0.75)
        self.assertNotIn("=", again.url)

    def test_an_output_is_brought_out_by_the_keyboard_and_by_the_pointer(self):
        page = self.open(PAGE)
        figure = self.figure(page, "dense")
        page.get_by_role("button", name="show output 3").focus()
        self.assertEqual(figure.locator("line.live-chosen").count(), 3)
        self.assertEqual(figure.locator("li.live-chosen").all_inner_texts(),
                         ["y₃ = 0 + 2 · 1 + (−1) · 0 + 0.5 · 1 = 2.5"])
        page.get_by_label("Biases b, 2").focus()
        self.assertIn("y₂", figure.locator("li.live-chosen").inner_text())
        figure.locator("svg g[data-output='0']").hover()
        self.assertIn("y₁", figure.locator("li.live-chosen").inner_text())

    def test_a_number_out_of_range_is_refused_in_words(self):
        page = self.open(PAGE)
        page.get_by_label("Inputs x, 1").fill("1000")
        page.keyboard.press("Enter")
        self.assertEqual(self.figure(page, "dense").get_by_role("alert").inner_text(),
                         "Inputs x: 1000 is not between −10 and 10")
        self.assertEqual(self.values(page, "dense", "y")[0], -0.75)

    def test_computes_what_the_program_computes(self):
        page = self.open(PAGE, "#dense.x=0.1,0.7,-3.5")
        with Native("dense") as native:
            native.set("x", 0.1, 0.7, -3.5)
            for ours, theirs in zip(native.values("y"), self.values(page, "dense", "y"), strict=True):
                self.assertAlmostEqual(ours, theirs, places=5)
            for text in ("sums", "products", "summary"):
                self.assertEqual(native.text(text), self.text(page, "dense", text))
