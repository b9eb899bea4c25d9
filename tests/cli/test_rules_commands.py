#!/usr/bin/env python3
"""`weir check`, `fmt`, `test` and `explain`: what they print and how they end."""

import json
import os
import unittest
import xml.etree.ElementTree as ElementTree

from weir_case import CARD_TESTING, PAY, T0, WeirCase, main

PASSES = """
test big "a large one" {
  given pay { card: "c1" }
  0s pay { amount: 200 }
  expect big at 0s { pay: 1 }
  expect decline at 0s
}
"""
FAILS = """
test big "too small" {
  given pay { card: "c1" }
  0s pay { amount: 50 }
  expect big at 0s
}
"""


class Check(WeirCase):
    def test_costs_and_diagnostics(self):
        self.write("r.weir", PAY)
        out = self.run_weir("check", "r.weir").stdout
        self.assertRegex(out, r"(?m)^big +keeps ")
        report = json.loads(self.run_weir("check", "r.weir", "--format", "json").stdout)
        self.assertEqual([r["rule"] for r in report["rules"]], ["big", "pair"])
        self.assertEqual(report["errors"], 0)

    def test_errors(self):
        self.write("r.weir", "rule r { when nothing }\n")
        self.assertIn("r.weir:1:15", self.run_weir("check", "r.weir", status=1).stdout)
        report = json.loads(self.run_weir("check", "r.weir", "--format", "json", status=1).stdout)
        self.assertEqual(report["errors"], 1)
        sarif = json.loads(self.run_weir("check", "r.weir", "--format", "sarif", status=1).stdout)
        self.assertEqual(sarif["version"], "2.1.0")

    def test_directories(self):
        self.write("rules/b.weir", "rule late { when pay where amount > 1 }\n")
        self.write("rules/a/a.weir", PAY)
        self.write("rules/notes.txt", "no rule\n")
        report = json.loads(self.run_weir("check", "rules", "rules/b.weir", "--format",
                                          "json").stdout)
        self.assertEqual([r["rule"] for r in report["rules"]], ["big", "pair", "late"])
        os.mkdir(self.path("empty"))
        self.assertIn("empty", self.run_weir("check", "empty", status=2).stderr)
        self.assertIn("none.weir", self.run_weir("check", "none.weir", status=2).stderr)

    def test_image(self):
        self.write("r.weir", PAY)
        self.run_weir("check", "r.weir", "--image", "r.image")
        self.assertGreater(self.path("r.image").stat().st_size, 100)
        self.run_weir("check", "r.weir", "--image", "no/r.image", status=2)


class Fmt(WeirCase):
    UGLY = "event   a{x int}\n"

    def test_in_place_and_check(self):
        self.write("r/a.weir", self.UGLY)
        self.assertEqual(self.run_weir("fmt", "--check", "r", status=1).stdout, "r/a.weir\n")
        self.assertEqual(self.path("r/a.weir").read_text(), self.UGLY)
        os.chmod(self.path("r/a.weir"), 0o640)
        self.run_weir("fmt", "r")
        self.assertNotEqual(self.path("r/a.weir").read_text(), self.UGLY)
        self.assertEqual(self.path("r/a.weir").stat().st_mode & 0o777, 0o640)
        self.assertEqual(self.run_weir("fmt", "--check", "r").stdout, "")

    def test_standard_input(self):
        out = self.run_weir("fmt", "-", stdin=self.UGLY.encode()).stdout
        self.assertEqual(self.run_weir("fmt", "-", stdin=out.encode()).stdout, out)
        self.run_weir("fmt", "--check", "-", stdin=self.UGLY.encode(), status=1)

    def test_a_read_only_file_is_left_alone(self):
        self.write("a.weir", self.UGLY)
        self.write("b.weir", self.UGLY)
        os.chmod(self.path("a.weir"), 0o444)
        done = self.run_weir("fmt", "a.weir", "b.weir", status=2)
        self.assertIn("weir: cannot write a.weir: it is read-only", done.stderr)
        self.assertEqual(self.path("a.weir").read_text(), self.UGLY)
        self.assertEqual(self.path("a.weir").stat().st_mode & 0o777, 0o444)
        self.assertEqual(done.stdout, "b.weir\n")  # the others are formatted
        self.run_weir("fmt", "--check", "a.weir", status=1)

    def test_json(self):
        self.write("r/a.weir", self.UGLY)
        self.write("r/b.weir", "event b { x int }\n")
        self.run_weir("fmt", "r/b.weir")
        self.write("c.weir", "rule r {\n")
        done = self.run_weir("fmt", "--check", "--format", "json", "r", "c.weir", status=1)
        files = json.loads(done.stdout)["files"]
        self.assertEqual([(f["path"], f["changed"]) for f in files],
                         [("r/a.weir", True), ("r/b.weir", False), ("c.weir", False)])
        self.assertEqual(files[2]["errors"], len(files[2]["diagnostics"]))
        self.assertTrue(files[2]["diagnostics"][0]["code"].startswith("W"))
        self.assertEqual(done.stderr, "")
        files = json.loads(self.run_weir("fmt", "--format", "json", "no", status=2).stdout)["files"]
        self.assertIn("no", files[0]["error"])
        out = self.run_weir("fmt", "--format", "json", "-", stdin=self.UGLY.encode()).stdout
        text = json.loads(out)["files"][0]["text"]
        self.assertEqual(self.run_weir("fmt", "-", stdin=self.UGLY.encode()).stdout, text)

    def test_errors(self):
        broken = "rule r {\n"
        self.write("a.weir", broken)
        self.assertIn("a.weir:1", self.run_weir("fmt", "a.weir", status=1).stderr)
        self.assertEqual(self.path("a.weir").read_text(), broken)
        self.run_weir("fmt", "none.weir", status=2)


class Test(WeirCase):
    def test_passes_and_fails(self):
        self.write("r.weir", PAY + PASSES)
        out = self.run_weir("test", "r.weir").stdout
        self.assertIn('ok    big "a large one"', out)
        self.assertIn("1 test, 0 failed", out)
        self.write("r.weir", PAY + PASSES + FAILS)
        out = self.run_weir("test", "r.weir", status=1).stdout
        self.assertIn('FAIL  big "too small"', out)
        self.assertIn("expected big at 0s, and it did not come", out)
        self.assertIn("2 tests, 1 failed", out)

    def test_the_language_page_example(self):
        self.write("r.weir", CARD_TESTING + """
test card_testing "three probes, then a hit" {
  given auth_result { card: "c1", approved: false }
  given auth { card: "c1", country: "GB", merchant: "m1", channel: "web" }
  0s   auth_result { amount: 1.00 }
  20s  auth_result { amount: 1.20 }
  40s  auth_result { amount: 0.90 }
  3m   auth { amount: 250 }
  expect card_testing at 3m { probe: 3 }
  expect decline at 3m
}
""")
        self.run_weir("test", "r.weir")

    def judge(self, body, status=0, rule="", rules=PAY):
        text = f'test {rule} "case" {{\n  given pay {{ card: "c1" }}\n{body}\n}}\n'
        self.write("r.weir", rules + text)
        return self.run_weir("test", "r.weir", "--format", "json", status=status)

    def failures(self, body, **more):
        report = json.loads(self.judge(body, status=1, **more).stdout)
        return [f["message"] for f in report["tests"][0]["failures"]]

    def test_what_a_test_judges(self):
        one = "0s pay { amount: 200 }\n"
        # Of a rule: its alerts, and the decisions that it expects.
        self.judge(one + "expect big at 0s", rule="big")
        self.judge(one + "expect nothing", rule="pair")
        self.assertEqual(self.failures(one + "expect nothing", rule="big"),
                         ["big at 0s { pay: 1 } was not expected"])
        self.assertEqual(len(self.failures(one + "expect big\nexpect review", rule="big")), 1)
        # Without a rule: every alert, and every decision but the weakest.
        self.judge(one + "expect big\nexpect decline at 0s")
        self.assertEqual(self.failures(one + "expect big"), ["decline at 0s was not expected"])
        self.judge(one + "expect big\nignore others")
        self.judge("0s pay { amount: 50 }\nexpect nothing")
        self.judge("0s pay { amount: 50 }\nexpect allow at 0s")

    def test_each_expectation_takes_one_alert(self):
        two = "0s pay { amount: 200 }\n1s pay { amount: 300 }\n"
        self.judge(two + "expect big\nexpect big at 0s", rule="big")
        self.judge(two + "expect big at 1s\nexpect big", rule="big")
        self.assertEqual(len(self.failures(two + "expect big", rule="big")), 1)
        self.assertEqual(len(self.failures(two + "expect big\nexpect big\nexpect big",
                                           rule="big")), 1)
        self.assertEqual(len(self.failures("0s pay { amount: 200 }\nexpect big { pay: 2 }",
                                           rule="big")), 2)

    def test_time(self):
        waits = PAY + "\nrule alone { by card when pay as p without pay for 1m within 1h }\n"
        one = "0s pay { amount: 50 }\n"
        self.judge(one + "expect nothing", rule="alone", rules=waits)
        self.judge(one + "watermark 1m1ms\nexpect alone at 1m { p: 1 }", rule="alone", rules=waits)
        late = "10s pay { amount: 200 }\n5s pay { amount: 300 }\n"
        self.judge(late + "expect big at 10s", rule="big")
        self.judge("lateness 5s\n" + late + "expect big at 5s\nexpect big at 10s", rule="big")

    def test_a_field_left_out_is_told(self):
        self.write("r.weir", PAY + 'test big { 0s pay { amount: 200 } expect big }\n')
        report = json.loads(self.run_weir("test", "r.weir", "--format", "json").stdout)
        self.assertIn("`card`", report["tests"][0]["warnings"][0])
        said = "pay at 0s has no `card`: in a stream it would be a bad record"
        self.assertIn(f"ok    big\n  note\n    {said}\n", self.run_weir("test", "r.weir").stdout)
        self.assertNotIn(said, self.run_weir("test", "r.weir", "--quiet").stdout)

    def test_filter_junit_and_coverage(self):
        self.write("r.weir", PAY + PASSES + FAILS)
        out = self.run_weir("test", "r.weir", "--filter", "large", "--junit", "j.xml").stdout
        self.assertIn("1 test, 0 failed", out)
        self.assertIn("pair", out)  # which no test fired
        self.assertEqual(ElementTree.parse(self.path("j.xml")).getroot().get("tests"), "1")
        self.run_weir("test", "r.weir", "--junit", "j.xml", status=1)
        root = ElementTree.parse(self.path("j.xml")).getroot()
        self.assertEqual((root.get("tests"), root.get("failures")), ("2", "1"))
        self.assertEqual(len(root.findall(".//failure")), 1)
        self.run_weir("test", "r.weir", "--filter", "(", status=2)
        self.run_weir("test", "r.weir", "--filter", "no such test", status=2)

    def test_no_tests(self):
        self.write("r.weir", PAY)
        self.assertIn("0 tests", self.run_weir("test", "r.weir").stdout)
        self.run_weir("test", "none.weir", status=2)


class BrokenRulesAsJson(WeirCase):
    """What a person would read about rules that do not compile, for programs."""

    def setUp(self):
        super().setUp()
        self.write("bad.weir", "rule r { when nothing }\n")
        self.events([])

    def test_on_standard_output(self):
        for command in (["test", "bad.weir"],
                        ["explain", "bad.weir", "--events", "events.ndjson", "--key", "a=b"],
                        ["explain", "bad.weir", "--stage", "ast"]):
            done = self.run_weir(*command, "--format", "json", status=1)
            said = json.loads(done.stdout)
            self.assertEqual((said["errors"], said["diagnostics"][0]["code"]), (1, "W3006"))
            self.assertEqual(done.stderr, "")
            command[1] = "none.weir"
            done = self.run_weir(*command, "--format", "json", status=2)
            self.assertIn("none.weir", json.loads(done.stdout)["error"])
            self.assertEqual(done.stderr, "")

    def test_of_run_and_check(self):
        ask = ["--events", "events.ndjson", "--format", "json"]
        done = self.run_weir("run", "bad.weir", *ask, status=1)
        self.assertEqual(json.loads(done.stderr)["errors"], 1)
        self.assertEqual(done.stdout, "")
        done = self.run_weir("run", "none.weir", *ask, status=2)
        self.assertIn("none.weir", json.loads(done.stderr)["error"])
        self.write("r.weir", PAY)
        done = self.run_weir("run", "r.weir", "--events", "none.ndjson", "--format", "json",
                             status=2)
        self.assertIn("none.ndjson", json.loads(done.stderr)["error"])
        done = self.run_weir("check", "none.weir", "--format", "json", status=2)
        self.assertIn("none.weir", json.loads(done.stdout)["error"])


class Explain(WeirCase):
    def test_a_stage_as_json(self):
        self.write("r.weir", PAY)
        ask = ["explain", "r.weir", "--stage", "automaton", "--rule", "pair"]
        said = json.loads(self.run_weir(*ask, "--format", "json").stdout)
        self.assertEqual((said["stage"], said["rule"]), ("automaton", "pair"))
        self.assertEqual(said["text"], self.run_weir(*ask).stdout)
        ask[-1] = "none"
        done = self.run_weir(*ask, "--format", "json", status=2)
        self.assertEqual(json.loads(done.stdout)["error"], "there is no rule none")

    def test_stages(self):
        self.write("r.weir", PAY)
        for stage in ("ast", "pattern", "typed", "program", "automaton"):
            out = self.run_weir("explain", "r.weir", "--stage", stage, "--rule", "pair").stdout
            self.assertTrue(out.strip(), stage)
        self.run_weir("explain", "r.weir", "--stage", "automaton", "--rule", "none", status=2)
        self.run_weir("explain", "r.weir", "--stage", "none", status=2)


class Timeline(WeirCase):
    def setUp(self):
        super().setUp()
        self.write("r.weir", CARD_TESTING)
        probe = {"kind": "AUTH_RESP", "card": "c1", "approved": False}
        amounts = (1.00, 1.20, 0.90, 5)
        records = [{**probe, "responded_at": T0 + i * 1000, "amount": amount}
                   for i, amount in enumerate(amounts)]
        auth = {"type": "auth", "card": "c1", "merchant": "m1", "country": "GB"}
        records.append({**auth, "ts": T0 + 60000, "amount": 20})
        records.append({**auth, "ts": T0 + 61000, "amount": 500, "card": "c2"})
        self.events(records)
        self.ask = ["explain", "r.weir", "--events", "events.ndjson", "--key"]

    def test_which_condition_stopped_it_with_its_values(self):
        out = self.run_weir(*self.ask, "card=c1", "--rule", "card_testing").stdout
        self.assertIn("taken as probe: probe #0 #1 #2", out)
        self.assertIn("not hit after probe #0 #1 #2: amount > 20 * avg(probe.amount)  "
                      "(20 > 20 * 1.0333)", out)
        self.assertIn("amount < 2  (5 < 2)", out)
        self.assertNotIn("c2", out)
        self.assertIn("5 events of the key", out)

    def test_json(self):
        out = self.parsed(self.run_weir(*self.ask, "card=c1", "--format", "json").stdout)
        self.assertEqual([e["seq"] for e in out[:-1]], [0, 1, 2, 3, 4])
        self.assertEqual(out[0]["notes"][0]["kind"], "taken")
        self.assertEqual(out[4]["notes"][0]["kind"], "refused")
        self.assertEqual(out[-1]["events"], 5)
        self.assertTrue(out[-1]["open"])

    def test_matches_and_deadlines(self):
        self.write("w.weir", """
event a { card string }
event b { card string }
rule alone { by card when a as first without b for 1m within 1h }
rule both { by card when a then b within 1h }
""")
        self.events([{"type": kind, "ts": T0 + i, "card": "c1"} for i, kind in enumerate("aba")],
                    "w.ndjson")
        out = self.run_weir("explain", "w.weir", "--events", "w.ndjson", "--key", "card=c1").stdout
        self.assertIn("first #0 is ended: a `without` was broken", out)
        self.assertIn("a match: a #0, b #1", out)
        self.assertIn("a deadline", out)
        self.assertIn("a match: first #2", out)

    def test_wrong_usage(self):
        self.run_weir(*self.ask, "card", status=2)
        self.assertIn("no event has a field account",
                      self.run_weir(*self.ask, "account=a1", status=2).stderr)
        self.assertIn("keyed", self.run_weir(*self.ask, "amount=1", status=2).stderr)
        self.run_weir(*self.ask, "card=c1", "--rule", "none", status=2)
        self.run_weir("explain", "r.weir", status=2)

    def test_a_failed_test_shows_how_far_it_got(self):
        self.write("t.weir", CARD_TESTING + """
test card_testing "the hit is too small" {
  given auth_result { card: "c1", approved: false, amount: 1 }
  0s auth_result {}
  1s auth_result {}
  2s auth_result {}
  3s auth { card: "c1", merchant: "m1", amount: 20 }
  expect card_testing at 3s
}
""")
        out = self.run_weir("test", "t.weir", status=1).stdout
        self.assertIn("how far each open start got", out)
        self.assertIn("card_testing (card=c1): probe #0 #1 #2; at 3s not hit: "
                      "amount > 20 * avg(probe.amount)  (20 > 20 * 1)", out)
        self.assertIn("conditions that no test made true", out)
        self.assertIn("card_testing: amount > 20 * avg(probe.amount)", out)


if __name__ == "__main__":
    main()
