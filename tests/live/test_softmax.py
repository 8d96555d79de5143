from pages import Native, PageTest

PAGE = "chapters/02_activation"


class SoftmaxTest(PageTest):
    def cells(self, page, column):
        rows = self.figure(page, "softmax").locator("table tr").all()[1:]
        return [row.locator("td").nth(column).inner_text() for row in rows]

    def test_begins_with_the_logits_of_the_chapter(self):
        page = self.open(PAGE)
        self.assertEqual(self.cells(page, 1), ["0.090", "0.245", "0.665"])
        self.assertEqual(self.cells(page, 0)[0], "2.718 / 30.193 = 0.090")
        self.assertIn("Both ways agree", self.text(page, "softmax", "summary"))

    def test_equal_logits_give_equal_probabilities(self):
        page = self.open(PAGE, "#softmax.z1=0&softmax.z2=0&softmax.z3=0")
        self.assertEqual(self.cells(page, 1), ["0.333"] * 3)

    def test_the_formula_overflows_and_the_module_does_not(self):
        page = self.open(PAGE)
        slider = self.figure(page, "softmax").get_by_label("Added to all")
        slider.focus()
        page.keyboard.press("End")
        for _ in range(24):
            page.keyboard.press("ArrowLeft")
        self.assertIn("softmax.shift=86", page.url)
        self.assertEqual(self.cells(page, 0)[2], "inf / inf = not a number")
        self.assertEqual(self.cells(page, 1), ["0.090", "0.245", "0.665"])
        self.assertEqual(self.figure(page, "softmax").locator(".live-broken").count(), 1)
        self.assertIn("e to the 89 is more than a float can hold", self.text(page, "softmax", "summary"))

        self.figure(page, "softmax").get_by_role("button", name="Back to the start").click()
        self.assertEqual(self.figure(page, "softmax").locator(".live-broken").count(), 0)

    def test_says_every_way_in_which_the_formula_fails(self):
        equal = "softmax.z1=0&softmax.z2=0&softmax.z3=0&"
        for address, words in (("softmax.shift=-110", "0 / 0 is not a number"),
                               (equal + "softmax.shift=88", "but not their sum"),
                               ("softmax.shift=-104", "hardly any of their digits")):
            page = self.open(PAGE, f"#{address}")
            self.assertIn(words, self.text(page, "softmax", "summary"))
            self.assertAlmostEqual(sum(self.values(page, "softmax", "y")), 1, places=5)

    def test_temperature_makes_it_more_certain_or_less(self):
        cold = self.values(self.open(PAGE, "#softmax.temperature=0.1"), "softmax", "y")
        warm = self.values(self.open(PAGE, "#softmax.temperature=10"), "softmax", "y")
        self.assertGreater(cold[2], 0.999)
        self.assertLess(max(warm) - min(warm), 0.1)

    def test_computes_what_the_program_computes(self):
        page = self.open(PAGE, "#softmax.z1=2.5&softmax.temperature=2&softmax.shift=88")
        with Native("softmax") as native:
            native.set("z1", 2.5)
            native.set("temperature", 4)
            native.set("shift", 88)
            for ours, theirs in zip(native.values("y"), self.values(page, "softmax", "y"), strict=True):
                self.assertAlmostEqual(ours, theirs, places=5)
            self.assertEqual(native.text("naive"), self.text(page, "softmax", "naive"))
