from pages import Native, PageTest

PAGE = "chapters/08_convolution"


class PoolingTest(PageTest):
    def winners(self, page):
        return self.figure(page, "pooling").locator("td.live-winner").count()

    def test_begins_with_the_windows_of_the_chapter(self):
        page = self.open(PAGE)
        self.assertEqual(self.values(page, "pooling", "y"), [1, 2, 2, 2])
        self.assertEqual(self.values(page, "pooling", "gradient"),
                         [1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0])
        self.assertIn("the largest of 1, 0, 0, 1 is 1", self.text(page, "pooling", "summary"))
        self.assertEqual(self.values(page, "pooling", "share"), [1] + 15 * [0])
        self.assertEqual(self.winners(page), 1)

    def test_runs_over_all_places_and_stops(self):
        page = self.open(PAGE)
        self.figure(page, "pooling").get_by_role("button", name="Run").click()
        self.settle(page, "pooling")
        self.assertIn("Place 4 of 4", self.text(page, "pooling", "summary"))

    def test_the_mean_is_chosen_by_the_keyboard(self):
        page = self.open(PAGE)
        page.get_by_label("Pooling", exact=True).focus()
        page.keyboard.press("ArrowDown")
        self.assertEqual(self.values(page, "pooling", "y"), [0.5, 1.25, 1, 1])
        self.assertEqual(self.values(page, "pooling", "gradient"), 16 * [0.25])
        self.assertIn("(1 + 0 + 0 + 1) / 4 = 0.5", self.text(page, "pooling", "summary"))
        self.assertEqual(self.winners(page), 0)
        again = self.open(PAGE, "#" + page.url.split("#")[1])
        self.assertEqual(self.values(again, "pooling", "y"), [0.5, 1.25, 1, 1])

    def test_where_windows_overlap_a_pixel_wins_more_than_once(self):
        page = self.open(PAGE, "#pooling.stride=1")
        self.assertEqual(self.values(page, "pooling", "gradient"),
                         [1, 0, 2, 0, 0, 1, 0, 1, 2, 0, 0, 0, 0, 0, 2, 0])

    def test_a_single_place_has_nothing_to_run_over(self):
        page = self.open(PAGE, "#pooling.size=4&pooling.stride=4")
        self.assertTrue(self.figure(page, "pooling").get_by_role("button", name="Run").is_disabled())
        self.assertIn("Place 1 of 1", self.text(page, "pooling", "summary"))

    def test_computes_what_the_program_computes(self):
        page = self.open(PAGE, "#pooling.image=a digit&pooling.kind=average: the mean"
                               "&pooling.size=3&pooling.stride=2")
        with Native("pooling") as native:
            for control, value in (("image", 2), ("kind", 1), ("size", 3), ("stride", 2)):
                native.set(control, value)
            for key in ("y", "gradient"):
                for ours, theirs in zip(native.values(key), self.values(page, "pooling", key),
                                        strict=True):
                    self.assertAlmostEqual(ours, theirs, places=5)
