#!/usr/bin/env python3
"""`weir generate` and `weir schema`, and that what they make runs at once."""

import gzip
import json
import unittest

from weir_case import WeirCase, main


class Data(WeirCase):
    def generate(self, *more, status=0):
        return self.run_weir("generate", "--events", 2000, "--cards", 50, "--accounts", 40, *more,
                             status=status)

    def test_generate(self):
        first = self.generate("--out", "e.ndjson", "--manifest", "m.ndjson", "--label",
                              "--attack", "mule=20000", "--start", "2026-02-01", "--days", 2)
        self.assertIn("2000 events", first.stderr)
        events = self.lines("e.ndjson")
        self.assertEqual(len(events), 2000)
        self.assertEqual(events[0]["ts"] // 86400000, 1769904000000 // 86400000)
        attacks = self.lines("m.ndjson")
        self.assertIn("mule", {a["kind"] for a in attacks})
        labelled = {i for i, event in enumerate(events) if "fraud" in event}
        self.assertEqual(labelled, {i for a in attacks for i in a["events"]})

    def test_a_seed_gives_the_same_bytes(self):
        one, two = (self.generate("--quiet", "--seed", 7).stdout for _ in range(2))
        self.assertEqual(one, two)
        self.assertNotEqual(one, self.generate("--quiet", "--seed", 8).stdout)

    def test_generate_summary_as_json(self):
        done = self.generate("--format", "json", "--attack", "mule=20000", "--out", "e.ndjson",
                             "--manifest", "m.ndjson")
        said = json.loads(done.stderr)
        self.assertEqual(said["events"], 2000)
        self.assertEqual(said["bytes"], self.path("e.ndjson").stat().st_size)
        self.assertEqual(said["first_ts"], self.lines("e.ndjson")[0]["ts"])
        mules = [a for a in self.lines("m.ndjson") if a["kind"] == "mule"]
        self.assertEqual(said["attacks"]["mule"], len(mules))

    def test_numbers_are_asked_for_in_our_own_words(self):
        done = self.generate("--seed", "x", status=2)
        self.assertIn("--seed: x is no whole number; write it in digits", done.stderr)
        self.assertIn("--cards: 0 is not from 1 to",
                      self.run_weir("generate", "--cards", 0, status=2).stderr)

    def test_generate_wrong_usage(self):
        done = self.generate("--attack", "mul=3", status=2)
        self.assertIn("did you mean mule?", done.stderr)
        self.generate("--attack", "mule", status=2)
        self.generate("--cards", 0, status=2)
        self.generate("--days", -1, status=2)
        self.generate("--out", "no/e.ndjson", status=2)
        self.assertIn("No space left", self.generate("--out", "/dev/full", status=2).stderr)

    def test_schema_runs_at_once(self):
        self.generate("--out", "e.ndjson")
        text = self.run_weir("schema", "e.ndjson").stdout
        self.write("r.weir", text + "\nrule big { when auth where amount > 100 score 1 }\n")
        self.assertEqual(self.run_weir("check", "r.weir").stderr, "")
        summary = self.summary("r.weir", "--events", "e.ndjson")
        self.assertEqual(summary["events"]["bad"], 0)
        self.assertEqual(summary["events"]["accepted"], 2000)
        self.assertGreater(summary["alerts"]["total"], 0)

    def test_schema_of_csv_and_json_format(self):
        data = b"ts,card,amount\n1767225600000,c1,12.50\n1767225600001,c2,3\n"
        self.write("pay.csv.gz", gzip.compress(data))
        text = self.run_weir("schema", "pay.csv.gz").stdout
        self.assertIn("event pay", text)
        shown = self.run_weir("schema", "-", "--input-format", "csv", "--type", "p", "--format",
                              "json", stdin=data).stdout
        event = json.loads(shown)["events"][0]
        self.assertEqual(event["name"], "p")
        self.assertEqual([f["name"] for f in event["fields"]], ["ts", "card", "amount"])

    def test_schema_wrong_input(self):
        self.run_weir("schema", "none.ndjson", status=2)
        self.write("empty.ndjson", "")
        self.run_weir("schema", "empty.ndjson", status=2)
        self.run_weir("schema", status=2)


if __name__ == "__main__":
    main()
