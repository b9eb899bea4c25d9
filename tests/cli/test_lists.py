#!/usr/bin/env python3
"""Lists that rules change, and files of lists and tables that change while a stream runs."""

import json
import os
import select
import subprocess
import unittest

from weir_case import T0, WeirCase, main, pay

RULES = """
event pay {
  id     id
  card   string
  amount decimal
}
list hot string
list seen string
rule probe {
  when pay as p where amount < 1
  add p.card to hot for 1m
  add p.card to seen
}
rule clear { when pay as p where amount > 900 remove p.card from hot }
rule hit { when pay where card in hot  decide decline }
rule again {
  when pay as p where card not in seen
  score 1
}
"""

FILES = """
event pay {
  id     id
  card   string
  amount decimal
}
list bad string from "bad.txt"
table limits { card string key  most decimal } from "limits.csv"
rule listed  { when pay where card in bad }
rule beyond  { when pay where amount > limits[card].most }
rule add_bad { when pay as p where amount == 7 add p.card to bad for 1h }
"""


class ListChanges(WeirCase):
    """`add ... to`, `remove ... from` through the command line."""

    def alerts_of(self, *options):
        rules = self.write("rules.weir", RULES)
        events = self.events([
            pay(T0, "c1", 0.5),
            pay(T0 + 1000, "c1", 5),
            pay(T0 + 60_000, "c1", 5),   # a minute after it was added
            pay(T0 + 61_000, "c2", 0.5),
            pay(T0 + 62_000, "c2", 950),
            pay(T0 + 63_000, "c2", 5),
        ])
        return self.run_weir("run", rules, "--events", events, "--quiet", *options).stdout

    def test_alerts_say_what_they_changed(self):
        alerts = [json.loads(line) for line in self.alerts_of().splitlines()]
        self.assertEqual([(a["rule"], (a["ts"] - T0) // 1000) for a in alerts], [
            ("probe", 0), ("again", 0), ("hit", 1), ("probe", 61), ("again", 61),
            ("clear", 62), ("hit", 62)])
        self.assertEqual(alerts[0]["lists"], [
            {"list": "hot", "add": "c1", "until": T0 + 60_000},
            {"list": "seen", "add": "c1"}])
        self.assertEqual(list(alerts[0])[-2:], ["match", "lists"])
        self.assertEqual(alerts[5]["lists"], [{"list": "hot", "remove": "c2"}])
        self.assertNotIn("lists", alerts[2])

    def test_threads_change_nothing(self):
        first = self.alerts_of()
        for threads in ("2", "8"):
            self.assertEqual(self.alerts_of("--threads", threads), first)

    def test_explain_follows_the_lists(self):
        self.alerts_of()
        told = self.run_weir("explain", "rules.weir", "--events", "events.ndjson",
                             "--key", "card=c2", "--format", "json")
        entries = [json.loads(line) for line in told.stdout.splitlines()]
        hits = [(e["ts"] - T0) // 1000 for e in entries
                for n in e.get("notes", []) if n["rule"] == "hit" and n["kind"] == "matched"]
        self.assertEqual(hits, [62])
        changes = [n["text"].partition("; ")[2] for e in entries for n in e.get("notes", [])
                   if n["rule"] in ("probe", "clear") and n["kind"] == "matched"]
        self.assertEqual(changes, [
            'adds "c2" to hot until 2026-01-01T00:02:01Z; adds "c2" to seen',
            'removes "c2" from hot'])


class FilesThatChange(WeirCase):
    """Files of lists and tables are read anew while the stream runs."""

    def setUp(self):
        super().setUp()
        self.rules = self.write("rules.weir", FILES)
        self.write("bad.txt", "# cards\nc1\n")
        self.write("limits.csv", "card,most\nc1,100\n")

    def start(self):
        """A run that has begun: its files have been read."""
        run = subprocess.Popen(
            [self.weir, "run", self.rules, "--events", "-", "--no-progress"], cwd=self.folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.feed(run, pay(T0, "c1", 5))
        self.first = run.stdout.readline()
        return run

    def replace(self, name, text):
        self.write("new", text)
        os.replace(self.path("new"), self.path(name))

    def feed(self, run, *events):
        for event in events:
            run.stdin.write(json.dumps(event).encode() + b"\n")
        run.stdin.flush()

    def await_line(self, run, *words):
        """Feeds events of no concern until the message comes."""
        text = ""
        while run.poll() is None:
            self.feed(run, pay(T0, "nobody", 1))
            ready, _, _ = select.select([run.stderr], [], [], 0.05)
            text += os.read(run.stderr.fileno(), 65536).decode() if ready else ""
            for line in text.splitlines():
                if all(word in line for word in words):
                    return line
        self.fail("it ended: " + text + run.stderr.read().decode())

    def fired(self, run):
        out, _ = run.communicate()
        return [(a["rule"], a["ts"] - T0) for a in self.parsed(self.first + out)]

    def test_a_list_and_a_table(self):
        run = self.start()
        self.feed(run, pay(T0, "c2", 150), pay(T0, "c3", 7))
        self.replace("bad.txt", "c2\n")
        self.await_line(run, "bad.txt", "1 entries")
        self.replace("limits.csv", "card,most\nc2,100\n")
        self.await_line(run, "limits.csv", "1 entries")
        self.feed(run, pay(T0 + 5, "c1", 150), pay(T0 + 6, "c2", 150), pay(T0 + 7, "c3", 5))
        self.assertEqual(self.fired(run), [
            ("listed", 0), ("add_bad", 0), ("listed", 6), ("beyond", 6),
            ("listed", 7)])  # c3: what a rule added survives

    def test_what_cannot_be_read_is_refused(self):
        run = self.start()
        self.replace("limits.csv", "card,most\nc1,not a number\n")
        line = self.await_line(run, "limits.csv", "not taken")
        self.assertIn("line 2", line)
        os.remove(self.path("bad.txt"))
        self.await_line(run, "bad.txt", "not taken")
        self.feed(run, pay(T0 + 5, "c1", 150))
        self.assertEqual(self.fired(run), [("listed", 0), ("listed", 5), ("beyond", 5)])


if __name__ == "__main__":
    main()
