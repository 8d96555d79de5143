from pages import Native, PageTest

PAGE = "chapters/18_attention"
LAYER = {"x1": 0.5, "x2": -1.25, "x3": 2, "wq": 1.5, "wk": -0.75, "wv": -2, "causal": 1, "place": 3}


class AttentionTest(PageTest):
    def close(self, ours, theirs):
        self.assertEqual(len(ours), len(theirs))
        for a, b in zip(ours, theirs):
            self.assertAlmostEqual(a, b, places=5)

    def row(self, page, name):
        """The numbers of a row of the table, where a line of text ends with a space."""
        row = self.figure(page, "attention").locator(".live-looking tr").filter(
            has=page.get_by_role("rowheader", name=name, exact=True))
        return [" ".join(cell.inner_text().split()) for cell in row.locator("td").all()]

    def test_begins_with_the_example_of_the_section_and_its_first_place(self):
        page = self.open(PAGE)
        self.close(self.values(page, "attention", "p"),
                   [2 / 7, 1 / 7, 4 / 7, 1 / 3, 1 / 3, 1 / 3, 4 / 21, 1 / 21, 16 / 21])
        self.close(self.values(page, "attention", "o"), [10 / 7, 1, 12 / 7])
        self.assertEqual(self.row(page, "key k"), ["1 · 0.693 = 0.693", "0 · 0.693 = 0", "2 · 0.693 = 1.386"])
        self.assertEqual(self.row(page, "score s = q k"), ["1 · 0.693 = 0.693", "1 · 0 = 0", "1 · 1.386 = 1.386"])
        self.assertEqual(self.row(page, "es"), ["2", "1", "4"])
        self.assertEqual(self.row(page, "weight p"), ["2 / 7 = 0.286", "1 / 7 = 0.143", "4 / 7 = 0.571"])
        self.assertEqual(self.row(page, "value v"), ["1 · 1 = 1", "0 · 1 = 0", "2 · 1 = 2"])
        words = self.figure(page, "attention").inner_text()
        for line in ("Query: q₁ = x₁ · weight = 1 · 1 = 1", "Sum of the powers: 2 + 1 + 4 = 7",
                     "Output: o₁ = (2 · 1 + 1 · 0 + 4 · 2) / 7 = 1.429",
                     "Place 1 looks most at place 3, with the weight 0.571; its output is 1.429."):
            self.assertIn(line, words)

    def test_has_the_powers_of_the_other_two_places(self):
        page = self.open(PAGE, "#attention.place=3")
        self.assertEqual(self.row(page, "weight p"), ["4 / 21 = 0.190", "1 / 21 = 0.048", "16 / 21 = 0.762"])
        self.assertEqual(self.text(page, "attention", "output"),
                         "Output: o₃ = (4 · 1 + 1 · 0 + 16 · 2) / 21 = 1.714")
        self.assertEqual(self.text(self.open(PAGE, "#attention.place=2"), "attention", "summary"),
                         "Place 2 gives the weight 0.333 to each of the 3 places that it sees, so its output is the "
                         "plain mean of their values, 1.")

    def test_has_the_numbers_of_section_18_5_under_a_causal_mask(self):
        page = self.open(PAGE)
        page.get_by_label("Causal mask").check()
        self.close(self.values(page, "attention", "p"), [1, 0, 0, 0.5, 0.5, 0, 4 / 21, 1 / 21, 16 / 21])
        self.close(self.values(page, "attention", "o"), [1, 0.5, 12 / 7])
        self.assertEqual(self.row(page, "score s = q k"), ["1 · 0.693 = 0.693", "–", "–"])
        self.assertEqual(self.figure(page, "attention").locator(".live-map .live-hidden").count(), 3)
        self.assertEqual(self.text(page, "attention", "summary"),
                         "Place 1 sees only itself, so its output is its own value, 1.")

    def test_a_place_is_chosen_by_the_pointer_a_tap_and_the_keyboard(self):
        page = self.open(PAGE, has_touch=True)
        figure = self.figure(page, "attention")
        chosen = lambda: figure.locator("line.live-chosen").first.get_attribute("data-place")  # noqa: E731
        self.assertEqual((chosen(), figure.locator("line.live-chosen").count()), ("0", 3))
        figure.locator("tr[data-place='1'] td").first.tap()
        self.assertEqual(chosen(), "1")
        self.assertTrue(page.url.endswith("#attention.place=2"))
        page.get_by_role("button", name="show where place 1 looks").focus()
        self.assertEqual(chosen(), "0")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        self.assertEqual(chosen(), "2")
        figure.get_by_role("button", name="Back to the start").click()
        self.assertEqual(chosen(), "0")
        figure.locator("svg g[data-place='2']").hover()
        self.assertEqual(chosen(), "2")
        self.assertIn("Place 3 looks most at place 3", figure.locator(".live-summary").inner_text())
        self.assertNotIn("place", page.url)

    def test_an_address_without_a_place_has_the_first(self):
        self.assertIn("o₁", self.text(self.open(PAGE, "#attention.place="), "attention", "output"))

    def test_computes_what_the_program_computes(self):
        page = self.open(PAGE, "#" + "&".join(f"attention.{name}={value}" for name, value in LAYER.items()))
        with Native("attention") as native:
            for name, value in LAYER.items():
                native.set(name, value)
            for name in ("p", "o", "v"):
                self.close(native.values(name), self.values(page, "attention", name))
            for name in ("keys", "values", "weights", "scores", "quotients", "query", "sum", "output", "summary"):
                self.assertEqual(native.text(name), self.text(page, "attention", name))
