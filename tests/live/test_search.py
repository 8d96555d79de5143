"""The search: what it finds first, from the disk, and that it is used by the keyboard alone."""

from pages import SITE, PageTest

from check_site import look_at

# Among the first five results of a query: beginnings of their headings.
FIRST = {"softmax": ["softmax", "Softmax", "2.5 Softmax"],
         "learning rate": ["learning rate", "13. Schedules"],
         "Dense": ["1. The dense layer", "Dense", "dense layer"],
         "batch norm": ["batch normalization", "15.5 Batch normalization", "BatchNorm"],
         "Trainer::fit": ["Trainer::fit"],
         "overfitting": ["overfitting", "12."]}
DIRECTLY = 5


class SearchTest(PageTest):
    def open_search(self, query=""):
        context = self.browser.new_context()
        self.addCleanup(context.close)
        page = context.new_page()
        page.on("pageerror", lambda error: self.fail(str(error)))
        page.goto(f"{(SITE / 'search.html').as_uri()}?q={query}")
        return page

    def headings(self, page):
        return page.locator("#search-found strong").all_inner_texts()

    def test_the_first_five_results_are_what_one_looks_for(self):
        for query, expected in FIRST.items():
            found = self.headings(self.open_search(query))
            for heading in expected:
                with self.subTest(query=query, heading=heading):
                    self.assertTrue(any(one.startswith(heading) for one in found[:DIRECTLY]), found[:DIRECTLY])

    def test_every_result_leads_to_a_place_and_has_an_excerpt(self):
        for query in FIRST:
            page = self.open_search(query)
            for result in page.locator("#search-found li").all():
                file, _, anchor = result.locator("a").get_attribute("href").partition("#")
                text = (SITE / file).read_text()
                self.assertTrue(not anchor or f'id="{anchor}"' in text, f"{file}#{anchor}")
                self.assertGreater(len(result.locator("p").inner_text()), 10)
                self.assertNotIn("\\", result.inner_text())  # of a formula

    def test_the_words_are_marked(self):
        marked = self.open_search("batch norm").locator("mark").all_inner_texts()
        self.assertIn("batch", marked)
        self.assertIn("normalization", marked)

    def test_the_keyboard_is_enough(self):
        page = self.browser.new_page()
        self.addCleanup(page.close)
        page.goto((SITE / "chapters" / "01_dense.html").as_uri())
        page.keyboard.press("/")
        page.keyboard.type("softmax")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=softmax*")
        page.wait_for_selector("#search-found li")
        self.assertEqual(page.evaluate("document.activeElement.id"), "search-words")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        self.assertEqual(page.evaluate("document.activeElement.querySelector('strong').textContent"),
                         self.headings(page)[1])
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        page.keyboard.type(" overflow")
        self.assertIn("q=softmax+overflow", page.url.replace("%20", "+"))
        self.assertEqual(self.headings(page)[0], "2.6 Softmax without overflow")
        page.keyboard.press("Enter")
        page.wait_for_url("**/02_activation.html#*")
        page.go_back()
        page.wait_for_selector("#search-found li")
        self.assertEqual(page.locator("#search-words").input_value(), "softmax overflow")

    def test_the_results_are_accessible_in_both_colors(self):
        page = self.browser.new_page()
        self.addCleanup(page.close)
        page.goto(f"{(SITE / 'search.html').as_uri()}?q=softmax")
        page.wait_for_selector("#search-found li")
        self.assertEqual(look_at(page, set()), [])

    def test_nothing_and_markup_are_harmless(self):
        self.assertEqual(self.headings(self.open_search("")), [])
        page = self.open_search("zzzz")
        self.assertEqual(page.get_by_role("status").inner_text(), "Nothing was found.")
        page.locator("#search-words").fill("<b>(*[")
        self.assertEqual(page.locator("#search-found b").count(), 0)
