#!/usr/bin/env python3
"""Tests of gen_reference.py."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import gen_reference

ROOT = Path(__file__).resolve().parent.parent
TABLES = {
    "dsl/diagnostics.def": '// WEIR_DIAGNOSTIC(code, name, severity, summary)\n'
                           'WEIR_DIAGNOSTIC("W0001", kOne, kError, "a ) in \\"quotes\\", so")\n'
                           'WEIR_DIAGNOSTIC("W4003", kTwo, kWarning,\n                "second")\n',
    "nfa/builtins.def": "WEIR_BUILTIN(MinI, \"min\", \"i+\", 'i', \"the least\")\n"
                        "WEIR_BUILTIN(Hour, \"hour\", \"tz\", 'i', \"the hour\")\n",
    "dsl/keywords.def": 'WEIR_WORD("by", kBy, true)\nWEIR_WORD("skip", kSkip, false)\n',
    "tests/golden/diagnostics/W0001_x.expected":
        "error[W0020]: another\n --> a:1:1\n\nerror[W0001]: here\n --> a:2:1\n\n2 errors\n",
}


class GenReference(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name, text in TABLES.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text, encoding="utf-8")

    def run_main(self, *arguments: str) -> int:
        with mock.patch("sys.argv", ["gen_reference.py", "--root", str(self.root), *arguments]), \
                mock.patch("builtins.print"):
            return gen_reference.main()

    def page(self, name: str) -> str:
        return (self.root / "docs/reference" / name).read_text(encoding="utf-8")

    def test_pages(self) -> None:
        self.assertEqual(self.run_main(), 0)
        diagnostics = self.page("diagnostics.md")
        self.assertIn('### W0001\n\nerror: a ) in "quotes", so\n\n```text\nerror[W0001]: here\n'
                      " --> a:2:1\n```\n", diagnostics)
        self.assertIn("### W4003\n\nwarning: second\n", diagnostics)
        self.assertIn("| `min(int, int, …)` | int | the least |", self.page("functions.md"))
        self.assertIn('| `hour(time, "ZONE")` | int | the hour |', self.page("functions.md"))
        reserved, others = self.page("keywords.md").split("## Only")
        self.assertIn("`by`", reserved)
        self.assertIn("`skip`", others)

    def test_check_finds_a_stale_and_a_missing_page(self) -> None:
        self.assertEqual(self.run_main("--check"), 1)
        self.assertFalse((self.root / "docs").exists())
        self.run_main()
        self.assertEqual(self.run_main("--check"), 0)
        table = self.root / "dsl/keywords.def"
        table.write_text('WEIR_WORD("by", kBy, true)\n', encoding="utf-8")
        self.assertEqual(self.run_main("--check"), 1)

    def test_no_row_of_the_real_tables_is_lost(self) -> None:
        for path, macro in (("dsl/diagnostics.def", "WEIR_DIAGNOSTIC"),
                            ("nfa/builtins.def", "WEIR_BUILTIN"),
                            ("dsl/keywords.def", "WEIR_WORD")):
            text = (ROOT / path).read_text(encoding="utf-8")
            lines = sum(line.startswith(f"{macro}(") for line in text.split("\n"))
            rows = [row.arguments for row in gen_reference.rows_of(text, macro)]
            self.assertEqual(len(rows), lines, path)
            self.assertEqual({len(row) for row in rows}, {len(rows[0])}, path)


if __name__ == "__main__":
    unittest.main()
