"""What module_list and api_pages must make of the list. Run: python3 -m unittest discover docs/tools"""

import tempfile
import unittest
from pathlib import Path

import api_pages
from module_list import (FOLDERS, ROOT, ListError, brief_of, check_readme_table, read_modules, sources,
                         with_table)

FILES = {
    "modules/CMakeLists.txt": "# set(nn_modules x/y)\nset(nn_modules\n  core/tensor\n  layers/dense)\nset(other core/a)\n",
    "modules/core/tensor.cppm": "/// @file\n/// @brief Tensors: numbers\n/// with a shape.\n/// @note No.\nmodule;\n"
                                "export module nn.tensor;\n",
    "modules/core/tensor.cpp": "module nn.tensor;\n",
    "modules/layers/dense.cppm": "/// @file\n/// @brief The dense layer.\n\n/// More.\nexport module nn.dense;\n",
    "modules/layers/far.cpp": "module nn.dense;\n",
    "README.md": "Before.\n<!-- modules -->\nold\n<!-- /modules -->\nAfter.\n",
    "docs/chapters/01_dense.md": "```{piece} modules/layers/dense.cppm forward\n```\n[t](../api/tensor.md)\n",
    "docs/chapters/02_tensor.md": "```{piece} modules/core/tensor.cpp one\n```\n",
    "docs/chapters/03_more.md": "```{piece} modules/layers/far.cpp two\n```\n`nn.tensor`\n"}


class InTree(unittest.TestCase):
    """Tests on a small temporary repository."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name, text in FILES.items():
            self.file(name).write_text(text)

    def file(self, name):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


class ModuleList(InTree):
    def test_is_read_with_folders_and_briefs(self):
        self.assertEqual([(module.folder, module.name, module.brief, module.path)
                          for module in read_modules(self.root)],
                         [("core", "tensor", "Tensors: numbers with a shape.", "modules/core/tensor.cppm"),
                          ("layers", "dense", "The dense layer.", "modules/layers/dense.cppm")])

    def test_needs_a_brief_of_every_module(self):
        self.file("modules/layers/dense.cppm").write_text("export module nn.dense;\n")
        with self.assertRaisesRegex(ListError, "dense.cppm has no line '/// @brief …'"):
            read_modules(self.root)

    def test_knows_every_source_of_a_module_the_interface_first(self):
        self.assertEqual({name: [file.name for file in files] for name, files in sources(self.root).items()},
                         {"tensor": ["tensor.cppm", "tensor.cpp"], "dense": ["dense.cppm", "far.cpp"]})

    def test_is_the_table_in_the_readme(self):
        self.assertEqual(len(check_readme_table(self.root)), 1)
        text = with_table(self.file("README.md").read_text(), read_modules(self.root))
        row = next(line for line in text.splitlines() if "layers" in line)
        self.assertTrue(row.startswith("| [`modules/layers`](modules/layers) | "), row)
        self.assertTrue(row.endswith(" | [dense](modules/layers/dense.cppm) |"), row)
        self.assertTrue(text.startswith("Before.\n") and text.endswith("\nAfter.\n") and "\nold\n" not in text)
        self.file("README.md").write_text(text)
        self.assertEqual(check_readme_table(self.root), [])

    def test_misses_the_markers_in_the_readme(self):
        self.file("README.md").write_text("No table.\n")
        self.assertIn("has no lines", check_readme_table(self.root)[0])

    def test_of_the_library_has_all_its_files(self):
        self.assertEqual(set(sources()), {module.name for module in read_modules()})
        self.assertEqual({folder.name for folder in (ROOT / "modules").iterdir() if folder.is_dir()},
                         set(FOLDERS))


class Pages(InTree):
    def write(self):
        api_pages.write(self.root / "docs" / "api", self.root / "docs", self.root)
        return {file.name: file.read_text() for file in (self.root / "docs" / "api").iterdir()}

    def test_link_to_the_chapters_the_one_of_the_same_name_first(self):
        pages = self.write()
        self.assertEqual(set(pages), {"index.md", "tensor.md", "dense.md"})
        self.assertEqual(pages["tensor.md"],
                         "# nn.tensor\n\nRead about it in [](../chapters/02_tensor.md) and "
                         "[](../chapters/01_dense.md).\n\n```{doxygenfile} tensor.cppm\n```\n")
        self.assertIn("[](../chapters/01_dense.md) and [](../chapters/03_more.md).", pages["dense.md"])

    def test_have_an_index_by_folder(self):
        self.assertRegex(self.write()["index.md"], r"(?s)## core\n.*\(tensor.md\): Tensors.*## layers\n.*dense\.md")

    def test_leave_nothing_of_a_module_that_is_gone(self):
        self.file("docs/api/gone.md").write_text("# nn.gone\n")
        self.assertNotIn("gone.md", self.write())


if __name__ == "__main__":
    unittest.main()
