#!/usr/bin/env python3
"""Templates and imports, as users of the command line meet them."""

import json
import os
import unittest

from weir_case import WeirCase, main, pay

EVENTS = """event pay {
  id     id
  card   string
  shop   string?
  amount decimal
}
"""
LIMITS = """import "events.weir"

template limit(shop_name, most, verdict = review) "At most {most} at {shop_name}" {
  when pay where shop == shop_name and amount > most
  decide verdict
  score 1
  tag "{shop_name}"
}

rules limit from "data/limits.csv"
"""


class Templates(WeirCase):
    def rules_of(self, *args):
        report = json.loads(self.run_weir("check", *args, "--format", "json").stdout)
        self.assertEqual(report["errors"], 0)
        return report["rules"]

    def test_ten_thousand_rules(self):
        count = 10000
        self.write("rules/events.weir", EVENTS)
        self.write("rules/limits.weir", LIMITS)
        lines = ["rule,shop_name,most,verdict"]
        # Every hundredth row leaves its decision to the template; one shop in ten has two rules.
        for i in range(count):
            verdict = "" if i % 100 == 0 else "decline"
            lines.append(f"limit_{i},m{i % 9000},{100 + i},{verdict}")
        self.write("rules/data/limits.csv", "\n".join(lines) + "\n")
        self.write("empty.ndjson", "")
        rules = self.rules_of("rules/limits.weir")
        self.assertEqual([r["rule"] for r in rules], [f"limit_{i}" for i in range(count)])
        self.assertEqual(len({r["version"] for r in rules}), count)
        # The decision is no part of what is kept.
        self.assertEqual(len({r["state_identity"] for r in rules}), count)
        self.run_weir("run", "rules/limits.weir", "--events", "empty.ndjson", "--summary", "s.json")
        self.assertEqual(json.loads(self.path("s.json").read_text())["alerts"]["total"], 0)
        events = [pay(1000 * i, shop=f"m{i}", amount=1e6) for i in range(2000)]
        self.write("e.ndjson", "".join(json.dumps(e) + "\n" for e in events))
        out = self.run_weir("run", "rules/limits.weir", "--events", "e.ndjson").stdout
        alerts = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(len(alerts), 3000)  # shops m0 to m999 have two
        first = {a["rule"]: a for a in alerts if a["ts"] == 0}
        self.assertEqual(sorted(first), ["limit_0", "limit_9000"])
        self.assertEqual(first["limit_0"]["description"], "At most 100 at m0")
        self.assertEqual(first["limit_0"]["decision"], "review")
        self.assertEqual(first["limit_9000"]["tags"], ["m0"])

    def test_equal_rules_have_equal_identities(self):
        self.write("r.weir", EVENTS + """
template over(most, verdict) { when pay where amount > most decide verdict }
rule a = over(100, review)
rule b = over(verdict = review, most = 100)
rule c = over(100, decline)
rule d { when pay where amount > 100 decide review }
rule e = over(100.5, review)
""")
        by_name = {r["rule"]: r for r in self.rules_of("r.weir")}
        versions = [by_name[name]["version"] for name in "abcd"]
        self.assertEqual(versions[0], versions[1])
        self.assertEqual(versions[0], versions[3])
        self.assertNotEqual(versions[0], versions[2])
        states = [by_name[name]["state_identity"] for name in "abcde"]
        self.assertEqual(len(set(states[:4])), 1)
        self.assertNotEqual(states[0], states[4])

    def test_a_mistake_is_said_once(self):
        self.write("events.weir", EVENTS)
        self.write("limits.weir", LIMITS.replace("amount > most", "amuont > most"))
        self.write("data/limits.csv", "rule,shop_name,most\n" +
                   "".join(f"r{i},m{i},{i}\n" for i in range(500)))
        out = self.run_weir("check", "limits.weir", status=1).stdout
        self.assertEqual(out.count("error["), 1)
        self.assertIn("limits.weir:4:40", out)
        self.assertIn("data/limits.csv:2:1", out)
        self.assertIn("499 more rules of the template", out)

    def test_explain_and_coverage(self):
        self.write("r.weir", EVENTS + """
template over(most) { when pay as hit where amount > most score 1 }
rule a = over(100)
rule b = over(200)
test a {
  0s pay { card: "c", amount: 150 }
  expect a at 0s { hit: 1 }
}
""")
        out = self.run_weir("test", "r.weir").stdout
        self.assertIn("b", out)
        tree = self.run_weir("explain", "r.weir", "--rule", "b", "--stage", "ast").stdout
        self.assertIn("(> amount 200)", tree)

    def test_fmt(self):
        self.write("r.weir", """template t( a,b=5 ,c = "x" ) "d" { when pay where v>a score b }
rule  r "one"=t( 1,c="y" )
rules t from "x.csv"
rules   t   from tbl
""")
        self.run_weir("fmt", "r.weir")
        self.assertEqual(self.path("r.weir").read_text(),
                         """template t(a, b = 5, c = "x") "d" { when pay where v > a score b }
rule r "one" = t(1, c = "y")
rules t from "x.csv"
rules t from tbl
""")


class Imports(WeirCase):
    def rule_names(self, *args):
        report = json.loads(self.run_weir("check", *args, "--format", "json").stdout)
        return [r["rule"] for r in report["rules"]]

    def setUp(self):
        super().setUp()
        self.write("common/events.weir",
                   EVENTS + "rule first { when pay where amount > 1 score 1 }\n")
        self.write("a.weir", "rule second { when pay where amount > 2 score 1 }\n"
                   'import "common/events.weir"\nimport "b.weir"\n')
        self.write("b.weir", 'import "./common/events.weir"\nimport "a.weir"\n'
                   "rule third { when pay where amount > 3 score 1 }\n"
                   'test third { 0s pay { card: "c", amount: 4 } expect third at 0s }\n')

    def test_each_file_once_imports_first(self):
        self.assertEqual(self.rule_names("a.weir"), ["first", "third", "second"])
        self.assertEqual(self.rule_names("b.weir"), ["first", "second", "third"])
        self.assertEqual(self.rule_names("b.weir", "a.weir", "common/events.weir"),
                         ["first", "second", "third"])
        self.assertEqual(self.rule_names("."), ["first", "third", "second"])
        os.symlink("a.weir", self.path("link.weir"))
        self.write("c.weir", 'import "link.weir"\nimport "common/../a.weir"\n')
        self.assertEqual(self.rule_names("c.weir"), ["first", "third", "second"])

    def test_imported_tests_run(self):
        out = self.run_weir("test", "a.weir").stdout
        self.assertIn("third", out)
        self.assertIn("1 test, 0 failed", out)

    def test_missing(self):
        self.write("d/d.weir", 'import "none.weir"\n')
        self.write("e.weir", 'import "d/d.weir"\n')
        out = self.run_weir("check", "e.weir", status=1).stdout
        self.assertIn("d/d.weir:1:8", out)
        self.assertIn("d/none.weir", out)
        self.assertIn("W3025", out)

    def test_a_folder_is_no_file(self):
        self.write("f.weir", 'import "common"\n')
        self.assertIn("W3025", self.run_weir("check", "f.weir", status=1).stdout)

    def test_run(self):
        self.write("e.ndjson", json.dumps(pay(0, amount=3.5)) + "\n")
        out = self.run_weir("run", "a.weir", "--events", "e.ndjson").stdout
        self.assertEqual([json.loads(line)["rule"] for line in out.splitlines()],
                         ["first", "third", "second"])


if __name__ == "__main__":
    main()
