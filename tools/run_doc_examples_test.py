#!/usr/bin/env python3
"""Tests of run_doc_examples.py, with a small shell script in the place of weir."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import run_doc_examples

# Prints the rule file and the event file, as an alert.
FAKE_WEIR = """#!/bin/sh
if [ "$1" = check ]; then grep -q '^rule' "$2"; exit; fi
cat "$2" >/dev/null && printf '{"alert":"0123abcd","rule":"r","seq":%s}\\n' "$(wc -l <"$4")"
"""

PAGE = """# A page

```weir r.weir
rule r { when auth }
```
```json e.ndjson
{"type":"auth"}
```
```sh
weir run r.weir --events e.ndjson
```
gives

```alerts
{"alert":"…","rule":"r",
 "seq":1}
```
"""


class RunDocExamples(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.page = Path(folder.name) / "page.md"
        self.weir = Path(folder.name) / "weir"
        self.weir.write_text(FAKE_WEIR, encoding="utf-8")
        self.weir.chmod(0o755)

    def run_page(self, text: str) -> tuple[int, list[str]]:
        self.page.write_text(text, encoding="utf-8")
        return run_doc_examples.run_page(self.page, self.weir)

    def test_a_true_page_has_no_faults(self) -> None:
        self.assertEqual(self.run_page(PAGE), (1, []))

    def test_a_wrong_value_is_found(self) -> None:
        ran, faults = self.run_page(PAGE.replace('"seq":1', '"seq":2'))
        self.assertEqual((ran, len(faults)), (1, 1))
        self.assertIn("page.md:14: shown:", faults[0])

    def test_order_of_keys_number_form_and_count_of_alerts_matter(self) -> None:
        for shown in ('{"rule":"r","alert":"…","seq":1}', '{"alert":"…","rule":"r","seq":1.0}',
                      '{"alert":"…","rule":"r","seq":"1"}', '{"alert":"…","rule":"r"}', ""):
            with self.subTest(shown=shown):
                text = PAGE.replace('{"alert":"…","rule":"r",\n "seq":1}', shown)
                self.assertEqual(len(self.run_page(text)[1]), 1)

    def test_a_command_that_fails_is_found(self) -> None:
        faults = self.run_page(PAGE.replace("run r.weir", "run missing.weir"))[1]
        self.assertIn("exit status", faults[0])

    def test_commands_without_expectation_are_not_run(self) -> None:
        self.assertEqual(self.run_page("```sh\nexit 1\n```\n"), (0, []))

    def test_rule_files_of_no_command_are_checked(self) -> None:
        self.assertEqual(self.run_page("```weir a.weir\nrule r {}\n```\n"), (1, []))
        self.assertEqual(len(self.run_page("```weir a.weir\nnonsense\n```\n")[1]), 1)
        self.assertEqual(self.run_page("```weir\nby card   # a fragment\n```\n"), (0, []))

    def test_output_blocks_compare_text(self) -> None:
        page = "```sh\nprintf 'a\\nb\\nc\\n'\n```\n```output\na\n%sc\n```\n"
        self.assertEqual(self.run_page(page % "…\n")[1], [])
        self.assertEqual(self.run_page(page % "b\n")[1], [])
        self.assertEqual(len(self.run_page(page % "")[1]), 1)

    def test_bless_rewrites_the_page(self) -> None:
        with mock.patch.dict(os.environ, {"WEIR_BLESS": "1"}):
            self.run_page(PAGE.replace('"seq":1', '"seq":2'))
        blessed = self.page.read_text(encoding="utf-8")
        self.assertIn('{"alert":"0123abcd","rule":"r","seq":1}\n```\n', blessed)
        self.assertEqual(self.run_page(blessed), (1, []))


if __name__ == "__main__":
    unittest.main()
