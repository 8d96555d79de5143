"""What module_graph must find. Run: python3 -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path

try:
    from module_graph import MODULES, read_imports, reduce, to_dot
except ModuleNotFoundError as error:  # Matplotlib is in the pages' environment
    raise unittest.SkipTest(str(error))


class ModuleGraph(unittest.TestCase):
    def test_reads_interfaces_and_bodies_but_not_the_umbrella(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "a.cppm").write_text("export module nn.a;\n// import nn.x;\n")
            (folder / "b.cppm").write_text("module;\nexport module nn.b;\n\nexport import nn.a;\n")
            (folder / "b.cpp").write_text("module nn.b;\nimport nn.c;\n")
            (folder / "c.cppm").write_text("export module nn.c;\n")
            (folder / "nn.cppm").write_text("export module nn;\nexport import nn.a;\n")
            self.assertEqual(read_imports(folder), {"a": set(), "b": {"a", "c"}, "c": set()})

    def test_leaves_out_what_follows(self):
        self.assertEqual(reduce({"a": set(), "b": {"a"}, "c": {"a", "b"}}),
                         {"a": set(), "b": {"a"}, "c": {"b"}})

    def test_draws_what_is_left(self):
        self.assertIn("b -> a;", to_dot({"a": set(), "b": {"a"}}, {"b"}, "light"))

    def test_no_module_imports_one_that_stands_below_it(self):
        """The umbrella lists the modules in reading order."""
        order = [line.split(".")[1].rstrip(";\n") for line in
                 (MODULES / "nn.cppm").read_text().splitlines() if line.startswith("export import")]
        for module, imports in read_imports().items():
            for name in imports:
                self.assertLess(order.index(name), order.index(module), f"{module} imports {name}")


if __name__ == "__main__":
    unittest.main()
