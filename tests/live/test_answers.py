"""The fields for answers of exercises: they say what ./book exercise NUMBER --answer says."""

from pages import ROOT, Native, PageTest, sys

sys.path.insert(0, str(ROOT / "exercises"))

from answers import TOLERANCE, answers, are_close, judge  # noqa: E402


# What a form says of each of these texts.
ANSWER = """async (form, texts) => {
    const said = [];
    for (const text of texts) {
        form.querySelector('input').value = text;
        form.querySelector('button').click();
        while (form.dataset.judged !== text) await new Promise(requestAnimationFrame);
        said.push(form.querySelector('output').innerText);
    }
    return said;
}"""


class Answers(PageTest):
    def test_the_library_computes_what_the_command_knows(self):
        with Native("answers") as native:
            for number, asked in answers().items():
                if asked.get("computed"):
                    with self.subTest(number):
                        self.assertTrue(are_close(native.values(number), asked["right"],
                                                  max(asked.get("tolerance", TOLERANCE), 1e-6)))

    def test_a_page_without_figures_loads_the_library_only_for_an_answer(self):
        page = self.open("chapters/09_metrics", opening=True)
        self.assertEqual(page.evaluate("typeof live"), "undefined")
        form = page.locator("form.answer").filter(has_text="macro average")
        form.locator("input").fill("0.8 0.4 0.6")
        form.locator("input").press("Enter")
        form.locator("output").filter(has_text="Right.").wait_for()
        self.assertEqual(page.evaluate("typeof live"), "object")

    def test_every_field_judges_as_the_command_does(self):
        fields = 0
        for chapter in dict.fromkeys(number.split(".")[0] for number in answers()):
            numbers = [number for number in answers() if number.split(".")[0] == chapter]
            (name,) = (ROOT / "docs" / "chapters").glob("A_*.md" if chapter == "A" else f"{chapter:0>2}_*.md")
            page = self.open(f"chapters/{name.stem}", opening=True)
            forms = page.locator("form.answer")
            self.assertEqual(forms.count(), len(numbers), name.stem)
            for i, number in enumerate(numbers):
                asked = answers()[number]
                tried = [asked["right"], *(values for values, words in asked.get("wrong", [])),
                         [7.5] * len(asked["right"]), [*asked["right"][:-1], 77]]
                texts = [" ".join(str(value).replace("-", "−") for value in values) for values in tried]
                for text, said in zip(texts, forms.nth(i).evaluate(ANSWER, texts)):
                    with self.subTest(number, text=text):
                        self.assertEqual(said, judge(number, text)[1])
                fields += 1
        self.assertEqual(fields, len(answers()))

    def test_asks_for_numbers_and_as_many_as_there_are(self):
        page = self.open("chapters/02_activation")
        form = page.locator("form.answer").first
        for text, said in (("a half", "Write numbers, such as 0.25, −3 or 1/4."),
                           ("1/4", "Expected 2 numbers (the two probabilities), got 1."),
                           ("(1/4, 3/4)", "Right.")):
            form.locator("input").fill(text)
            form.locator("input").press("Enter")
            page.wait_for_function("([form, text]) => form.dataset.judged === text", arg=[form.element_handle(), text])
            self.assertEqual(form.locator("output").inner_text(), said)
