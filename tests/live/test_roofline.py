from pages import PageTest

PAGE = "chapters/11_matmul"


class RooflineTest(PageTest):
    def summary(self, page):
        return self.text(page, "roofline", "summary")

    def test_a_larger_tile_climbs_to_the_roof(self):
        page = self.open(PAGE)
        self.assertIn("bytes limit it", self.summary(page))
        for rows, vectors, reason in ((4, 2, "bytes limit it"), (12, 2, "Arithmetic limits it, to 270 GFLOP/s")):
            page.get_by_label("Rows of the tile").fill(str(rows))
            page.get_by_label("Vectors in a row").fill(str(vectors))
            intensity, speed = self.values(page, "roofline", "tile")
            self.assertAlmostEqual(intensity, 2 * rows * 16 * vectors / (4 * (rows + 16 * vectors)), places=5)
            self.assertAlmostEqual(speed, min(270, 67 * intensity), places=3)
            self.assertIn(reason, self.summary(page))
        self.assertIn("27 of the 32 registers", self.summary(page))  # section 11.8

    def test_too_large_a_tile_does_not_fit(self):
        page = self.open(PAGE, "#roofline.rows=14&roofline.vectors=2")
        self.assertIn("31 of the 32 registers.", self.summary(page))
        page.get_by_label("Vectors in a row").fill("3")
        self.assertIn("needs 46 registers", self.summary(page))

    def test_bytes_from_the_cache_do_not_limit_the_smallest_tile(self):
        page = self.open(PAGE, "#roofline.source=the L1 cache")
        self.assertIn("Arithmetic limits it", self.summary(page))
        self.assertIn("too few sums to hide how long a multiply-add takes", self.summary(page))
