#!/usr/bin/env python3
"""What `weir explain` and failures of `weir test` say: values, how far each start got, and why."""

import json
import unittest

from weir_case import T0, WeirCase, main

AUTH = """
event auth { card string  country string  amount decimal }
event mfa { card string }
"""


def auth(second, amount, country="GB", **more):
    return {"type": "auth", "ts": T0 + int(second * 1000), "card": "c1", "country": country,
            "amount": amount, **more}


def at(second):
    return f"2026-01-01T00:{second // 60:02}:{second % 60:02}Z"


class Told(WeirCase):
    def explain(self, rule, records, *more):
        self.write("r.weir", AUTH + rule)
        self.events(records)
        return self.run_weir("explain", "r.weir", "--events", "events.ndjson", "--key", "card=c1",
                             *more).stdout

    def starts(self, rule, records, *more):
        """How far each first event got, by its seq."""
        out = self.explain(rule, records, "--format", "json", *more)
        lines = [each["text"] for each in self.parsed(out)[-1]["open"]]
        return {int(line.split("#")[1].split()[0].rstrip(";,")): line for line in lines}


class Keys(WeirCase):
    RULES = AUTH + "rule keyless { when auth where amount > 1 score 1 }\n"

    def test_a_field_that_no_event_has(self):
        self.write("r.weir", self.RULES)
        self.events([auth(0, 5)])
        explain = ("explain", "r.weir", "--events", "events.ndjson", "--key")
        done = self.run_weir(*explain, "kard=c1", status=2)
        self.assertEqual(done.stdout, "")
        self.assertIn("no event has a field kard; did you mean card?", done.stderr)
        self.assertIn("no event has a field zip", self.run_weir(*explain, "zip=x", status=2).stderr)
        self.assertIn("1 event of the key", self.run_weir(*explain, "card=c1").stdout)

    def test_the_first_of_many_rules(self):
        rules = "".join(f"rule r{i} {{ when auth where amount > {i} score 1 }}\n"
                        for i in range(25))
        self.write("r.weir", AUTH + rules)
        self.events([auth(0, 500)])
        out = self.run_weir("explain", "r.weir", "--events", "events.ndjson", "--key",
                            "card=c1").stdout
        self.assertIn("r18, r19 and 5 more\n", out)
        done = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts", "a.ndjson",
                             "--no-progress")
        self.assertIn("25 alerts: r0 1, ", done.stderr)
        self.assertIn("r19 1 and 5 more\n", done.stderr)
        self.assertNotIn("r20 1", done.stderr)

    def test_ts_of_the_one_event(self):
        self.write("r.weir", AUTH + """
rule one { when auth score 1 reason "{ts}" emit hour = hour(ts) }
rule two { by card when auth as x then auth as y within 1h score 1 reason "{x.ts}" }
""")
        self.events([auth(3 * 3600, 5)])
        (alert,) = self.alerts("r.weir", "--events", "events.ndjson")
        self.assertEqual(alert["reason"], "2026-01-01T03:00:00Z")
        self.assertEqual(alert["emit"], {"hour": 3})


class Values(Told):
    def test_conditions_on_earlier_parts_and_aggregates(self):
        # With other rules behind it: each condition reads the registers of its own rule.
        out = self.explain("""
rule testing { by card
  when 3+ auth as probe where amount < 2
  then auth as hit where amount > 20 * avg(probe.amount)
  within 10m score 1 }
rule twice { by card when auth as x then auth as y where amount > 2 * x.amount
  within 10m score 1 }
rule abroad { by card when auth as x then auth as y where country != x.country
  within 10m score 1 }
rule many { by card when some auth as x then auth as y
  where count(x) > 2 and sum(x.amount) + 1 > 7 within 10m score 1 }
rule grows { by card when 3+ auth as x where (amount >= prev(x).amount otherwise true)
  within 10m score 1 }
rule plain { when auth as z where amount > 1000 score 1 }
""", [auth(0, 1), auth(20, 1.2), auth(40, 0.9), auth(60, 20)])
        for text in ("not hit after probe #0 #1 #2: amount > 20 * avg(probe.amount)  "
                     "(20 > 20 * 1.0333)",
                     "not y after x #0: amount > 2 * x.amount  (1.2 > 2 * 1)",
                     'not y after x #0: country != x.country  ("GB" != "GB")',
                     "not y after x #0: count(x) > 2  (1 > 2)",
                     "not y after x #0 #1 #2: sum(x.amount) + 1 > 7  (3.1 + 1 > 7)",
                     "not x after x #0 #1: (amount >= x.amount otherwise true)  "
                     "((0.9 >= 1.2 otherwise true))"):
            self.assertIn(text, out)

    def test_failure_of_a_test(self):
        self.write("t.weir", AUTH + """
rule twice { by card when auth as x then auth as y where amount > 2 * x.amount
  within 10m score 1 }
rule plain { when auth where amount > 1000 score 1 }
test twice { given auth { card: "c", country: "GB" }
  0s auth { amount: 2 } 1s auth { amount: 3 } expect twice }
""")
        out = self.run_weir("test", "t.weir", status=1).stdout
        self.assertIn("twice (card=c): x #0; at 1s not y: amount > 2 * x.amount  (3 > 2 * 2)", out)


class Features(Told):
    RULE = """
feature spent = sum(auth.amount by card over 1h)
feature in_country = count(auth by country over 1h)
rule high { when auth as x where amount > 20 and spent > 100 score 1 }
rule more { by card when auth as x then auth as y where spent > 2 * x.spent
  within 10m score 1 }
rule crowd { by card when mfa then auth as x where in_country >= 3 within 10m score 1 }
"""

    def test_their_values(self):
        out = self.explain(self.RULE, [auth(0, 30), auth(20, 25), auth(40, 60)])
        for text in ("does not begin, as x: spent > 100  (30 > 100)",
                     "does not begin, as x: spent > 100  (55 > 100)",
                     "a match: x #2",
                     "not y after x #0: spent > 2 * x.spent  (55 > 2 * 30)",
                     "a match: x #0, y #2"):
            self.assertIn(text, out)

    def test_events_of_other_keys_count(self):
        mfa = {"type": "mfa", "ts": T0, "card": "c1"}
        others = [{**auth(1 + i, 5), "card": f"c{2 + i}"} for i in range(2)]
        out = self.explain(self.RULE, [mfa, others[0], auth(10, 5), {**others[1], "ts": T0 + 11000},
                                       auth(12, 5)], "--rule", "crowd")
        self.assertIn("not x after mfa #0: in_country >= 3  (2 >= 3)", out)
        self.assertIn("a match: mfa #0, x #4", out)

    def test_failure_of_a_test(self):
        self.write("t.weir", AUTH + self.RULE + """
test more { given auth { card: "c", country: "GB" }
  0s auth { amount: 30 } 1s auth { amount: 20 } expect more at 1s }
test high "value" { given auth { card: "c", country: "GB" }
  0s auth { amount: 30 } 1s auth { amount: 90 } 59m auth { amount: 3 } 2h auth { amount: 4 }
  expect high at 1s
  expect feature spent["c"] == 120 at 59m
  expect feature spent["c"] == 4 at 2h
  expect feature spent["d"] == 0 at 2h }
""")
        out = self.run_weir("test", "t.weir", status=1).stdout
        self.assertIn("more (card=c): x #0; at 1s not y: spent > 2 * x.spent  (50 > 2 * 30)", out)
        self.assertIn('expected feature spent["c"] == 120 at 59m, and it is 123', out)
        self.assertNotIn("at 2h, and", out)


class HowFar(Told):
    def test_having(self):
        rule = """rule h { by card when auth as x then auth as y where country == "FR" within 10m
                  having y.amount - x.amount > 100 and y.country == "x.amount" score 1 }"""
        start = self.starts(rule, [auth(0, 2), auth(10, 5, "FR")])[0]
        self.assertIn(f"x #0, y #1; at {at(10)} no match: "
                      "having y.amount - x.amount > 100  (5 - 2 > 100)", start)
        start = self.starts(rule, [auth(0, 2), auth(10, 500, "FR")])[0]
        self.assertIn('having y.country == "x.amount"  ("FR" == "x.amount")', start)

    def test_within(self):
        rule = """rule w { by card when auth as x where amount < 10
                  then auth as y where amount > 100 within 5s score 1 }"""
        self.assertEqual(self.starts(rule, [auth(0, 2), auth(6, 500)])[0],
                         "w (card=c1): x #0; nothing came that could follow; "
                         f"`within 5s` ran out at {at(5)}")
        self.assertEqual(self.starts(rule, [auth(0, 2), auth(3, 50), auth(6, 500)])[0],
                         f"w (card=c1): x #0; at {at(3)} not y: amount > 100  (50 > 100); "
                         f"`within 5s` ran out at {at(5)}")
        self.assertIn("nothing came after",
                      self.starts(rule, [auth(0, 2)], "--hold-open")[0])
        out = self.explain(rule, [auth(0, 2), auth(6, 500)])
        self.assertIn("`within 5s` ran out: x #0\n", out)
        out = self.explain(rule, [auth(i / 10, 2) for i in range(15)] + [auth(60, 2)])
        self.assertIn("`within 5s` ran out: x #0; x #1; ", out)
        self.assertIn("; x #9; and 5 more\n", out)

    def test_gaps(self):
        late = """rule g { by card when auth as x where amount < 10
                  then within 5s auth as y where amount > 100 within 5m score 1 }"""
        refused = "not y: it came 10s after, and the link says `within 5s`"
        self.assertIn(f"x #0; at {at(10)} {refused}",
                      self.starts(late, [auth(0, 2), auth(10, 500)])[0])
        # An event that is no y anyway only shows that the link's time is over.
        self.assertIn("the link's `within 5s` to y ran out at " + at(5),
                      self.starts(late, [auth(0, 2), auth(10, 50)])[0])
        self.assertIn("the link's `within 5s` to y ran out at " + at(5),
                      self.starts(late, [auth(0, 2)])[0])
        soon = """rule s { by card when auth as x where amount < 10
                  then after 5s within 1m auth as y where amount > 100 within 5m score 1 }"""
        self.assertIn("not y: it came 2s after, and the link says `after 5s within 1m`",
                      self.starts(soon, [auth(0, 2), auth(2, 500)])[0])
        self.assertIn("not y: amount > 100  (50 > 100)",
                      self.starts(soon, [auth(0, 2), auth(2, 50)])[0])

    def test_until(self):
        rule = """rule u { by card when auth as x where amount < 3
                  then 2+ auth as y where amount > 3 until amount > 6
                  then mfa within 5m score 1 }"""
        start = self.starts(rule, [auth(0, 2), auth(1, 7)])[0]
        self.assertIn("not y: it stops the repetition: until auth where amount > 6", start)

    def test_every_start_of_a_cohort(self):
        rule = """rule c { by card when auth as x where amount < 10
                  then auth as y where amount > 100 within 5m score 1 }"""
        records = [auth(0, 1), auth(1, 2), auth(2, 3), auth(3, 50)]
        starts = self.starts(rule, records)
        self.assertEqual(sorted(starts), [0, 1, 2])
        for start in starts.values():
            self.assertIn(f"at {at(3)} not y: amount > 100  (50 > 100)", start)
        out = self.explain(rule, records)
        for start in 0, 1, 2:
            self.assertIn(f"not y after x #{start}: amount > 100", out)

    def test_many_starts_do_not_flood_the_timeline(self):
        rule = """rule c { by card when auth as x where amount < 10
                  then auth as y where amount > 100 within 5m score 1 }"""
        records = [auth(i, 1) for i in range(25)] + [auth(30, 50)]
        out = self.explain(rule, records)
        self.assertIn("not y after each of 15 more: amount > 100  (50 > 100)", out)
        starts = self.starts(rule, records)
        self.assertEqual(len(starts), 25)
        self.assertTrue(all("(50 > 100)" in start for start in starts.values()))

    def test_starts_beyond_those_that_are_followed_say_so(self):
        rule = """rule c { by card when auth as x where amount < 10
                  then auth as y where amount > 100 within 1h score 1 }"""
        starts = self.starts(rule, [auth(i, 1) for i in range(1003)] + [auth(1010, 50)])
        self.assertIn("(50 > 100)", starts[999])
        self.assertIn("x #1001; not followed further: too many first events waited at once",
                      starts[1001])

    def test_skip(self):
        rule = """rule p { by card when auth as x where amount < 10
                  then auth as y where amount > 100 and amount > 50 * x.amount
                  within 5m score 1 }"""
        starts = self.starts(rule, [auth(0, 9), auth(1, 2), auth(2, 300)])
        self.assertEqual(starts, {0: f"p (card=c1): x #0; at {at(2)} not y: "
                                     "amount > 50 * x.amount  (300 > 50 * 9); "
                                     f"dropped at {at(2)} by `skip past last`"})
        # Both match; the one that is preferred drops the other.
        starts = self.starts(rule, [auth(0, 1), auth(1, 2), auth(2, 300)])
        self.assertEqual(starts, {1: f"p (card=c1): x #1, y #2; dropped at {at(2)} "
                                     "by `skip past last`"})

    def test_an_event_of_a_match_is_no_start_that_failed(self):
        rule = "rule p { by card when 3 auth as x within 5m score 1 }"
        self.assertEqual(self.starts(rule, [auth(0, 1), auth(1, 1), auth(2, 1)]), {})

    def test_trailing_absence(self):
        rule = "rule n { by card when auth as x without mfa for 15m within 1h score 1 }"
        self.assertEqual(self.starts(rule, [auth(0, 1)], "--hold-open")[0],
                         "n (card=c1): x #0; still waits for `without mfa for 15m`, until "
                         + at(900))
        broken = [auth(0, 1), {"type": "mfa", "ts": T0 + 1000, "card": "c1"}]
        self.assertIn(f"ended at {at(1)}: a `without` was broken: without mfa",
                      self.starts(rule, broken)[0])

    def test_leading_absence(self):
        rule = "rule l { by card when without mfa for 1m then auth as x score 1 }"
        def mfa(second):
            return {"type": "mfa", "ts": T0 + second * 1000, "card": "c1"}
        out = self.explain(rule, [mfa(0), auth(30, 1), mfa(100), auth(130, 1)])
        self.assertIn("does not begin: the rule is warming: `without mfa for 1m` looks back", out)
        self.assertIn("does not begin: it was broken before: `without mfa for 1m`", out)


class Names(Told):
    RULES = AUTH + """
rule n { by card when auth as x where amount > 5 without mfa as m where card == x.card for 15m
  within 1h score 1 }
rule u { by card when some auth until amount > 6 then mfa within 1h score 1 }
"""

    def test_parts_that_no_test_matched(self):
        self.write("t.weir", self.RULES + "test n { expect nothing }\n")
        report = json.loads(self.run_weir("test", "t.weir", "--format", "json").stdout)
        self.assertEqual(report["coverage"]["parts_missed"],
                         ["n: auth as x where amount > 5",
                          "n: without mfa as m where card == x.card",
                          "u: auth", "u: until auth where amount > 6", "u: mfa"])

    def test_the_absence_that_was_broken(self):
        out = self.explain(self.RULES[len(AUTH):],
                           [auth(0, 6), {"type": "mfa", "ts": T0 + 1000, "card": "c1"}])
        self.assertIn("x #0 is ended: a `without` was broken: without mfa as m where "
                      "card == x.card", out)


class BadRecords(Told):
    RULE = "rule r { by card when auth as x where amount > 5 score 1 }"

    def test_text_and_json(self):
        records = [auth(0, 1), "{", auth(1, "much"), {"type": "other"}]
        out = self.explain(self.RULE, records)
        self.assertIn("2 bad records were left out, of whatever key; the first: "
                      "events.ndjson:2: ", out)
        self.assertIn("1 record was of unknown type", out)
        end = self.parsed(self.explain(self.RULE, records, "--format", "json"))[-1]
        self.assertEqual((end["events"], end["bad"], end["unknown_type"]), (1, 2, 1))
        self.assertIn("events.ndjson:2: ", end["first_bad"])
        end = self.parsed(self.explain(self.RULE, [auth(0, 1)], "--format", "json"))[-1]
        self.assertEqual((end["bad"], end["first_bad"]), (0, None))
        self.assertNotIn("bad", self.explain(self.RULE, [auth(0, 1)]))


class Keys(Told):
    def test_the_keys_that_there_are(self):
        self.write("r.weir", """
event pay { card string  account string  amount decimal }
rule both { by card, account when pay as x then pay as y within 1m score 1 }
rule one { by account when pay as x then pay as y within 1m score 1 }
""")
        self.events([])
        ask = ["explain", "r.weir", "--events", "events.ndjson", "--key", "card=c1"]
        said = self.run_weir(*ask, "--rule", "both", status=2).stderr
        self.assertIn("the rule both is not keyed by card; its key is (card, account)", said)
        said = self.run_weir(*ask, status=2).stderr
        self.assertIn("no rule is keyed by card; there are the keys (card, account), account", said)
        said = self.run_weir(*ask, "--rule", "one", status=2).stderr
        self.assertIn("its key is account\n", said)


class Deadlines(Told):
    def failure(self, rule, body):
        self.write("t.weir", AUTH + rule + "test r { " + body + " }\n")
        return self.run_weir("test", "t.weir", status=1).stdout

    def test_a_deadline_that_has_not_been_passed(self):
        rule = "rule r { by card when auth as x without mfa for 15m within 1h score 1 }\n"
        event = '0s auth { card: "c", country: "GB", amount: 1 } '
        out = self.failure(rule, event + "watermark 15m expect r at 15m")
        self.assertIn("expected r at 15m, and it did not come: its deadline at 15m has not been "
                      "passed, event time has reached 15m; `watermark 15m1ms` would pass it", out)
        self.assertIn("x #0; still waits for `without mfa for 15m`, until 15m", out)
        self.assertIn("has reached 10m", self.failure(rule, event + "watermark 10m expect r"))
        # At another time it never completes.
        self.assertNotIn("has not been passed",
                         self.failure(rule, event + "watermark 15m expect r at 14m"))

    def test_a_timeout_that_has_not_come(self):
        rule = ("rule r { by card when auth as x then mfa within 5m score 1\n"
                "  timeout as slow { score 1 } }\n")
        event = '0s auth { card: "c", country: "GB", amount: 1 } '
        out = self.failure(rule, event + "watermark 5m expect r.slow at 5m")
        self.assertIn("`watermark 5m1ms` would pass it", out)
        self.assertNotIn("would pass it", self.failure(rule, event + "watermark 5m expect r"))


if __name__ == "__main__":
    main()
