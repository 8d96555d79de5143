"""What check_reference must catch. Run: python3 -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path

from check_reference import check, throwing_in

CLASS = """<doxygen><compounddef kind="class" prot="public"><compoundname>nn::Layer</compoundname>
<sectiondef>{members}</sectiondef>
<briefdescription>{brief}</briefdescription></compounddef></doxygen>"""
FUNCTION = """<memberdef kind="function" prot="{prot}"><type>{type}</type><name>{name}</name>
<argsstring>{arguments}</argsstring>
<param><declname>a</declname></param><param><declname>b</declname></param>
<briefdescription>{brief}</briefdescription><detaileddescription>{detail}</detaileddescription>
<location file="layer.cppm" {body}/></memberdef>"""
LIST = """<parameterlist kind="{0}"><parameteritem><parameternamelist>
<parametername>{1}</parametername></parameternamelist></parameteritem></parameterlist>"""
A = LIST.format("param", "a")
BOTH = A + LIST.format("param", "b")
THROWS = LIST.format("exception", "std::invalid_argument")
RETURN = """<simplesect kind="return">The sum.</simplesect>"""
STEP = "nn::Layer::step(int a, int b)"


class CheckReference(unittest.TestCase):
    def gaps(self, *functions, about="A layer.", **sources):
        """What is found of a class with these functions, whose sources are cppm and cpp."""
        usual = {"prot": "public", "type": "void", "name": "step", "arguments": "(int a, int b)",
                 "brief": "Steps.", "detail": BOTH, "body": ""}
        members = "".join(FUNCTION.format(**usual | function) for function in functions or [{}])
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "class.xml").write_text(CLASS.format(brief=about, members=members))
            for ending, text in sources.items():
                (root / f"layer.{ending}").write_text(text)
            return check(root, root)[0]

    def test_finds_nothing_where_all_is_said(self):
        self.assertEqual(self.gaps(), [])
        self.assertEqual(self.gaps({"type": "real", "brief": "", "detail": BOTH + RETURN}), [])

    def test_finds_a_class_and_a_function_without_a_word(self):
        self.assertEqual(self.gaps(about=""), ["nn::Layer: no documentation"])
        self.assertEqual(self.gaps({"brief": "", "detail": ""}), [f"{STEP}: no documentation"])

    def test_finds_parameters_left_out(self):
        self.assertEqual(self.gaps({"detail": A}), [f"{STEP}: parameter b is not described"])
        self.assertEqual(self.gaps({"detail": ""}), [f"{STEP}: parameter a is not described",
                                                     f"{STEP}: parameter b is not described"])

    def test_lets_an_overload_point_at_another(self):
        same = {"brief": "The same, read only.", "detail": ""}
        self.assertEqual(self.gaps({}, same), [])
        self.assertEqual(len(self.gaps(same)), 2)  # the same as what?
        self.assertEqual(len(self.gaps({}, same | {"brief": "The same values again."})), 2)

    def test_asks_nothing_of_copies_and_comparisons(self):
        self.assertEqual(self.gaps({"name": "operator==", "detail": ""}), [])
        self.assertEqual(self.gaps({"name": "Layer", "arguments": "(Layer &amp;&amp;a)", "type": "",
                                    "brief": "Leaves the other empty.", "detail": ""}), [])

    def test_finds_a_result_that_is_not_said(self):
        self.assertEqual(self.gaps({"type": "real", "brief": ""}),
                         [f"{STEP}: the return value is not described"])
        for type in ("void", "constexpr void"):
            self.assertEqual(self.gaps({"type": type, "brief": ""}), [])

    def test_finds_a_throw_in_a_module(self):
        body = "void step(int a, int b) {\n  throw std::invalid_argument(\"b\");\n}\n"
        inside = {"body": 'bodystart="1" bodyend="3"'}
        self.assertEqual(self.gaps(inside, cppm=body), [f"{STEP}: it throws, but has no @throws"])
        self.assertEqual(self.gaps(inside | {"detail": BOTH + THROWS}, cppm=body), [])
        self.assertEqual(self.gaps({"body": 'bodystart="3" bodyend="3"'}, cppm=body), [])

    def test_finds_a_throw_in_the_source_beside_the_module(self):
        body = ("module nn.layer;\nvoid Layer::step(int a,\n                 int b) {\n"
                "  throw std::invalid_argument(\"b\");\n}\n")
        self.assertEqual(self.gaps(cpp=body), [f"{STEP}: it throws, but has no @throws"])
        self.assertEqual(self.gaps({"detail": BOTH + THROWS}, cpp=body), [])
        self.assertEqual(self.gaps(cpp=body.replace("Layer", "Other")), [])
        self.assertEqual(self.gaps(cpp=body.replace("nn.layer", "nn.other")), [])

    def test_finds_a_throw_in_a_second_source_of_the_module(self):
        self.assertEqual(self.gaps(**{
            "cpp": "module nn.layer;\n",
            "more.cpp": "module nn.layer;\nvoid Layer::step(int a, int b) {\n"
                        "  throw std::invalid_argument(\"b\");\n}\n"}),
            [f"{STEP}: it throws, but has no @throws"])

    def test_knows_which_function_throws(self):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "layer.cpp"
            source.write_text("std::size_t size() { return 1; }\n\n"
                              "Dataset Batches::operator[](std::size_t index) const {\n"
                              "  if (index > 1) throw std::invalid_argument(\"\");\n}\n\n"
                              "class Reader {\n"
                              "  void fail() { throw std::runtime_error(\"\"); }\n};\n")
            self.assertEqual(throwing_in(source), {"Batches::operator[]"})

    def test_leaves_private_functions_alone(self):
        self.assertEqual(self.gaps({"prot": "private", "detail": A}), [])


if __name__ == "__main__":
    unittest.main()
