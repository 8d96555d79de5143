"""What the mutation tool must find. Run: python3 -m unittest discover tests/reliability"""

import unittest

from mutate import described, mutants, tokens


def changes(source):
    return [(source[m.start:m.end], m.text) for m in mutants(source)]


def mutated(source):
    return [source[:m.start] + m.text + source[m.end:] for m in mutants(source)]


class Tokens(unittest.TestCase):
    def test_leave_nothing_out(self):
        source = '#include <a>\nauto s = u8"\\"//" + R"x(a)" )x"; // b\nint x{1\'000};\t/* c\n */ a<=>b'
        self.assertEqual("".join(token.text for token in tokens(source)), source)

    def test_know_text_from_code(self):
        kinds = {token.text: token.kind for token in tokens('  # if x\n"a" \'"\' 0x1.p-2f // "\nw->*v')}
        self.assertEqual(kinds['"a"'], "string")
        self.assertEqual(kinds["'\"'"], "string")
        self.assertEqual(kinds["0x1.p-2f"], "number")
        self.assertEqual(kinds['// "'], "comment")
        self.assertEqual(kinds["  # if x"], "directive")
        self.assertEqual(kinds["->*"], "sign")


class Mutants(unittest.TestCase):
    def test_change_operators_and_bounds(self):
        self.assertEqual(mutated("a + b"), ["a - b"])
        self.assertEqual(mutated("a < b"), ["a <= b"])
        self.assertEqual(mutated("a == b && c"), ["a != b && c", "a == b || c"])
        self.assertEqual(changes("f(a *\n  b)"), [("*", "/")])
        self.assertEqual(changes("return -a;"), [("-", "")])
        self.assertEqual(changes("if (!a) {}"), [("!", "")])

    def test_change_constants(self):
        self.assertEqual(changes("f(0, 12U)"), [("0", "1"), ("12U", "13U")])
        self.assertEqual(changes("real(0.9) < 1e-8"), [("0.9", "(0.9 + 1)"), ("<", "<="), ("1e-8", "(1e-8 + 1)")])
        self.assertEqual(changes("f(0.0F, true)"), [("0.0F", "1.0"), ("true", "false")])

    def test_change_functions_of_the_standard_library(self):
        self.assertEqual(changes("std::min(a, std::numeric_limits<T>::max())"), [("min", "max")])
        self.assertEqual(changes("*std::ranges::max_element(z)"), [("max_element", "min_element")])

    def test_drop_statements(self):
        self.assertEqual(mutated("{ f(a); }"), ["{ ; }"])
        self.assertEqual(mutated("{ a.b[i] = c; }"), ["{ ; }"])
        self.assertEqual(mutated("{ if (a) throw E{f(b)}; }"), ["{ if (a) ; }"])
        self.assertEqual(mutated("{ for (auto x : y) z += x; }"),
                         ["{ for (auto x : y) ; }", "{ for (auto x : y) z -= x; }"])
        self.assertEqual(changes("{ f([&](T x) { g(x); }); }"),
                         [("f([&](T x) { g(x); })", ""), ("g(x)", "")])

    def test_leave_declarations_alone(self):
        for source in ("{ real sum = a; }", "{ Images y{x}; }", "{ const T& a = b; }", "T f(T a);",
                       "{ std::vector<T> a = b; }", "{ return f(a); }", "struct A { T x; };"):
            self.assertEqual(changes(source), [], source)

    def test_leave_alone_what_is_no_operator(self):
        for source in ("std::vector<const T*>", "T&& a", "a->b", "template <class T, int N = 3> f",
                       "bool operator==(const A&) const = default;", "const real* const p",
                       "// a + b", '"a + b"', "#include <a + 1>", "[&](auto... x)", "import nn.a;",
                       "T f() -> U"):
            self.assertEqual(changes(source), [], source)

    def test_are_described_by_their_line(self):
        source = "x;\n  a = b +  // why\n c;\n"
        plus = [m for m in mutants(source) if m.text == "-"][0]
        self.assertEqual(described(source, "f.cpp", plus),
                         {"file": "f.cpp", "line": 2, "column": 9, "kind": "arithmetic",
                          "code": "a = b +", "from": "+", "to": "-"})


if __name__ == "__main__":
    unittest.main()
