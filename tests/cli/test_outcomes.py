#!/usr/bin/env python3
"""What rules may say of their alerts: canaries, times of activity, sinks."""

import http.server
import json
import os
import signal
import subprocess
import threading
import time
import unittest

from weir_case import T0, WeirCase, main, pay

HEAD = """
event pay {
  id     id
  card   string
  amount decimal
}
"""
# Computed from XXH3-64 of the key's bytes: the text, then 00 01.
PINNED = ["c5", "c15", "c29"]
HOUR = 3_600_000


def rule(clauses, name="big"):
    return f"rule {name} {{ by card when pay where amount > 100 decide decline {clauses} }}\n"


class Modes(WeirCase):
    def run_on(self, clauses, events, *arguments):
        self.write("r.weir", HEAD + rule(clauses))
        self.events(events)
        return self.alerts("r.weir", "--events", "events.ndjson", "--decisions", "d.ndjson",
                           *arguments)

    def test_a_canary_is_live_for_its_share_of_the_keys(self):
        events = [pay(T0 + i, card=f"c{i % 2000}", id=str(i)) for i in range(4000)]
        alerts = self.run_on("mode canary 10%", events)
        self.assertEqual(len(alerts), 4000)
        modes = {}
        for alert in alerts:
            modes.setdefault(alert["key"]["card"], set()).add(alert["mode"])
        self.assertTrue(all(len(of_key) == 1 for of_key in modes.values()))
        live = {card for card, of_key in modes.items() if of_key == {"live"}}
        self.assertTrue(150 <= len(live) <= 250, len(live))
        declined = {d["seq"] for d in self.lines("d.ndjson") if d["decision"] == "decline"}
        self.assertEqual(declined, {a["seq"] for a in alerts if a["key"]["card"] in live})
        by_rule = [d["rules"][0]["mode"] for d in self.lines("d.ndjson")]
        self.assertEqual(by_rule, [a["mode"] for a in alerts])

    def test_a_larger_canary_holds_the_smaller_one(self):
        events = [pay(T0 + i, card=f"c{i}", id=str(i)) for i in range(500)]
        live = {}
        for share in ("5%", "20%", "99.9999%", "100%"):
            alerts = self.run_on(f"mode canary {share}", events)
            live[share] = {a["key"]["card"] for a in alerts if a["mode"] == "live"}
        self.assertLess(live["5%"], live["20%"])
        self.assertLess(live["20%"], live["99.9999%"])
        self.assertEqual(len(live["100%"]), 500)

    def test_the_keys_of_a_canary_stay(self):
        events = [pay(T0 + i, card=f"c{i}", id=str(i)) for i in range(40)]
        alerts = self.run_on("mode canary 10%", events)
        live = [a["key"]["card"] for a in alerts if a["mode"] == "live"]
        self.assertEqual(live, PINNED)

    def test_threads_and_shards_agree_on_a_canary(self):
        events = [pay(T0 + i, card=f"c{i % 300}", id=str(i)) for i in range(3000)]
        one = self.run_on("mode canary 30%", events)
        self.assertEqual(self.run_on("mode canary 30%", events, "--threads", "4"), one)

    def test_active_from_until_is_of_the_completion(self):
        events = [pay(T0 + i * HOUR, id=str(i)) for i in range(5)]
        alerts = self.run_on('active from "2026-01-01T01:00:00Z" until "2026-01-01T04:00:00+01:00"',
                             events)
        self.assertEqual([a["ts"] - T0 for a in alerts], [HOUR, 2 * HOUR])
        self.assertEqual([d["seq"] for d in self.lines("d.ndjson")], [1, 2])

    def test_what_began_before_a_rule_is_active_counts(self):
        self.write("r.weir", HEAD + """
rule pair {
  by card
  when pay as a then pay as b within 3h
  active from "2026-01-01T01:00:00Z"
  timeout as alone { decide review }
}
""")
        self.events([pay(T0, id="1"), pay(T0 + HOUR, id="2"),
                     pay(T0, card="c2", id="3"), pay(T0 - 3 * HOUR, card="c3", id="4")])
        alerts = self.alerts("r.weir", "--events", "events.ndjson", "--lateness", "9h")
        # The wait of c3's is over at T0, before the rule is active; that of c2's after.
        self.assertEqual([(a["rule"], a["key"]["card"]) for a in alerts],
                         [("pair", "c1"), ("pair.alone", "c2")])

    def test_a_canary_changes_lists_where_it_is_live(self):
        for share, fired in (("100%", ["big", "hot"]), ("0.0001%", ["big"])):
            self.write("r.weir", HEAD + "list cards string\n"
                       + rule(f"add card to cards for 1h mode canary {share}")
                       + "rule hot { by card when pay where card in cards }\n")
            self.events([pay(T0, id="1"), pay(T0 + 1, id="2", amount=1)])
            for threads in ("1", "3"):
                alerts = self.alerts("r.weir", "--events", "events.ndjson", "--threads", threads)
                self.assertEqual([a["rule"] for a in alerts], fired, share)

    # R112, R140: also where some rule looks at alerts, a later deadline sees what one has changed.
    def test_what_a_deadline_changes_the_next_one_sees(self):
        rules = """
event auth { card string }
event mfa { card string }
list hot string
rule first { by card when auth without mfa for 1s add card to hot for 1m }
rule second { by card when auth without mfa for 2s having card in hot }
rule same { by card when auth without mfa for 1s having card in hot }
"""
        self.events([{"type": "auth", "ts": T0, "card": "c"},
                     {"type": "auth", "ts": T0 + 100000, "card": "z"}])
        for chained in ("", "rule chained { by card when second }\n"):
            self.write("r.weir", rules + chained)
            alerts = self.alerts("r.weir", "--events", "events.ndjson")
            seen = [(a["rule"], a["ts"] - T0) for a in alerts
                    if a["key"]["card"] == "c" and a["rule"] != "chained"]
            self.assertEqual(seen, [("first", 1000), ("second", 2000)])

    def test_tests_run_a_rule_as_active_and_live(self):
        self.write("r.weir", HEAD + rule('mode canary 1% active until "2020-01-01T00:00:00Z"') + """
test big { 0s pay { card: "c1", amount: 200 } expect big expect decline at 0s }
""")
        self.assertNotIn("no test fired", self.run_weir("test", "r.weir").stdout)

    def test_what_cannot_be(self):
        for clauses in ("mode canary 0%", "mode canary 100.5%", "mode canary 0.00001%",
                        'active from "soon"', 'active from "2026-01-01"',
                        'active from "2026-01-02T00:00:00Z" until "2026-01-01T00:00:00Z"'):
            with self.subTest(clauses):
                self.write("r.weir", HEAD + rule(clauses))
                self.assertIn("W3014", self.run_weir("check", "r.weir", status=1).stdout)


# A receiver that answers as it is told: codes by request, the last one for all others.
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        server.seen.append((self.path, dict(self.headers), body.decode()))
        time.sleep(server.delay)
        code = server.codes.pop(0) if len(server.codes) > 1 else server.codes[0]
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Sinks(WeirCase):
    def setUp(self):
        super().setUp()
        self.write("r.weir", HEAD + rule('send "ops" send "cases"')
                   + rule('mode shadow send "ops"', "quiet")
                   + rule('cooldown 1h send "ops"', "held"))
        self.events([pay(T0 + i, id=f"e{i}") for i in range(3)])

    def receiver(self, *codes):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        server.codes, server.seen, server.delay = list(codes), [], 0
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def sinks(self, **sinks):
        return self.write("sinks.json", json.dumps(sinks))

    def webhook(self, server, **more):
        url = f"http://127.0.0.1:{server.server_port}/alerts?team=a"
        return {"webhook": url, "backoff": "1ms", "most_backoff": "5ms", **more}

    def run_sinks(self, *arguments, **more):
        return self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts", "a.ndjson",
                             "--summary", "s.json", *arguments, **more)

    def test_a_file_gets_what_is_live_and_not_withheld(self):
        done = self.run_sinks("--sink", "ops=ops.ndjson")
        alerts = self.lines("a.ndjson")
        self.assertEqual(self.lines("ops.ndjson"), [a for a in alerts if a["mode"] == "live"])
        self.assertEqual([a["rule"] for a in self.lines("ops.ndjson")],
                         ["big", "held", "big", "big"])
        summary = json.loads(self.path("s.json").read_text())
        self.assertEqual((summary["sent"], summary["unsent"]), ({"ops": 4}, {"cases": 3}))
        self.assertIn("for sinks that are not given: cases 3", done.stderr)

    def test_a_webhook_gets_each_alert_once_and_in_order(self):
        server = self.receiver(200)
        done = self.run_sinks("--sink", f"cases=http://127.0.0.1:{server.server_port}/x")
        big = [a for a in self.lines("a.ndjson") if a["rule"] == "big"]
        self.assertEqual([json.loads(body) for _, _, body in server.seen], big)
        for (path, headers, _), alert in zip(server.seen, big):
            self.assertEqual(path, "/x")
            self.assertEqual(headers["Idempotency-Key"], alert["alert"])
            self.assertEqual(headers["Content-Type"], "application/json")
        self.assertIn("sink cases: 3 delivered, 0 tried again", done.stderr)
        self.assertFalse(self.path("cases.dead.ndjson").exists())

    def test_a_webhook_tries_again(self):
        server = self.receiver(500, 429, 200, 503, 200)
        self.sinks(cases=self.webhook(server))
        done = self.run_sinks("--sinks", "sinks.json")
        keys = [headers["Idempotency-Key"] for _, headers, _ in server.seen]
        big = [a["alert"] for a in self.lines("a.ndjson") if a["rule"] == "big"]
        self.assertEqual(keys, [big[0]] * 3 + [big[1]] * 2 + [big[2]])
        self.assertIn("sink cases: 3 delivered, 3 tried again", done.stderr)

    def test_dead_letters(self):
        server = self.receiver(400, 500, 500, 200)
        self.sinks(cases=self.webhook(server, attempts=2, dead_letters="dead.ndjson"))
        done = self.run_sinks("--sinks", "sinks.json")
        big = [a for a in self.lines("a.ndjson") if a["rule"] == "big"]
        self.assertEqual(self.lines("dead.ndjson"), [
            {"sink": "cases", "attempts": 1, "error": "HTTP 400", "alert": big[0]},
            {"sink": "cases", "attempts": 2, "error": "HTTP 500", "alert": big[1]}])
        self.assertIn("1 delivered, 1 tried again, 2 given up (see dead.ndjson)", done.stderr)

    def test_nobody_listens(self):
        server = self.receiver(200)
        server.shutdown()
        server.server_close()
        self.sinks(cases=self.webhook(server, attempts=2))
        self.run_sinks("--sinks", "sinks.json")
        letters = self.lines("cases.dead.ndjson")
        self.assertEqual([letter["attempts"] for letter in letters], [2, 2, 2])

    def test_an_interrupt_gives_up_what_waits(self):
        server = self.receiver(200)
        server.delay = 30  # longer than this test
        self.events([pay(T0 + i, id=f"e{i}") for i in range(40)])
        for queue in (2, 1000):  # the run waits to hand on an alert, or for the last of them
            self.sinks(cases=self.webhook(server, timeout="60s", queue=queue,
                                          dead_letters=f"dead{queue}.ndjson"))
            with subprocess.Popen([self.weir, "run", "r.weir", "--events", "events.ndjson",
                                   "--alerts", "a.ndjson", "--sinks", "sinks.json", "--quiet"],
                                  cwd=self.folder) as running:
                while not server.seen:
                    time.sleep(0.01)
                server.seen.clear()
                running.send_signal(signal.SIGINT)
                self.assertEqual(running.wait(timeout=20), 130)
            letters = self.lines(f"dead{queue}.ndjson")
            self.assertEqual({letter["error"] for letter in letters}, {"the run was stopped"})
            self.assertEqual(len({letter["alert"]["alert"] for letter in letters}), 40)
            self.assertFalse(self.path("a.ndjson").exists())

    def test_headers_with_secrets_of_the_environment(self):
        server = self.receiver(200)
        self.sinks(cases=self.webhook(server, headers={"Authorization": "Bearer ${WEIR_T}"}))
        os.environ["WEIR_T"] = "s3cret"
        self.addCleanup(os.environ.pop, "WEIR_T")
        self.run_sinks("--sinks", "sinks.json")
        self.assertEqual(server.seen[0][1]["Authorization"], "Bearer s3cret")

    def test_what_cannot_be(self):
        for text, said in (
                ("{", "not a JSON object"), ('{"a": {"file": "x"}, "a": {"file": "y"}}', "twice"),
                ('{"a": {"webhook": "http://"}}', "neither an http://"),
                ('{"a": {"webhook": "http://x", "dead_letters": ""}}', "is empty"),
                ('{"a": {"webhook": "http://x", "dead_letters": "a.ndjson"}}', "would both be"),
                ('{"a": {"webhook": "http://x", "dead_letters": "events.ndjson"}}',
                 "which is an input"),
                ('{"a": {}}', "a `file` or a `webhook`"),
                ('{"a": {"file": 3}}', "`file` is no text"),
                ('{"a": {"file": "x", "mode": 1}}', "there is no `mode`; there are: file"),
                ('{"a": {"webhook": "ftp://x"}}', "neither an http://"),
                ('{"a": {"webhook": "http://x", "attempts": 0}}', "`attempts` is no number"),
                ('{"a": {"webhook": "http://x", "timeout": "soon"}}', "`timeout` is no duration"),
                ('{"a": {"webhook": "http://x", "headers": {"H": "${WEIR_NO}"}}}',
                 "the environment has no WEIR_NO"),
                ('{"a": {"webhook": "http://x", "headers": {"H": "a\\nb"}}}', "a line break")):
            with self.subTest(text):
                self.write("sinks.json", text)
                self.assertIn(said, self.run_sinks("--sinks", "sinks.json", status=2).stderr)
        for given, said in ((("--sink", "ops"), "NAME=TARGET"),
                            (("--sink", "ops=a", "--sink", "ops=b"), "is given twice"),
                            (("--sink", "ops=a.ndjson"), "would both be written"),
                            (("--sink", "ops=events.ndjson"), "which is an input")):
            with self.subTest(given):
                self.assertIn(said, self.run_sinks(*given, status=2).stderr)


if __name__ == "__main__":
    main()
