#!/usr/bin/env python3
"""Rules over alerts and streams, as the commands show them."""

import json
import unittest

from weir_case import T0, WeirCase, main

RULES = """
event result { card string  amount decimal  approved bool }
event auth { id id  card string  amount decimal  account string?  label fraud bool? }
event transfer { account string  amount decimal }

rule at_once { by card when testing decide review }
rule testing {
  by card
  when 2+ result as probe where not approved
  then auth as hit where amount > 20
  within 10m
  score 60
  emit large = hit.amount, account = hit.account
}
rule cash_out {
  by account
  when testing as test
  then transfer as out where amount > test.large
  within 1h
  decide decline
}
rule quiet { by card when auth as a without result for 5m }
rule of_quiet { by card when quiet decide decline }
stream minutes by card each 1m { n = count(result)  total = sum(auth.amount) }
rule many { by card when minutes as m where n >= 2 decide review }
"""

EVENTS = [
    {"type": "result", "ts": T0, "card": "c1", "amount": 1, "approved": False},
    {"type": "result", "ts": T0 + 1000, "card": "c1", "amount": 1, "approved": False},
    {"type": "auth", "ts": T0 + 2000, "id": "x7", "card": "c1", "amount": 250, "account": "a1",
     "fraud": True},
    {"type": "testing", "ts": T0 + 2500, "card": "c1", "large": 5, "account": "a1"},
    {"type": "transfer", "ts": T0 + 60000, "account": "a1", "amount": 300},
]


class Chaining(WeirCase):
    def setUp(self):
        super().setUp()
        self.write("r.weir", RULES)
        self.events(EVENTS)

    def found(self, *arguments):
        return self.alerts("r.weir", "--events", "events.ndjson", *arguments)

    def test_alerts_in_the_order_of_what_led_to_them(self):
        alerts = self.found()
        self.assertEqual([a["rule"] for a in alerts],
                         ["testing", "at_once", "many", "cash_out", "quiet", "of_quiet"])
        self.assertEqual([a["ts"] - T0 for a in alerts],
                         [2000, 2000, 59999, 60000, 302000, 302000])

    def test_an_alert_in_a_match_goes_by_its_id(self):
        by_rule = {a["rule"]: a for a in self.found()}
        testing = by_rule["testing"]["alert"]
        self.assertEqual(by_rule["testing"]["seq"], 2)
        self.assertEqual(by_rule["at_once"]["seq"], testing)
        self.assertEqual(by_rule["at_once"]["match"],
                         {"testing": [{"seq": testing, "ts": T0 + 2000}]})
        self.assertEqual(by_rule["cash_out"]["seq"], 4)
        self.assertEqual(by_rule["cash_out"]["match"]["test"],
                         [{"seq": testing, "ts": T0 + 2000}])
        self.assertIsNone(by_rule["quiet"]["seq"])
        self.assertEqual(by_rule["of_quiet"]["seq"], by_rule["quiet"]["alert"])

    def test_a_replay_gives_the_same_ids(self):
        once = self.found()
        self.assertEqual(self.found("--threads", "3"), once)
        self.assertEqual(self.found("--lateness", "1h"), once)

    def test_whole_events_of_alerts(self):
        by_rule = {a["rule"]: a for a in self.found("--match", "events")}
        self.assertEqual(by_rule["at_once"]["match"]["testing"][0]["event"],
                         {"type": "testing", "ts": T0 + 2000, "id": by_rule["testing"]["alert"],
                          "card": "c1", "large": 250, "account": "a1", "score": 60})
        event = by_rule["many"]["match"]["m"][0]["event"]
        self.assertEqual(event, {"type": "minutes", "ts": T0 + 59999, "id": event["id"],
                                 "card": "c1", "n": 2, "total": 250})

    def test_what_an_alert_leads_to_counts_for_the_event_behind_it(self):
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts", "a",
                      "--decisions", "d")
        decisions = [json.loads(line) for line in self.path("d").read_text().splitlines()]
        self.assertEqual([(d["event"], d["seq"], d["decision"]) for d in decisions],
                         [("x7", 2, "review"), (None, 4, "decline")])
        self.assertEqual([r["rule"] for r in decisions[0]["rules"]], ["testing", "at_once"])

    def test_no_record_is_an_alert(self):
        run = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--summary", "s")
        self.assertEqual(json.loads(self.path("s").read_text())["events"]["unknown_type"], 1)
        self.assertEqual(run.returncode, 0)
        run = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--type", "testing",
                            status=2)
        self.assertIn("no event is declared with the name testing", run.stderr)

    def test_explain_shows_alerts_and_results(self):
        out = self.run_weir("explain", "r.weir", "--events", "events.ndjson", "--key",
                            "account=a1").stdout
        self.assertIn("*1 testing", out)
        self.assertIn("a match: test *1, out #4", out)
        out = self.run_weir("explain", "r.weir", "--events", "events.ndjson", "--key", "card=c1",
                            "--rule", "many").stdout
        self.assertIn("*1 minutes", out)
        self.assertIn("a match: m *1", out)

    def test_backtest_flags_the_purchase_behind_an_alert(self):
        out = self.run_weir("backtest", "r.weir", "--events", "events.ndjson", "--labels", "fraud",
                            "--format", "json").stdout
        rules = {rule["rule"]: rule for rule in json.loads(out)["rules"]}
        self.assertEqual(rules["at_once"]["true_positives"], 1)
        self.assertEqual(rules["of_quiet"]["true_positives"], 0)


if __name__ == "__main__":
    main()
