#!/usr/bin/env python3
"""`weir run`: each flag, what goes out, and what goes wrong."""

import gzip
import json
import os
import signal
import subprocess
import time
import unittest

from weir_case import CARD_TESTING, PAY, T0, WeirCase, main, pay

PROBES = [
    {"kind": "AUTH_RESP", "responded_at": T0, "card": "c1", "amount": 1.00, "approved": False},
    {"kind": "AUTH_RESP", "responded_at": T0 + 20000, "card": "c1", "amount": 1.20,
     "approved": False},
    {"kind": "AUTH_RESP", "responded_at": T0 + 40000, "card": "c1", "amount": 0.90,
     "approved": False},
    {"type": "auth", "ts": T0 + 180000, "card": "c1", "merchant": "m1", "country": "GB",
     "amount": 250, "entry": {"mode": "web"}},
]

# Product page P1's example, but for what is a hash.
ALERT = ('{"alert":"ID","rule":"card_testing","version":"V","key":{"card":"c1"},'
         '"ts":1767225780000,"seq":3,"mode":"live","decision":"decline","score":80,'
         '"tags":["card_testing"],"reason":"3 small declines, then 250 at m1","emit":{},'
         '"owner":null,"severity":null,"description":"Small declines, then a large attempt",'
         '"meta":{},"match":{"probe":[{"seq":0,"ts":1767225600000},{"seq":1,"ts":1767225620000},'
         '{"seq":2,"ts":1767225640000}],"hit":[{"seq":3,"ts":1767225780000}]}}\n')
DECISION = ('{"event":null,"seq":3,"ts":1767225780000,"decision":"decline","score":80,'
            '"rules":[{"rule":"card_testing","version":"V","mode":"live","score":80,'
            '"reason":"3 small declines, then 250 at m1","alert":"ID"}],"degraded":false}\n')


def without_hashes(line):
    value = json.loads(line)
    rule = value if "alert" in value else value["rules"][0]
    return line.replace(rule["alert"], "ID").replace(rule["version"], "V")


class Lines(WeirCase):
    def setUp(self):
        super().setUp()
        self.write("r.weir", CARD_TESTING)
        self.events(PROBES)

    def test_alert_line_is_that_of_the_product_page(self):
        out = self.run_weir("run", "r.weir", "--events", "events.ndjson").stdout
        self.assertEqual(without_hashes(out), ALERT)
        self.assertEqual(len(json.loads(out)["alert"]), 32)

    def test_decision_line(self):
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts", "a",
                      "--decisions", "d")
        self.assertEqual(without_hashes(self.path("d").read_text()), DECISION)
        self.assertEqual(without_hashes(self.path("a").read_text()), ALERT)
        self.assertEqual(sorted(os.listdir(self.folder)), ["a", "d", "events.ndjson", "r.weir"])

    def test_decisions_all(self):
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--decisions", "d",
                      "--decisions-all")
        self.assertEqual([d["decision"] for d in self.lines("d")], ["allow"] * 3 + ["decline"])

    def test_same_bytes_again_and_from_an_image(self):
        first = self.run_weir("run", "r.weir", "--events", "events.ndjson").stdout
        for threads in "1", "4":
            again = self.run_weir("run", "r.weir", "--events", "events.ndjson",
                                  "--threads", threads).stdout
            self.assertEqual(again, first)
        self.run_weir("check", "r.weir", "--image", "r.image")
        if self.image_runner is not None:
            loaded = subprocess.run([self.image_runner, "r.image", "events.ndjson"],
                                    cwd=self.folder, capture_output=True, check=True)
            self.assertEqual(loaded.stdout.decode(), first)

    def test_set_changes_a_param(self):
        events = ("--events", "events.ndjson")
        self.assertEqual(self.alerts("r.weir", *events, "--set", "probes=4"), [])
        self.assertEqual(len(self.alerts("r.weir", *events, "--set", "probes=2")), 1)
        self.run_weir("run", "r.weir", *events, "--set", "prebes=4", status=1)
        self.run_weir("run", "r.weir", *events, "--set", "probes", status=2)

    def test_summary_keys(self):
        summary = self.summary("r.weir", "--events", "events.ndjson", "--decisions", "d")
        self.assertEqual(list(summary)[:8],
                         ["events", "alerts", "decisions", "seconds", "events_per_second",
                          "peak_partial_matches", "peak_rss_bytes", "watermark"])
        self.assertEqual(list(summary["events"])[:6],
                         ["read", "accepted", "bad", "late", "unknown_type", "duplicate"])
        self.assertEqual(summary["events"]["accepted"], 4)
        self.assertEqual(summary["alerts"]["by_rule"], {"card_testing": 1})
        self.assertEqual(summary["decisions"], {"decline": 1})
        self.assertEqual(summary["watermark"], T0 + 180000)
        self.assertGreater(summary["peak_rss_bytes"], 1 << 20)

    def test_summary_on_standard_error(self):
        text = self.run_weir("run", "r.weir", "--events", "events.ndjson").stderr
        self.assertIn("1 alert: card_testing 1", text)
        shown = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--format",
                              "json").stderr
        self.assertEqual(json.loads(shown)["alerts"]["total"], 1)
        quiet = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--quiet").stderr
        self.assertEqual(quiet, "")

    def test_match_events(self):
        alert = self.alerts("r.weir", "--events", "events.ndjson", "--match", "events")[0]
        self.assertEqual(alert["match"]["hit"][0]["event"], PROBES[3])
        self.assertEqual(list(alert["match"]["hit"][0]), ["seq", "ts", "event"])


class Inputs(WeirCase):
    def setUp(self):
        super().setUp()
        self.write("r.weir", PAY)

    def test_several_files_globs_compression_and_standard_input(self):
        self.events([pay(T0), pay(T0 + 1)], "e1.ndjson")
        self.events([pay(T0 + 2)], "e2.ndjson")
        packed = self.write("e3.ndjson.gz", gzip.compress(json.dumps(pay(T0 + 3)).encode()))
        alerts = self.alerts("r.weir", "--events", "e1.ndjson", "e2.ndjson", packed)
        self.assertEqual([a["seq"] for a in alerts], [0, 1, 2, 3])
        alerts = self.alerts("r.weir", "--events", "e?.ndjson", "--events", packed)
        self.assertEqual([a["seq"] for a in alerts], [0, 1, 2, 3])
        stdin = self.path("e1.ndjson").read_bytes()
        self.assertEqual(len(self.alerts("r.weir", "--events", "-", stdin=stdin)), 2)
        # Rules behind the events are still rules.
        self.assertEqual(len(self.alerts("--events", "e1.ndjson", "r.weir")), 2)

    def test_csv(self):
        text = f"type,ts,card,amount,id\npay,{T0},c1,200.50,x1\npay,{T0 + 1},c1,5,x2\n"
        self.write("e.csv", text)
        alert = self.alerts("r.weir", "--events", "e.csv", "--match", "events")[0]
        event = {"type": "pay", "ts": T0, "id": "x1", "card": "c1", "amount": 200.5}
        self.assertEqual(alert["match"]["pay"][0]["event"], event)
        stdin = text.encode()
        options = ("--events", "-", "--input-format", "csv")
        self.assertEqual(len(self.alerts("r.weir", *options, stdin=stdin)), 1)

    def test_type_without_a_type_field(self):
        self.events([{"ts": T0, "card": "c1", "amount": 200}])
        self.assertEqual(len(self.alerts("r.weir", "--events", "events.ndjson",
                                         "--type", "pay")), 1)
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--type", "pey", status=2)

    def test_missing_input(self):
        done = self.run_weir("run", "r.weir", "--events", "nothing.ndjson", "--alerts", "a",
                             status=2)
        self.assertIn("nothing.ndjson", done.stderr)
        self.assertFalse(self.path("a").exists())
        self.run_weir("run", "r.weir", "--events", "*.nothing", status=2)

    def test_not_supported_yet(self):
        self.events([])
        for more in (["--events", "kafka://broker/topic"],
                     ["--events", "events.ndjson", "--state", "s"]):
            done = self.run_weir("run", "r.weir", *more, status=2)
            self.assertIn("not supported yet", done.stderr)

    def test_bad_unknown_and_strict(self):
        records = [pay(T0), "{", {"type": "other", "ts": T0}, {"type": "pay", "card": "c1"},
                   b'\xff{"type":"pay"}'.decode("latin-1"), pay(T0 + 1, amount="much")]
        self.events(records)
        events = self.summary("r.weir", "--events", "events.ndjson", "--bad-input",
                              "bad.ndjson")["events"]
        self.assertEqual((events["read"], events["accepted"], events["bad"],
                          events["unknown_type"]), (6, 1, 4, 1))
        bad = self.lines("bad.ndjson")
        self.assertEqual([b["line"] for b in bad], [2, 4, 5, 6])
        self.assertEqual(list(bad[0]), ["source", "line", "seq", "reason", "message", "record"])
        self.assertEqual(bad[1]["reason"], "missing")
        self.assertEqual(bad[3]["reason"], "wrong_type")

    def test_bad_input_fail(self):
        self.events([pay(T0), pay(T0 + 1, amount="much"), pay(T0 + 2)])
        done = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--bad-input", "fail",
                             "--alerts", "a", status=2)
        self.assertIn("events.ndjson:2", done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), ["events.ndjson", "r.weir"])

    def test_strict_checks_what_no_rule_reads(self):
        self.write("s.weir", PAY.replace("amount decimal", "amount decimal\n  note int"))
        self.events([pay(T0, note="text")])
        lax = self.summary("s.weir", "--events", "events.ndjson")
        strict = self.summary("s.weir", "--events", "events.ndjson", "--strict")
        self.assertEqual((lax["events"]["bad"], strict["events"]["bad"]), (0, 1))


class Time(WeirCase):
    def setUp(self):
        super().setUp()
        self.write("r.weir", PAY)

    def test_lateness_and_late_events(self):
        self.events([pay(T0 + 10000), pay(T0 + 7000), pay(T0 + 1000), pay(T0 + 20000)])
        events = ("--events", "events.ndjson")
        self.assertEqual([a["seq"] for a in self.alerts("r.weir", *events)], [0, 3])
        self.assertEqual([a["seq"] for a in self.alerts("r.weir", *events, "--lateness", "5s")],
                         [1, 0, 3])
        alerts = self.alerts("r.weir", *events, "--late", "process")
        self.assertEqual([a["seq"] for a in alerts], [0, 1, 2, 3])
        summary = self.summary("r.weir", *events, "--late", "late.ndjson")
        self.assertEqual(summary["events"]["late"], 2)
        self.assertEqual([r["ts"] for r in self.lines("late.ndjson")], [T0 + 7000, T0 + 1000])

    def test_arrival_order(self):
        self.events([pay(T0 + 10000), pay(T0)])
        alerts = self.alerts("r.weir", "--events", "events.ndjson", "--order", "arrival")
        self.assertEqual([a["seq"] for a in alerts], [0, 1])

    def test_dedup(self):
        self.events([pay(T0, id="a"), pay(T0 + 60000, id="a"), pay(T0 + 60001, id="a"),
                     pay(T0 + 60001), pay(T0 + 60001)])
        summary = self.summary("r.weir", "--events", "events.ndjson", "--dedup", "1m")
        self.assertEqual((summary["events"]["duplicate"], summary["events"]["accepted"]), (1, 4))
        summary = self.summary("r.weir", "--events", "events.ndjson")
        self.assertEqual(summary["events"]["duplicate"], 0)

    def test_from_until(self):
        self.events([pay(T0 - 1), pay(T0), pay(T0 + 999), pay(T0 + 1000)])
        alerts = self.alerts("r.weir", "--events", "events.ndjson", "--from", "2026-01-01",
                             "--until", "2026-01-01T00:00:01Z")
        self.assertEqual([a["seq"] for a in alerts], [1, 2])
        done = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--from", "soon",
                             status=2)
        self.assertIn("soon is no time", done.stderr)
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--from", "2026-01-02",
                      "--until", "2026-01-01", status=2)

    def test_max_future(self):
        self.events([pay(T0), pay(T0 + 10**9), pay(T0 + 1)])
        summary = self.summary("r.weir", "--events", "events.ndjson", "--max-future", "5m")
        self.assertEqual((summary["events"]["future"], summary["events"]["accepted"]), (1, 2))

    def test_what_max_future_refuses_is_told(self):
        self.events([pay(T0), pay(T0 + 10**9), pay(T0 + 1), "{"])
        done = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--max-future", "5m",
                             "--bad-input", "bad", "--summary", "s.json")
        first = ("events.ndjson:2: its time 2026-01-12T13:46:40Z is more than 5m ahead of the "
                 "newest event")
        self.assertIn("first too far ahead: " + first, done.stderr)
        self.assertEqual(json.loads(self.path("s.json").read_text())["first_future"], first)
        refused = {each["reason"]: each for each in self.lines("bad")}
        self.assertEqual(sorted(refused), ["future", "syntax"])
        self.assertEqual((refused["future"]["line"], refused["future"]["seq"]), (2, 1))
        self.assertEqual(json.loads(refused["future"]["record"]), pay(T0 + 10**9))

    # L2.3: the type is of the wrong type. A mapping may name what is no string.
    def test_a_type_that_is_no_string(self):
        self.write("m.weir", PAY + 'event num from "mti" = "100" { card string }\n'
                   "rule n { when num score 1 }\n")
        self.events([{**pay(T0), "type": 5}, {**pay(T0), "type": True}, {**pay(T0), "type": "no"},
                     {"mti": 100, "ts": T0, "card": "c"}, {"mti": 101, "ts": T0, "card": "c"}])
        summary = self.summary("m.weir", "--events", "events.ndjson", "--bad-input", "bad")
        self.assertEqual((summary["events"]["bad"], summary["events"]["unknown_type"],
                          summary["events"]["accepted"]), (3, 1, 1))
        self.assertEqual([each["reason"] for each in self.lines("bad")], ["wrong_type"] * 3)
        self.assertIn("the type field type is a number", self.lines("bad")[0]["message"])

    def test_a_line_that_is_too_long_names_the_limit(self):
        self.events([pay(T0, more="x" * (1 << 20))])
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--bad-input", "bad")
        self.assertEqual(self.lines("bad")[0]["message"], "the line is longer than 1048576 bytes")

    def test_hints_where_every_record_is_bad(self):
        cases = (("e.txt", "type,ts,card,amount\npay,1,c,2\n", "--input-format csv"),
                 ("e.json", "[\n" + json.dumps(pay(T0)) + "\n]\n", ""),
                 ("e.ndjson", json.dumps([pay(T0)]) + "\n", "JSON array"),
                 ("e.csv", "type;ts;card;amount\npay;1;c;2\n", "semicolons"),
                 ("f.csv", json.dumps(pay(T0)) + "\n" + json.dumps(pay(T0)) + "\n", "JSON lines"))
        for name, text, hint in cases:
            self.write(name, text)
            said = self.run_weir("run", "r.weir", "--events", name).stderr
            self.assertEqual("every record is bad" in said, hint != "", said)
            self.assertIn(hint, said)

    def test_counts_of_one(self):
        self.events([pay(T0, amount=200.00005)])
        said = self.run_weir("run", "r.weir", "--events", "events.ndjson").stderr
        self.assertIn("1 event read", said)
        self.assertIn("odd values: 1 decimal rounded\n", said)

    def test_end_of_input_and_hold_open(self):
        self.write("w.weir", "event a { card string }\nevent b { card string }\n"
                             "rule quiet { by card when a without b for 1m within 1h }\n")
        self.events([{"type": "a", "ts": T0, "card": "c1"}])
        alert = self.alerts("w.weir", "--events", "events.ndjson")[0]
        self.assertEqual((alert["ts"], alert["seq"]), (T0 + 60000, None))
        self.assertEqual((alert["decision"], alert["score"], alert["reason"]), (None, None, None))
        self.assertEqual(self.alerts("w.weir", "--events", "events.ndjson", "--hold-open"), [])

    def test_timeout_line(self):
        self.write("t.weir", "event a { card string }\nevent b { card string }\n"
                             "rule slow { by card when a then b within 1m score 5\n"
                             "  timeout as late { score 1 tag \"t\" } }\n")
        self.events([{"type": "a", "ts": T0, "card": "c1"}])
        alert = self.alerts("t.weir", "--events", "events.ndjson")[0]
        self.assertEqual(alert["rule"], "slow.late")
        keys = list(alert)
        self.assertEqual(keys[keys.index("mode") + 1], "timeout")
        self.assertIs(alert["timeout"], True)
        self.assertEqual((alert["score"], alert["tags"]), (1, ["t"]))

    def test_speed(self):
        self.events([pay(T0), pay(T0 + 600)])
        summary = self.summary("r.weir", "--events", "events.ndjson", "--speed", "4x")
        self.assertGreaterEqual(summary["seconds"], 0.15)
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--speed", "fast", status=2)


class Outputs(WeirCase):
    def setUp(self):
        super().setUp()
        self.write("r.weir", PAY)
        self.events([pay(T0 + i) for i in range(2000)])

    def test_two_outputs_of_one_path(self):
        for one, two in (("a", "a"), ("a", "./a"), ("-", "-"), ("-", "/dev/stdout")):
            done = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts", one,
                                 "--decisions", two, status=2)
            self.assertIn("both", done.stderr)

    def test_an_output_that_is_an_input(self):
        before = self.path("events.ndjson").read_bytes()
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts", "./events.ndjson",
                      status=2)
        self.assertEqual(self.path("events.ndjson").read_bytes(), before)

    def test_full_disk(self):
        done = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts",
                             "/dev/full", "--decisions", "d", status=2)
        self.assertIn("No space left", done.stderr)
        self.assertFalse(self.path("d").exists())
        self.assertFalse(self.path("d.partial").exists())

    def test_closed_pipe(self):
        with subprocess.Popen([self.weir, "run", "r.weir", "--events", "events.ndjson"],
                              cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.close()
            said = process.stderr.read().decode()
            self.assertEqual(process.wait(timeout=60), 2)
        self.assertIn("Broken pipe", said)

    def test_no_such_folder_and_a_folder(self):
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts", "no/a", status=2)
        os.mkdir(self.path("folder"))
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts", "folder", status=2)

    def test_an_old_file_is_replaced_whole(self):
        self.write("a", "old\n" * 100000)
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts", "a")
        self.assertEqual(len(self.lines("a")), 2000)


class Interrupted(WeirCase):
    """Ctrl-C and SIGTERM: what is half written goes away, and the exit status says why."""

    def interrupt(self, number, events, *more):
        self.write("r.weir", PAY)
        with subprocess.Popen([self.weir, "run", "r.weir", "--events", events, "--alerts", "a",
                               "--decisions", "d", *more], cwd=self.folder,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdin.write(json.dumps(pay(T0)).encode() + b"\n")
            process.stdin.flush()
            deadline = time.monotonic() + 30
            while not self.path("d.partial").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(number)
            said = process.stderr.read().decode()
            status = process.wait(timeout=60)
        self.assertIn("weir: stopped after ", said)
        self.assertIn("no file was written", said)
        self.assertEqual([name for name in os.listdir(self.folder) if name[0] in "ad"], [])
        return status

    def test_while_it_waits_for_standard_input(self):
        for more in ((), ("--threads", "2"), ("--threads", "8")):
            self.assertEqual(self.interrupt(signal.SIGINT, "-", *more), 130)
            self.assertEqual(self.interrupt(signal.SIGTERM, "-", *more), 143)

    def test_while_it_waits_for_a_named_pipe(self):
        os.mkfifo(self.path("pipe"))
        # Open for both, so that neither end waits for the other, and the pipe never ends.
        keep = os.open(self.path("pipe"), os.O_RDWR)
        self.addCleanup(os.close, keep)
        for more in ((), ("--threads", "2")):
            self.assertEqual(self.interrupt(signal.SIGTERM, "pipe", *more), 143)

    def test_while_it_replays(self):
        self.events([pay(T0), pay(T0 + 10**9)], "slow.ndjson")
        for more in ((), ("--threads", "2")):
            self.assertEqual(
                self.interrupt(signal.SIGTERM, "slow.ndjson", "--speed", "1x", *more), 143)


class Usage(WeirCase):
    def test_messages_begin_alike(self):
        self.write("r.weir", PAY)
        self.events([])
        for wrong in (["run", "r.weir", "--events", "events.ndjson", "--threads", "x"],
                      ["run", "--events", "events.ndjson"], ["explain", "r.weir"],
                      ["run", "r.weir", "--events", "none"], ["run", "r.weir", "--evnts", "x"],
                      ["test", "r.weir", "--filter", "("], ["schema", "none"], ["rnu"]):
            first = self.run_weir(*wrong, status=2).stderr.splitlines()[0]
            self.assertRegex(first, r"^weir: (?!weir )(?!run: |explain: |test: |schema: )")

    def test_threads(self):
        self.write("r.weir", PAY)
        self.events([])
        base = ["run", "r.weir", "--events", "events.ndjson", "--threads"]
        self.assertIn("--threads: x is no whole number; write it in digits",
                      self.run_weir(*base, "x", status=2).stderr)
        for number in "0", "257":
            self.assertIn(f"--threads: {number} is not from 1 to 256",
                          self.run_weir(*base, number, status=2).stderr)
        self.run_weir(*base, "256")
        self.assertIn("is not from 1 to", self.run_weir(*base, "9" * 20, status=2).stderr)
        self.run_weir(*base, "-1", status=2)
        self.run_weir(*base, "2x", status=2)

    def test_decisions_all_with_nowhere_to_write_them(self):
        self.write("r.weir", PAY)
        self.events([])
        base = ["run", "r.weir", "--events", "events.ndjson", "--decisions-all"]
        said = "--decisions-all only counts, as there is no --decisions"
        self.assertIn(said, self.run_weir(*base).stderr)
        self.assertNotIn(said, self.run_weir(*base, "--decisions", "d").stderr)
        self.assertEqual(self.run_weir(*base, "--quiet").stderr, "")

    def test_slips_are_met_with_a_suggestion(self):
        self.assertIn("did you mean run?", self.run_weir("rnu", status=2).stderr)
        done = self.run_weir("run", "r.weir", "--evnts", "x", status=2)
        self.assertIn("did you mean --events?", done.stderr)
        done = self.run_weir("run", "r.weir", "--events", "x", "--order", "arival", status=2)
        self.assertIn("did you mean arrival?", done.stderr)

    def test_wrong_usage(self):
        self.write("r.weir", PAY)
        self.events([])
        base = ["run", "r.weir", "--events", "events.ndjson"]
        self.run_weir(status=2)
        self.run_weir("run", "r.weir", status=2)
        self.run_weir("run", "--events", "events.ndjson", status=2)
        for more in (["--lateness", "soon"], ["--lateness", "-5s"], ["--threads", "0"],
                     ["--match", "nothing"], ["--format", "xml"], ["--dedup"]):
            self.run_weir(*base, *more, status=2)

    def test_rules_with_errors_and_rules_that_are_not_there(self):
        self.events([])
        self.write("bad.weir", "rule r { when nothing }")
        done = self.run_weir("run", "bad.weir", "--events", "events.ndjson", status=1)
        self.assertIn("W3006", done.stderr)
        self.run_weir("run", "none.weir", "--events", "events.ndjson", status=2)

    def test_help(self):
        self.assertIn("weir 0.", self.run_weir("--version").stdout)
        self.assertIn("generate", self.run_weir("--help").stdout)
        for command in ("run", "check", "test", "fmt", "explain", "schema", "generate"):
            text = self.run_weir(command, "--help").stdout
            self.assertIn("Example", text)
            self.assertIn(f"weir {command}", text)

    # Each string of an emit has to last until the line is written.
    def test_emits_of_long_strings(self):
        self.write("r.weir", """
          event a { k string  shop string }
          event b { k string }
          rule r { by k  when 2 a as p then b within 1h
                   emit first = min(p.shop), last = max(p.shop), up = upper(p.shop)  score 1 }
        """)
        shops = ["m" * 40, "z" * 50]
        self.events([*({"type": "a", "ts": i, "k": "1", "shop": shop}
                       for i, shop in enumerate(shops)), {"type": "b", "ts": 9, "k": "1"}])
        done = self.run_weir("run", "r.weir", "--events", "events.ndjson")
        self.assertEqual(json.loads(done.stdout)["emit"],
                         {"first": shops[0], "last": shops[1], "up": shops[1].upper()})

    # L5.2: one event that completes a rule for two of its keys counts for it once.
    def test_a_rule_counts_once_an_event(self):
        self.write("r.weir", """
          event open { k string }
          event move { source string  target string }
          rule r { when open as o by k then move as m by (source) within 1h score 10 }
          rule two { when open as o by k
                     then any of (move as m by source, move as m by target)
                     within 1h score 10 decide review }
        """)
        self.events([{"type": "open", "ts": 1, "k": "A"}, {"type": "open", "ts": 2, "k": "B"},
                     {"type": "move", "ts": 3, "source": "B", "target": "A"}])
        self.run_weir("run", "r.weir", "--events", "events.ndjson", "--alerts", "a",
                      "--decisions", "d")
        alerts = [json.loads(line) for line in self.path("a").read_text().splitlines()]
        self.assertEqual([(a["rule"], a["key"]) for a in alerts],
                         [("r", {"k": "B"}), ("two", {"k": "A"}), ("two", {"k": "B"})])
        decision = json.loads(self.path("d").read_text())
        self.assertEqual([rule["rule"] for rule in decision["rules"]], ["r", "two"])
        self.assertEqual(decision["rules"][1]["alert"], alerts[1]["alert"])
        self.assertEqual(decision["score"], 20)

    # One forged date must not make the filter forget: the refused event moves no time.
    def test_dedup_is_not_blinded_by_an_event_that_is_refused(self):
        self.write("r.weir", """
          event a { id id  k string }
          rule r { when a score 1 }
        """)
        self.events([{"type": "a", "ts": 1000, "id": "x", "k": "1"},
                     {"type": "a", "ts": 10 ** 12, "id": "z", "k": "1"},
                     {"type": "a", "ts": 2000, "id": "x", "k": "1"},
                     {"type": "a", "ts": 3000, "id": "z", "k": "1"}])
        done = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--dedup", "1h",
                             "--max-future", "5m", "--summary", "s")
        counts = json.loads(self.path("s").read_text())["events"]
        self.assertEqual(counts["duplicate"], 1)
        self.assertEqual([json.loads(line)["seq"] for line in done.stdout.splitlines()], [0, 3])

    # L3.11: runs of other sums are told apart, so 30 amounts would be 2**30 of them; once there
    # would be more than 100,000, none of them goes on, and that is counted.
    def test_combinations_that_cannot_be_told_apart_any_more(self):
        self.write("r.weir", """
          event a { k string }
          event b { k string amount decimal }
          rule r { by k  when a then some b in any combination as b then b as big
                   where amount > 10000000000 and amount > sum(b.amount)
                   within 1h  score 1  skip none  report 1 }
        """)
        small = [{"type": "b", "ts": 1 + i, "k": "x", "amount": 2 ** i} for i in range(30)]
        for count, unexamined in ((8, False), (30, True)):
            self.events([{"type": "a", "ts": 0, "k": "x"}, *small[:count],
                         {"type": "b", "ts": 100, "k": "x", "amount": 10 ** 13}])
            done = self.run_weir("run", "r.weir", "--events", "events.ndjson", "--summary", "s")
            summary = json.loads(self.path("s").read_text())
            self.assertEqual(summary["unexamined"] > 0, unexamined)
            self.assertLess(summary["peak_partial_matches"], 100_001)
            self.assertEqual(len(done.stdout.splitlines()), 0 if unexamined else 1)

    def test_so_many_of_a_part_in_any_combination(self):
        self.write("r.weir", """
          event a { k string  amount decimal }
          event b { k string  amount decimal }
          rule r { by k  when 5 a in any combination as p then b where amount > 2 * avg(p.amount)
                   within 1h  score 1 }
        """)
        for count, unexamined in ((8, False), (34, True)):
            first = [{"type": "a", "ts": i, "k": "x", "amount": 2 ** i} for i in range(count)]
            self.events([*first, {"type": "b", "ts": 100, "k": "x", "amount": 10 ** 12}])
            summary = self.summary("r.weir", "--events", "events.ndjson")
            self.assertEqual(summary["unexamined"] > 0, unexamined)
            self.assertLess(summary["peak_partial_matches"], 100_001)
            # What comes once they are forgotten begins anew.
            self.assertEqual(len(self.lines("alerts.out")), 1)


if __name__ == "__main__":
    main()
