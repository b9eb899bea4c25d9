#!/usr/bin/env python3
"""Tests of tidy.py and cpp_functions.py: each rule with a planted fault, and what looks like one."""

import tempfile
import unittest
from pathlib import Path

import tidy
from cpp_functions import functions_of

HEADER = "// A thing; for its user; thread-safe.\n#pragma once\n"


def faults_of(files: dict[str, str | bytes]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return list(tidy.check(Path(folder)))


def long_function(name: str, lines: int) -> str:
    return f"int {name}() {{\n" + "  step();\n" * (lines - 2) + "}\n"


class Tidy(unittest.TestCase):
    def expect(self, path: str, text: str | bytes, fault: str) -> None:
        found = faults_of({path: text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(fault, found[0])

    def test_a_tidy_tree_has_no_faults(self) -> None:
        self.assertEqual(faults_of({
            "nfa/program.h": HEADER,
            "nfa/program.cc": '#include "nfa/program.h"\n',
            "nfa/program_test.cc": 'const char* kJson = R"(' + "x" * 120 + ' \n)";\n',
            "nfa/url.cc": "// https://example.org/" + "x" * 100 + "\n",
            "docs/page.md": "Two blanks break a line  \nand this may be long" + "g" * 100 + "\n",
            "data/raw.ndjson": "\t trailing \n",
            "build/dev/made.cc": "\tTODO",
        }), [])

    def test_whitespace(self) -> None:
        self.expect("nfa/a.cc", "int a;\n\tint b;\n", "nfa/a.cc:2: a tab")
        self.expect("nfa/a.cc", "int a; \n", "nfa/a.cc:1: blanks at the end")
        self.expect("nfa/a.cc", "int a;\r\n", "nfa/a.cc:1: a carriage return")
        self.expect("nfa/a.cc", "int a;", "nfa/a.cc:1: no newline")

    def test_width(self) -> None:
        self.expect("nfa/a.cc", "//" + "x" * 99 + "\n", "nfa/a.cc:1: 101 columns")
        self.expect("dev", "#" + "x" * 100 + "\n", "dev:1: 101 columns")

    def test_columns_are_code_points(self) -> None:
        self.assertEqual(faults_of({"nfa/a.cc": "//" + "é" * 98 + "\n"}), [])

    def test_headers(self) -> None:
        self.expect("nfa/a.h", "#pragma once\n", "opens with a comment")
        self.expect("nfa/a.h", "// A thing.\n", "no #pragma once")

    def test_marks(self) -> None:
        self.expect("nfa/a.cc", "// TODO: later\n", "TODO without an issue")
        self.assertEqual(faults_of({"nfa/a.cc": "// TODO(#12): later\n"}), [])

    def test_machine_paths(self) -> None:
        self.expect("docs/a.md", "see /work/main for it\n", "/work/main is a path of one machine")
        self.expect("nfa/a.cc", 'open("/tmp/x");\n', "/tmp/x is a path of one machine")
        self.assertEqual(faults_of({"nfa/a.cc": "// tests/tmp/x and rules/home/y\n"}), [])

    def test_vague_names(self) -> None:
        self.expect("nfa/string_utils.cc", "int a;\n", "the file name says 'utils'")
        self.expect("nfa/a.cc", "class RunManager {};\n", "RunManager says 'manager'")
        self.expect("nfa/a.cc", "namespace weir::common {}\n", "weir::common says 'common'")
        self.assertEqual(faults_of({"nfa/a.cc": "struct UtilityBill {};\n"}), [])

    def test_not_utf8(self) -> None:
        self.expect("nfa/a.cc", b"// \xff\n", "not UTF-8 at byte 3")

    def test_length_of_files(self) -> None:
        self.expect("nfa/a.cc", "int a;\n" * 601, "file of 601 lines")

    def test_length_of_functions(self) -> None:
        self.expect("nfa/a.cc", "\n" + long_function("f", 71),
                    "nfa/a.cc:2: f: function of 71 lines")
        self.expect("tools/a.py", "def f():\n" + "    g()\n" * 70, "f: function of 71 lines")
        self.assertEqual(faults_of({"nfa/a.cc": long_function("f", 70)}), [])

    def test_the_ratchet_holds(self) -> None:
        entry = "function nfa/a.cc:f 80  # one switch over the opcodes\n"
        for lines, fault in ((80, None), (81, "has outgrown"), (79, "lower it"),
                             (70, "needs no exception")):
            with self.subTest(lines=lines):
                found = faults_of({tidy.RATCHET: entry, "nfa/a.cc": long_function("f", lines)})
                self.assertEqual([fault in f for f in found] if fault else found,
                                 [True] if fault else [])

    def test_an_exception_needs_a_reason(self) -> None:
        self.expect(tidy.RATCHET, "file nfa/a.cc 700\n", "# reason")


class FunctionsOf(unittest.TestCase):
    def names(self, text: str) -> list[tuple[str, int, int]]:
        return list(functions_of(text))

    def test_methods_and_nested_blocks(self) -> None:
        text = ("namespace a {\nclass S {\n public:\n  int f() const {\n    if (x) {\n    }\n"
                "    return 0;\n  }\n};\n}\n")
        self.assertEqual(self.names(text), [("f", 4, 5)])

    def test_constructors_with_brace_initialisers(self) -> None:
        text = "S::S(int x)\n    : a_{x}, b_{1} {\n  g();\n}\n"
        self.assertEqual(self.names(text), [("S::S", 1, 4)])

    def test_templates_operators_and_tests(self) -> None:
        self.assertEqual(self.names("template <class T>\nvoid f(T x) {\n}\n"), [("f", 1, 3)])
        self.assertEqual(self.names("bool operator==(S a) {\n}\n")[0][1:], (1, 2))
        self.assertEqual(self.names("TEST(Hash, Works) {\n}\n"), [("Hash.Works", 1, 2)])
        self.assertEqual(self.names('extern "C" int f(int x) {\n}\n'), [("f", 1, 2)])

    def test_what_is_no_function(self) -> None:
        for text in ("struct S { int a = f(1); };\n", "constexpr int k[] = {1, 2};\n",
                     "const T kTable = make({1, 2});\n", "enum class E : int { kA };\n",
                     "// void f() {\n", 'const char* s = "void f() {";\n',
                     "#define F(x) void x() {\n"):
            with self.subTest(text=text):
                self.assertEqual(self.names(text), [])

    def test_braces_in_literals_do_not_count(self) -> None:
        text = "void f() {\n  g('{', \"}}\", R\"({)\", 10'000);\n}\nvoid h() {\n}\n"
        self.assertEqual(self.names(text), [("f", 1, 3), ("h", 4, 2)])


if __name__ == "__main__":
    unittest.main()
