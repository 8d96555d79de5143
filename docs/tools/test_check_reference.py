"""What check_reference must catch. Run: python3 -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path

from check_reference import check

CLASS = """<doxygen><compounddef kind="class" prot="public"><compoundname>nn::Layer</compoundname>
<sectiondef>{members}</sectiondef>
<briefdescription>{brief}</briefdescription></compounddef></doxygen>"""
FUNCTION = """<memberdef kind="function" prot="{prot}"><name>{name}</name><argsstring>(int a, int b)</argsstring>
<param><declname>a</declname></param><param><declname>b</declname></param>
<briefdescription>{brief}</briefdescription><detaileddescription>{detail}</detaileddescription>
</memberdef>"""
PARAMETER = """<parameterlist><parameteritem><parameternamelist><parametername>{0}</parametername>
</parameternamelist></parameteritem></parameterlist>"""


class CheckReference(unittest.TestCase):
    def gaps(self, about="A layer.", **function):
        member = {"prot": "public", "name": "step", "brief": "Steps.", "detail": ""} | function
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "class.xml").write_text(
                CLASS.format(brief=about, members=FUNCTION.format(**member)))
            return check(Path(folder))[0]

    def test_finds_nothing_where_all_is_said(self):
        self.assertEqual(self.gaps(), [])
        self.assertEqual(self.gaps(detail=PARAMETER.format("a") + PARAMETER.format("b")), [])

    def test_finds_a_class_and_a_function_without_a_word(self):
        self.assertEqual(self.gaps(about=""), ["nn::Layer: nothing is said of it"])
        self.assertEqual(self.gaps(brief=""),
                         ["nn::Layer::step(int a, int b): nothing is said of it"])

    def test_finds_a_parameter_left_out(self):
        self.assertEqual(self.gaps(detail=PARAMETER.format("a")),
                         ["nn::Layer::step(int a, int b): parameter b is not described"])

    def test_leaves_private_functions_alone(self):
        self.assertEqual(self.gaps(prot="private", detail=PARAMETER.format("a")), [])


if __name__ == "__main__":
    unittest.main()
