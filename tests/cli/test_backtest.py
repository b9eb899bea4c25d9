#!/usr/bin/env python3
"""`weir backtest`: figures worked out by hand on small streams, and what goes wrong."""

import json
import unittest
from html.parser import HTMLParser

from weir_case import T0, WeirCase, main

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

RULES = """
ruleset t {
  decisions decline > review > allow
  decide review when score >= 50
}
event pay {
  id     id
  card   string
  amount decimal
  label  fraud bool?
}
event note { card string }
event chargeback { ref string }
param limit = 100
rule big { when pay where amount > limit decide decline }
rule pair {
  by card
  when pay as a where amount < 10 then pay as b where amount < 10
  within 1h
  score 30
}
rule odd { when pay where amount == 5 score 20 reason "{amount} again" }
rule ghost { when pay where amount between 40 and 60 mode shadow decide review }
rule silent {
  by card
  when pay as out where amount == 77
  without note for 10m
  within 1h
  decide review
}
"""


def pay(number, minutes, card, amount, fraud=None, **more):
    event = {"type": "pay", "id": f"p{number}", "ts": T0 + minutes * MINUTE, "card": card,
             "amount": amount, **more}
    if fraud is not None:
        event["fraud"] = fraud
    return event


# What becomes of each: big flags p1, p5 and p7; odd scores 20 on p3 and p4, and pair 30 more on p4,
# which makes 50 and a review; silent completes ten minutes behind p9; ghost sees p2 and has no say.
EVENTS = [
    pay(1, 0, "c1", 200, True),
    pay(2, 10, "c1", 50, True),
    pay(3, 20, "c2", 5, True),
    pay(4, 30, "c2", 5, True),
    pay(5, 40, "c3", 300, False),
    pay(6, 50, "c3", 20, False),
    pay(7, 60, "c4", 150),
    pay(8, 70, "c4", 15),
    pay(9, 24 * 60, "c5", 77, True),
    pay(10, 48 * 60, "c6", 30, False),
]


class BacktestCase(WeirCase):
    def setUp(self):
        super().setUp()
        self.write("r.weir", RULES)

    def report(self, *arguments, status=0):
        """The JSON report of the rules on events.ndjson."""
        out = self.run_weir("backtest", "r.weir", "--events", "events.ndjson", "--quiet",
                            "--format", "json", *arguments, status=status).stdout
        return json.loads(out)

    def refused(self, *arguments, status=2, events="events.ndjson"):
        done = self.run_weir("backtest", "r.weir", "--events", events, "--no-progress", *arguments,
                             status=status)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def has(self, found, **expected):
        """Holds some keys of an object."""
        self.assertEqual({key: found[key] for key in expected}, expected)


class Figures(BacktestCase):
    def setUp(self):
        super().setUp()
        self.events(EVENTS)

    def test_purchases(self):
        purchases = self.report("--labels", "fraud")["purchases"]
        self.has(purchases, labelled=8, fraud={"events": 5, "money": 337},
                 honest={"events": 3, "money": 350}, unlabelled={"events": 2, "money": 165},
                 unlabelled_flagged={"events": 1, "money": 150}, without_amount=0)

    def test_set(self):
        found = self.report("--labels", "fraud")["set"]
        self.has(found, true_positives=2, false_positives=1, false_negatives=3, true_negatives=2,
                 precision=0.666667, recall=0.4, money_caught=205, money_missed=132,
                 money_false=300, money_recall=0.608309)
        # Two days from the first event to the last; seven alerts of live rules, one of ghost.
        self.has(found, alerts=7, alerts_per_day=3.5, flagged_per_day=2, false_per_day=0.5,
                 shadow_alerts=1)

    def test_keys(self):
        keys = self.report("--labels", "fraud")["keys"]
        self.has(keys, fields=["card"], frauded=3, flagged=2, flagged_by=[1, 2], keyless=0,
                 before_first_flag={"events": 1, "money": 5},
                 never_flagged={"events": 1, "money": 77})
        # c1 at once, c2 and c5 (by the deadline) after ten minutes.
        self.assertEqual(keys["delay"], {"keys": 3, "median_ms": 600000, "mean_ms": 400000,
                                         "p90_ms": 600000, "longest_ms": 600000})

    def test_rules(self):
        rules = {rule["rule"]: rule for rule in self.report("--labels", "fraud")["rules"]}
        self.assertEqual(list(rules), ["big", "pair", "odd", "ghost", "silent"])
        self.has(rules["big"], alerts=3, true_positives=1, false_positives=1, unlabelled=1,
                 precision=0.5, recall=0.2, money_caught=200, money_missed=137, flags=True,
                 decision="decline", keys=1,
                 adds={"true_positives": 1, "money_caught": 200, "false_positives": 1, "keys": 1})
        # Neither of the two makes 50 alone.
        only_p4 = {"true_positives": 1, "money_caught": 5, "false_positives": 0, "keys": 1}
        self.has(rules["pair"], true_positives=1, adds=only_p4, flags=False, decision=None)
        self.has(rules["odd"], true_positives=2, money_caught=10, adds=only_p4)
        # It would flag p2, of a card that is flagged anyway.
        self.has(rules["ghost"], mode="shadow", alerts=1, true_positives=1,
                 adds={"true_positives": 1, "money_caught": 50, "false_positives": 0, "keys": 0})
        self.has(rules["silent"], alerts=1, deadlines=1, deadlines_on_fraud=1, true_positives=0,
                 precision=None, keys=1)

    def test_overlap(self):
        self.assertEqual(self.report("--labels", "fraud")["overlap"],
                         [{"a": "pair", "b": "odd", "events": 1, "fraud": 1}])

    def test_curve(self):
        found = self.report("--labels", "fraud", "--at-recall", "0.4,0.9", "--at-precision", "0.9")
        points = [(p["score"], p["true_positives"], p["false_positives"]) for p in found["curve"]]
        self.assertEqual(points, [(50, 1, 0), (20, 2, 0), (0, 5, 3)])
        # 1 * 0.2 + 1 * 0.2 + 0.625 * 0.6
        self.assertEqual(found["set"]["average_precision"], 0.775)
        self.assertEqual([a["point"]["score"] for a in found["at_recall"]], [20, 0])
        self.assertEqual(found["at_precision"][0]["point"]["recall"], 0.4)

    def test_curve_counts_the_unlabelled_a_day_as_the_set_does(self):
        self.write("r.weir", RULES.replace("decide decline", "score 60"))
        found = self.report("--labels", "fraud")
        # From 60 on p1, p5 and p7, which has no label; in the end all ten; in two days.
        rates = [(p["score"], p["flagged_per_day"]) for p in found["curve"]]
        self.assertEqual(rates, [(60, 1.5), (50, 2), (20, 2.5), (0, 5)])
        self.assertEqual(found["set"]["flagged_per_day"], 2)

    def test_money_beyond_64_bits(self):
        most = 900_000_000_000_000
        self.events([pay(1, 0, "c1", most, True), pay(2, 1, "c2", most, True)])
        found = self.report("--labels", "fraud")
        self.assertEqual(found["purchases"]["fraud"]["money"], 2 * most)
        out = self.run_weir("backtest", "r.weir", "--events", "events.ndjson", "--labels", "fraud",
                            "--no-progress").stdout
        self.assertIn("1,800,000,000,000,000 of 1,800,000,000,000,000", out)

    def test_days(self):
        days = self.report("--labels", "fraud")["days"]
        names = ("day", "purchases", "fraud", "alerts", "true_positives", "false_positives")
        self.assertEqual([tuple(day[name] for name in names) for day in days],
                         [(T0, 8, 4, 6, 2, 1), (T0 + DAY, 1, 1, 1, 0, 0),
                          (T0 + 2 * DAY, 1, 0, 0, 0, 0)])

    def test_examples(self):
        found = self.report("--labels", "fraud")
        self.assertEqual([e["id"] for e in found["missed"]], ["p9", "p2", "p3"])
        self.has(found["missed"][2], key={"card": "c2"}, score=20, rules=["odd"], event=EVENTS[2])
        self.assertEqual([e["id"] for e in found["false_alarms"]], ["p5"])
        self.assertEqual(found["false_alarms"][0]["match"],
                         ["big pay #4 2026-01-01T00:40:00Z p5"])
        found = self.report("--labels", "fraud", "--examples", "1")
        self.assertEqual([e["id"] for e in found["missed"]], ["p9"])

    def test_text(self):
        out = self.run_weir("backtest", "r.weir", "--events", "events.ndjson", "--labels", "fraud",
                            "--no-progress").stdout
        self.assertIn("8 labelled purchases: 5 fraud (62.5%), 3 honest; 2 without a label, 1 of "
                      "them flagged", out)
        self.assertRegex(out, r"caught +2 of 5 +recall 0\.400")

    def test_flag_from(self):
        found = self.report("--labels", "fraud", "--flag-from", "decline")["set"]
        self.has(found, true_positives=1, false_positives=1)

    def test_unlabelled_as_honest(self):
        found = self.report("--labels", "fraud", "--unlabelled", "honest")
        self.has(found["purchases"], honest={"events": 5, "money": 515})
        self.has(found["set"], false_positives=2)

    def test_declared_label_is_the_default(self):
        self.assertEqual(self.report()["labels"], "the field fraud")

    def test_key_and_amount(self):
        self.assertEqual(self.report("--key", "card,amount")["keys"]["frauded"], 4)
        self.assertEqual(self.report("--amount", "pay.amount")["purchases"]["fraud"]["money"], 337)

    def test_period_and_warm_up(self):
        # Of the pair p3, p4 only p4 lies in the period.
        period = ("--from", T0 + 25 * MINUTE, "--until", T0 + 45 * MINUTE)
        self.has(self.report(*period)["set"], true_positives=0, false_positives=1)
        warm = self.report(*period, "--warm-from", T0)
        self.has(warm["set"], true_positives=1, false_positives=1, alerts=3)
        self.assertEqual(warm["period"]["warm_up_events"], 3)

    def test_same_for_any_number_of_threads(self):
        reports = []
        for threads in 1, 2, 5:
            found = self.report("--threads", threads, "--sweep", "limit=1..9/2",
                                "--against", "r.weir")
            del found["run"]
            reports.append(found)
        self.assertEqual(reports[0], reports[1])
        self.assertEqual(reports[0], reports[2])

    def test_lateness_changes_nothing_but_positions(self):
        straight = self.report()
        self.events([EVENTS[1], EVENTS[0], *EVENTS[2:]])
        turned = self.report("--lateness", "1h")
        for name in "purchases", "set", "keys", "rules", "days":
            self.assertEqual(turned[name], straight[name], name)
        self.assertEqual(self.report()["run"]["events"]["late"], 1)
        self.has(self.report()["purchases"], fraud={"events": 4, "money": 137})

    def test_csv(self):
        header = "type,id,ts,card,amount,fraud\n"
        lines = [f"pay,{e['id']},{e['ts']},{e['card']},{e['amount']},"
                 f"{str(e['fraud']).lower() if 'fraud' in e else ''}\n" for e in EVENTS]
        self.write("events.csv", header + "".join(lines))
        out = self.run_weir("backtest", "r.weir", "--events", "events.csv", "--quiet", "--json",
                            "-").stdout
        found = json.loads(out)
        self.has(found["set"], true_positives=2, false_positives=1)
        self.has(found["missed"][0]["event"], card="c5", amount=77, fraud=True)


class Sweeps(BacktestCase):
    def setUp(self):
        super().setUp()
        self.events(EVENTS)

    def test_every_combination_and_the_frontier(self):
        sweep = self.report("--sweep", "limit=100,250,400")["sweep"]
        rows = [(r["params"], r["recall"], r["alerts_per_day"], r["on_frontier"])
                for r in sweep["results"]]
        self.assertEqual(rows, [({"limit": "100"}, 0.4, 3.5, True),
                                ({"limit": "250"}, 0.2, 2.5, False),
                                ({"limit": "400"}, 0.2, 2, True)])
        self.assertIsNone(sweep["best"])

    def test_each_result_is_that_of_the_param_set(self):
        for result in self.report("--sweep", "limit=10..310/100")["sweep"]["results"]:
            alone = self.report("--set", "limit=" + result["params"]["limit"])["set"]
            self.has(result, **{key: alone[key] for key in alone if key != "shadow_alerts"})

    def test_best_by_target(self):
        values = ("--sweep", "limit=100,250,400")
        best = self.report(*values, "--target", "precision>=0.9")["sweep"]["best"]
        self.assertEqual(best["params"], {"limit": "400"})
        best = self.report(*values, "--target", "recall>=0.3")["sweep"]["best"]
        self.assertEqual(best["params"], {"limit": "100"})
        none = self.report(*values, "--target", "recall>=0.9", status=1)["sweep"]
        self.assertIsNone(none["best"])

    def test_target_without_a_sweep_is_a_gate(self):
        self.report("--target", "recall>=0.4")
        self.assertEqual(self.report("--target", "recall>=0.41", status=1)["targets"],
                         {"recall>=0.41": False})

    def test_wrong_sweeps(self):
        self.assertIn("limt", self.refused("--sweep", "limt=1,2", status=1))
        self.assertIn("is no range", self.refused("--sweep", "limit=5..1"))
        self.assertIn("not of the form", self.refused("--sweep", "limit"))
        self.assertIn("more than 1000 combinations", self.refused("--sweep", "limit=1..5000"))
        self.assertIn("is no measure", self.refused("--target", "precison>=0.9"))


class Against(BacktestCase):
    def test_purchase_by_purchase(self):
        self.events(EVENTS)
        against = self.report("--set", "limit=250", "--against", "r.weir")["against"]
        self.assertEqual(against["newly_caught"]["events"], 0)
        self.has(against["newly_lost"], events=1, money=200,
                 by_rule={"big": {"events": 1, "money": 200}})
        self.assertEqual([e["id"] for e in against["newly_lost"]["examples"]], ["p1"])
        self.assertEqual(against["no_longer_false"]["events"], 0)
        self.assertEqual(against["rules"], {"added": [], "removed": [], "changed": ["big"]})
        self.has(against["before"], recall=0.4)

    def test_rules_that_read_other_fields(self):
        self.events([{**event, "channel": "web"} for event in EVENTS])
        older = RULES.replace("amount decimal", "amount decimal  channel string")
        self.write("old.weir", older + 'rule web { when pay where channel == "web" decide review }')
        against = self.report("--against", "old.weir")["against"]
        self.has(against["before"], true_positives=5, false_positives=3)
        self.has(against["newly_lost"], events=3, money=132)
        self.has(against["no_longer_false"], events=2, money=50)
        self.assertEqual(against["rules"]["removed"], ["web"])


class Labels(BacktestCase):
    def test_label_events(self):
        self.events([pay(1, 0, "c1", 200), pay(2, 1, "c1", 20), pay(3, 2, "c2", 300),
                     {"type": "chargeback", "ts": T0 + 5 * DAY, "ref": "p1"},
                     {"type": "chargeback", "ts": T0 + 10 * DAY, "ref": "p2"},
                     {"type": "chargeback", "ts": T0 + 10 * DAY, "ref": "p99"}])
        events = ("--label-events", "chargeback.ref")
        found = self.report(*events)
        self.has(found["purchases"], fraud={"events": 2, "money": 220}, labels_unused=1,
                 honest={"events": 1, "money": 300})
        self.has(found["set"], true_positives=1, false_negatives=1, false_positives=1)
        known = ("--known-at", T0 + 7 * DAY)
        self.has(self.report(*events, *known)["purchases"], fraud={"events": 1, "money": 200},
                 honest={"events": 2, "money": 320})
        self.has(self.report(*events, *known, "--maturity", "30d")["purchases"],
                 fraud={"events": 1, "money": 200}, unlabelled={"events": 2, "money": 320})
        self.assertIn("standard input", self.refused(*events, events="-"))

    def test_label_file(self):
        self.events([pay(1, 0, "c1", 200), pay(2, 1, "c1", 20), pay(3, 2, "c2", 300)])
        self.write("labels.csv", f"id,label,ts\np1,fraud,{T0 + DAY}\np2,legit,{T0 + DAY}\n"
                                 f"p2,fraud,{T0 + 9 * DAY}\n")
        found = self.report("--label-file", "labels.csv")
        self.has(found["purchases"], fraud={"events": 2, "money": 220},
                 unlabelled={"events": 1, "money": 300})
        found = self.report("--label-file", "labels.csv", "--known-at", T0 + 2 * DAY)
        self.has(found["purchases"], fraud={"events": 1, "money": 200},
                 honest={"events": 1, "money": 20})

    def test_label_file_with_rows_without_a_label(self):
        self.events([pay(1, 0, "c1", 200), pay(2, 1, "c1", 20), pay(3, 2, "c2", 300)])
        for name, text in (
                ("a.csv", "id,label\np1,0\np2,\np3,1\n"),
                ("b.csv", '"label",id\n0,p1\n,p2\n0.5,p3\n'),
                ("c.json", '{"id":"p1","label":"0"}\n{"id":"p2","label":null}\n'
                           '{"id":"p3","label":"1"}\n'),
                ("d.json", '{"id":"p1","label":false}\n{"id":"p2"}\n{"id":"p3","label":2}\n')):
            self.write(name, text)
            found = self.report("--label-file", name)
            self.has(found["purchases"], fraud={"events": 1, "money": 300},
                     honest={"events": 1, "money": 200}, unlabelled={"events": 1, "money": 20})
        self.write("e.json", '{"id":"p1","label":""}\n{"id":"p2","label":true}\n')
        self.has(self.report("--label-file", "e.json")["purchases"],
                 honest={"events": 1, "money": 200}, fraud={"events": 1, "money": 20})
        self.write("f.csv", "id\np1\np2\n")
        self.has(self.report("--label-file", "f.csv")["purchases"],
                 fraud={"events": 2, "money": 220})

    def test_label_file_with_numbers_for_ids(self):
        self.write("events.ndjson", "".join(
            json.dumps({**pay(1, n, "c1", 200), "id": n}) + "\n" for n in (1, 2, 3)))
        self.write("l.json", '{"id":1,"label":1}\n{"id":"2","label":0}\n')
        self.has(self.report("--label-file", "l.json")["purchases"],
                 fraud={"events": 1, "money": 200}, honest={"events": 1, "money": 200},
                 unlabelled={"events": 1, "money": 200})

    def test_wrong_label_files(self):
        self.events([pay(1, 0, "c1", 200)])
        for name, text, said in (
                ("a.csv", "", "is empty"),
                ("b.json", '{"id":"p1","label":[]}\n', "neither a bool, a number nor a text"),
                ("c.json", '{"id":"p1"}\n{"label":1}\n', "line 2: the id is missing"),
                ("d.csv", "id,label\np1,1\np2,perhaps\n", "line 3: nobody said whether"),
                ("e.json", '{"id":true,"label":1}\n', "neither a string nor an integer"),
                ("f.csv", "id,label\np1,\n", "none of the pay events of the period has one")):
            self.write(name, text)
            self.assertIn(said, self.refused("--label-file", name))

    def test_no_type_that_could_be_a_purchase(self):
        self.write("c.weir", "event chargeback { ref string }\n"
                             "rule r { when chargeback score 1 }\n")
        self.events([{"type": "chargeback", "ts": T0, "ref": "p1"}])
        said = self.run_weir("backtest", "c.weir", "--events", "events.ndjson", "--label-events",
                             "chargeback.ref", "--no-progress", status=2).stderr
        self.assertIn("no event type can be a purchase", said)

    def test_label_time(self):
        self.write("r.weir", RULES.replace("label  fraud bool?", "label fraud bool?  known time?"))
        self.events([pay(1, 0, "c1", 200, True, known=T0 + DAY),
                     pay(2, 1, "c1", 300, True, known=T0 + 9 * DAY), pay(3, 2, "c2", 3, False)])
        found = self.report("--label-time", "known", "--known-at", T0 + 2 * DAY)
        self.has(found["purchases"], fraud={"events": 1, "money": 200},
                 unlabelled={"events": 1, "money": 300}, honest={"events": 1, "money": 3})

    def test_text_labels(self):
        self.write("r.weir", RULES.replace("label  fraud bool?", "label fraud string?"))
        self.events([pay(1, 0, "c1", 200, "card_testing"), pay(2, 1, "c1", 5, "mule"),
                     pay(3, 2, "c2", 3, "none")])
        found = self.report("--label-value", "card_testing", "--label-value", "mule")
        self.has(found["purchases"], fraud={"events": 2, "money": 205})
        self.has(self.report("--label-value", "*")["purchases"], fraud={"events": 3, "money": 208})
        self.assertIn("--label-value", self.refused())

    def test_label_that_no_file_declares(self):
        for values in (True, False), (1, 0), ("yes", "no"):
            self.events([pay(1, 0, "c1", 200, is_bad=values[0]),
                         pay(2, 1, "c1", 300, is_bad=values[1])])
            found = self.report("--labels", "is_bad")
            self.has(found["set"], true_positives=1, false_positives=1)

    def test_no_label_makes_an_event_bad(self):
        labels = [1, 0.5, True, False, "no", None, 0, [1], {"x": 1}]
        self.events([pay(n, n, "c1", 200, is_bad=label) for n, label in enumerate(labels)])
        found = self.report("--labels", "is_bad")
        self.assertEqual(found["run"]["events"]["bad"], 0)
        self.has(found["purchases"], labelled=6, fraud={"events": 3, "money": 600},
                 unlabelled={"events": 3, "money": 600}, labels_misfit=2)
        self.events([pay(1, 0, "c1", 200, True), pay(2, 1, "c1", 300, "x"),
                     pay(3, 2, "c1", 5, 7), pay(4, 3, "c1", 5, False)])
        found = self.report()
        self.assertEqual(found["run"]["events"]["bad"], 0)
        self.has(found["purchases"], labelled=2, labels_misfit=2,
                 unlabelled={"events": 2, "money": 305})
        self.has(found["set"], alerts=5)  # big twice, odd twice, pair once
        out = self.run_weir("backtest", "r.weir", "--events", "events.ndjson",
                            "--no-progress").stdout
        self.assertIn("2 labels are not of the declared type", out)

    def test_label_that_stands_twice_or_is_hidden(self):
        line = '{"type":"pay","id":"p%d","ts":%d,"card":"c","amount":200,%s}\n'
        says = ('"m":{"f":1}', '"m":{"f":0},"m":{"f":1}', '"m":5', '"m":{"f":1}', '"m":{"f":0}',
                '"m":7', '"m":null')
        self.write("events.ndjson", "".join(
            line % (n, T0 + n, text) for n, text in enumerate(says * 20)))
        found = self.report("--labels", "m.f")
        self.assertEqual(found["run"]["events"]["bad"], 0)
        self.has(found["purchases"], fraud={"events": 40, "money": 8000}, labels_misfit=60,
                 honest={"events": 20, "money": 4000}, unlabelled={"events": 80, "money": 16000})

    def test_undeclared_field_of_one_type(self):
        self.events([pay(1, 0, "c1", 200, is_bad=1), pay(2, 1, "c1", 300, is_bad=0),
                     {"type": "note", "ts": T0, "card": "c1", "is_bad": 1}])
        found = self.report("--labels", "pay.is_bad")
        self.has(found["purchases"], labelled=2)
        self.assertEqual(found["labels"], "the field pay.is_bad")
        self.assertIn("no event has a field pay.is_bed", self.refused("--labels", "pay.is_bed"))

    def test_undeclared_label_time(self):
        self.events([pay(1, 0, "c1", 200, True, known=T0 + DAY),
                     pay(2, 1, "c1", 300, True, known=T0 + 9 * DAY), pay(3, 2, "c2", 3, False)])
        found = self.report("--label-time", "known", "--known-at", T0 + 2 * DAY)
        self.has(found["purchases"], fraud={"events": 1, "money": 200},
                 unlabelled={"events": 1, "money": 300}, honest={"events": 1, "money": 3})
        self.assertIn("no purchase has a time knwon", self.refused("--label-time", "knwon"))

    def test_rules_that_read_the_label(self):
        self.write("r.weir", RULES.replace("label  fraud bool?", "fraud bool?")
                   + "rule cheat { when pay where fraud decide decline }")
        self.events(EVENTS)
        self.assertTrue(self.report("--labels", "fraud")["rules_read_label"])

    def test_nothing_to_judge_by(self):
        self.events(EVENTS[6:8])
        self.assertIn("no purchase has a label", self.refused("--labels", "fraud"))
        self.assertIn("did you mean fraud?", self.refused("--labels", "frad"))
        self.assertIn("no field is declared as label", self.undeclared())
        self.events([])
        self.assertIn("there are no events", self.refused("--labels", "fraud"))

    def undeclared(self):
        self.write("plain.weir", "event pay { card string }\nrule r { when pay score 1 }")
        return self.run_weir("backtest", "plain.weir", "--events", "events.ndjson", "--quiet",
                             status=2).stderr

    def test_wrong_arguments(self):
        self.events(EVENTS)
        self.assertIn("no purchase has a number", self.refused("--amount", "card"))
        self.assertIn("no purchase has the key", self.refused("--key", "crd"))
        self.assertIn("no decision that could flag", self.refused("--flag-from", "allow"))
        self.assertIn("no event is declared", self.refused("--purchases", "payy"))
        self.assertIn("two of them", self.refused("--labels", "fraud", "--label-file", "x.csv"))
        self.assertIn("is an input", self.refused("--json", "events.ndjson"))
        self.assertIn("cannot", self.refused("--report", "no/such/folder.html"))
        self.assertIn("nothing.ndjson", self.refused(events="nothing.ndjson"))
        self.assertIn("--warm-from", self.refused("--warm-from", "2026-01-01"))


class Page(HTMLParser):
    """What a page asks of the network, and whether its elements close."""

    VOID = {"meta", "br", "link", "img", "input", "hr"}

    def __init__(self, text):
        super().__init__()
        self.outside = []
        self.open = []
        self.wrong = []
        self.text = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            reaches = name in ("src", "href", "action", "data") and not value.startswith("#")
            if reaches or name.startswith("on"):
                self.outside.append((tag, name, value))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass  # shapes of a plot

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)


class Report(BacktestCase):
    EVIL = "</td><script>alert(1)</script>\"'&"

    def setUp(self):
        super().setUp()
        self.events([{**event, "id": self.EVIL + event["id"], "card": self.EVIL + event["card"]}
                     for event in EVENTS])
        self.run_weir("backtest", "r.weir", "--events", "events.ndjson", "--quiet",
                      "--sweep", "limit=100,250", "--against", "r.weir", "--set", "limit=250",
                      "--report", "out.html", "--json", "out.json", "--target", "recall>=0.1")
        self.html = self.path("out.html").read_text()

    def test_stands_alone_and_escapes(self):
        page = Page(self.html)
        self.assertEqual(page.outside, [])
        self.assertEqual(page.wrong, [])
        self.assertEqual(page.open, [])
        self.assertEqual(self.html.count("<script>"), 1)
        self.assertNotIn("alert(1)</script>", self.html)
        self.assertIn(self.EVIL + "p9", "".join(page.text))
        self.assertNotIn("http://", self.html)
        self.assertNotIn("https://", self.html)

    def test_sections(self):
        for name in "rules", "score", "days", "overlap", "sweep", "against", "missed", "false":
            self.assertIn(f'<section id="{name}">', self.html)
        self.assertGreaterEqual(self.html.count("<svg "), 6)

    def test_json_is_whole(self):
        found = json.loads(self.path("out.json").read_text())
        self.assertEqual(list(found), [
            "period", "labels", "amount", "flag_from", "rules_read_label", "purchases", "set",
            "keys", "rules", "overlap", "curve", "at_recall", "at_precision", "days", "missed",
            "false_alarms", "targets", "sweep", "against", "run"])
        self.assertEqual(found["missed"][0]["event"]["id"], self.EVIL + "p1")


if __name__ == "__main__":
    main()
