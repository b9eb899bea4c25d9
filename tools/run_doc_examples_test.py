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
if [ "$1" = fmt ]; then sed 's/  */ /g'; exit; fi
if [ "$1" = check ] || [ "$1" = test ]; then
  command=$1; shift
  if [ $command = test ]; then ! cat "$@" | grep -q FAIL; exit; fi
  if cat "$@" | grep -q doubtful; then echo 'warning[W1020]: doubtful'; fi
  cat "$@" | grep -q '^rule' || { echo 'error[W0001]: no rule'; exit 1; }
  exit 0
fi
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

    def run_page(self, text: str) -> tuple[int, int, list[str]]:
        self.page.write_text(text, encoding="utf-8")
        return run_doc_examples.run_page(self.page, self.weir)

    def faults(self, text: str) -> list[str]:
        return self.run_page(text)[2]

    def test_a_true_page_has_no_faults(self) -> None:
        self.assertEqual(self.run_page(PAGE), (2, 0, []))

    def test_a_wrong_value_is_found(self) -> None:
        ran, _, faults = self.run_page(PAGE.replace('"seq":1', '"seq":2'))
        self.assertEqual((ran, len(faults)), (2, 1))
        self.assertIn("page.md:14: shown:", faults[0])

    def test_order_of_keys_number_form_and_count_of_alerts_matter(self) -> None:
        for shown in ('{"rule":"r","alert":"…","seq":1}', '{"alert":"…","rule":"r","seq":1.0}',
                      '{"alert":"…","rule":"r","seq":"1"}', '{"alert":"…","rule":"r"}', ""):
            with self.subTest(shown=shown):
                text = PAGE.replace('{"alert":"…","rule":"r",\n "seq":1}', shown)
                self.assertEqual(len(self.faults(text)), 1)

    def test_a_command_that_fails_is_found(self) -> None:
        faults = self.faults(PAGE.replace("run r.weir", "run missing.weir"))
        self.assertIn("exit status", faults[0])

    def test_a_status_that_is_announced_is_held(self) -> None:
        page = "```sh status 3\necho a\nexit 3\n```\n```output\na\n```\n"
        self.assertEqual(self.faults(page), [])
        self.assertEqual(len(self.faults(page.replace("exit 3", "exit 0"))), 1)

    def test_commands_without_expectation_are_not_run(self) -> None:
        self.assertEqual(self.run_page("```sh\nexit 1\n```\n"), (0, 1, []))

    def test_rule_files_are_checked(self) -> None:
        self.assertEqual(self.run_page("```weir a.weir\nrule r {}\n```\n"), (1, 0, []))
        self.assertEqual(self.run_page("```weir\nrule r {}\n```\n"), (1, 0, []))
        self.assertEqual(len(self.faults("```weir\nnonsense\n```\n")), 1)
        self.assertEqual(len(self.faults("```weir\nrule doubtful {}\n```\n")), 1)
        self.assertEqual(self.run_page("```weir fragment\nby card\n```\n"), (0, 1, []))

    def test_the_layout_of_rule_files(self) -> None:
        page = "```weir\nrule  r {}\n```\n"
        self.assertEqual(len(self.faults(page)), 1)
        with mock.patch.dict(os.environ, {"WEIR_BLESS": "1"}):
            self.run_page(page)
        self.assertEqual(self.page.read_text(encoding="utf-8"), page.replace("  ", " "))

    def test_rule_files_with_others(self) -> None:
        both = "```weir a.weir\nrule r {}\n```\n```weir with a.weir\nevent e {}\n```\n"
        self.assertEqual(self.run_page(both), (2, 0, []))
        self.assertEqual(len(self.faults(both.replace(" with a.weir", ""))), 1)
        self.assertEqual(len(self.faults(both.replace("with", "a.weir with"))), 1)

    def test_refused_rule_files(self) -> None:
        self.assertEqual(self.faults("```weir refused W0001\nnonsense\n```\n"), [])
        self.assertEqual(len(self.faults("```weir refused W0002\nnonsense\n```\n")), 1)
        self.assertEqual(len(self.faults("```weir refused W0001\nrule r {}\n```\n")), 1)

    def test_tests_are_run(self) -> None:
        page = "```weir\nrule r {}\ntest r {\n %s\n}\n```\n"
        self.assertEqual(self.run_page(page % "PASS"), (1, 0, []))
        self.assertEqual(len(self.faults(page % "FAIL")), 1)
        self.assertEqual(self.faults("```weir\nrule FAIL {}\n```\n"), [])
        failing = page.replace("weir", "weir failing", 1)
        self.assertEqual(self.faults(failing % "FAIL"), [])
        self.assertEqual(len(self.faults(failing % "PASS")), 1)
        self.assertEqual(len(self.faults("```weir failing\nrule r {}\n```\n")), 1)

    def test_output_blocks_compare_text(self) -> None:
        page = "```sh\nprintf 'a\\nb\\nc\\n'\n```\n```output\na\n%sc\n```\n"
        self.assertEqual(self.faults(page % "…\n"), [])
        self.assertEqual(self.faults(page % "b\n"), [])
        self.assertEqual(self.faults(page % "…b\n"), [])
        self.assertEqual(len(self.faults(page % "")), 1)
        self.assertEqual(len(self.faults(page % "…a\n")), 1)

    def test_bless_rewrites_the_page(self) -> None:
        with mock.patch.dict(os.environ, {"WEIR_BLESS": "1"}):
            self.run_page(PAGE.replace('"seq":1', '"seq":2'))
        blessed = self.page.read_text(encoding="utf-8")
        self.assertIn('{"alert":"0123abcd","rule":"r","seq":1}\n```\n', blessed)
        self.assertEqual(self.run_page(blessed), (2, 0, []))


if __name__ == "__main__":
    unittest.main()
