"""What module_graph must find. Run: python3 -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path

try:
    from module_graph import read_imports, reduce, to_dot
except ModuleNotFoundError as error:  # Matplotlib is in the pages' environment
    raise unittest.SkipTest(str(error))


class ModuleGraph(unittest.TestCase):
    def test_reads_interfaces_and_bodies_but_not_the_umbrella(self):
        with tempfile.TemporaryDirectory() as name:
            for file, text in (("core/a.cppm", "export module nn.a;\n// import nn.x;\n"),
                               ("core/b.cppm", "module;\nexport module nn.b;\n\nexport import nn.a;\n"),
                               ("core/b.cpp", "module nn.b;\nimport nn.c;\n"),
                               ("core/b_more.cpp", "module nn.b;\nimport nn.d;\n"),
                               ("core/c.cppm", "export module nn.c;\n"),
                               ("data/d.cppm", "export module nn.d;\n"),
                               ("nn.cppm", "export module nn;\nexport import nn.a;\n")):
                path = Path(name, "modules", file)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            self.assertEqual(read_imports(Path(name)),
                             {"a": set(), "b": {"a", "c", "d"}, "c": set(), "d": set()})

    def test_leaves_out_what_follows(self):
        self.assertEqual(reduce({"a": set(), "b": {"a"}, "c": {"a", "b"}}),
                         {"a": set(), "b": {"a"}, "c": {"b"}})

    def test_draws_what_is_left(self):
        self.assertIn("b -> a;", to_dot({"a": set(), "b": {"a"}}, {"b"}, "light"))

    def test_frames_the_modules_of_a_folder(self):
        self.assertRegex(to_dot({"a": set(), "b": {"a"}}, {"b"}, "light", [("core", ["a", "b"])]),
                         r"subgraph cluster_core \{ .* a; b; \}")


if __name__ == "__main__":
    unittest.main()
