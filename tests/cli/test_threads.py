#!/usr/bin/env python3
"""`weir run --threads N`: the same bytes, errors and ends for any number of threads."""

import gzip
import json
import os
import random
import select
import subprocess
import unittest

from weir_case import PAY, T0, WeirCase, main, pay

THREADS = (1, 2, 3, 8, 16)
OUTPUTS = ("alerts", "decisions", "bad", "late")

RULES = """
event auth {
  card     string
  merchant string
  mcc      int
  country  string
  amount   decimal
  approved bool
}
rule probes {
  by card
  when 3+ auth as probe where amount < 2 and not approved
  then auth as hit where approved and amount > 200
  within 10m
  decide decline  score 80
}
rule twice {
  by card
  when auth as a then auth as b where b.country != a.country
  within 1h
  decide review
}
rule large { when auth where amount > 900  decide review  score 5 }
"""


def damaged(lines, seed):
    """The lines, and among them everything that can be wrong with some."""
    chance = random.Random(seed)
    out = []
    for line in lines:
        kind = chance.randrange(60)
        if kind == 0:
            out.append(line[:chance.randrange(len(line))])
        elif kind == 1:
            out.append(line.replace(b'"auth"', b'"transfer"'))
        elif kind == 2:
            out.append(chance.choice([b"", b" \t", b"\r"]))
            out.append(line)
        elif kind == 3:
            out.append(line.replace(b'"amount":', b'"amount":"x","amount":'))
        elif kind == 4:
            out.append(line.replace(b'"country":"', b'"country":"\xff'))
        elif kind == 5:  # ahead of the rest
            event = json.loads(line)
            out.append(json.dumps({**event, "ts": event["ts"] + 10**10}).encode())
        elif kind == 6:  # late
            event = json.loads(line)
            out.append(json.dumps({**event, "ts": event["ts"] - 10**6}).encode())
        elif kind == 7:
            out.append(line.replace(b'"amount":', b'"amount":0.00001') + b"\r")
        else:
            out.append(line)
        if chance.randrange(20_000) == 0:
            out.append(b'{"type":"auth","note":"' + b"x" * (3 << 20) + b'"}')
    return b"\n".join(out)


class Threads(WeirCase):
    def setUp(self):
        super().setUp()
        self.write("r.weir", RULES)

    def generate(self, events):
        self.run_weir("generate", "--events", events, "--cards", events // 100, "--out", "stream",
                      "--quiet")
        return self.path("stream").read_bytes()

    def outcome(self, threads, *arguments, status=0):
        """All that a run leaves: its files, its summary but for speed and memory, its messages."""
        for name in OUTPUTS:
            self.path(name).unlink(missing_ok=True)
        done = self.run_weir("run", "r.weir", *arguments, "--alerts", "alerts", "--decisions",
                             "decisions", "--late", "late", "--summary", "summary", "--no-progress",
                             "--threads", threads, status=status)
        found = {name: self.path(name).read_bytes() for name in OUTPUTS
                 if self.path(name).exists()}
        if status == 0:
            summary = json.loads(self.path("summary").read_text())
            for key in "seconds", "events_per_second", "peak_rss_bytes":
                del summary[key]
            found["summary"] = summary
        else:
            found["said"] = done.stderr
        return found

    def assert_all_alike(self, *arguments, status=0):
        first = self.outcome(1, *arguments, status=status)
        for threads in THREADS[1:]:
            again = self.outcome(threads, *arguments, status=status)
            self.assertEqual(again.keys(), first.keys())
            for name, value in first.items():
                self.assertTrue(again[name] == value, f"{name} differs with {threads} threads")
        return first

    def test_the_generated_stream(self):
        self.generate(40_000)
        found = self.assert_all_alike("--events", "stream")
        self.assertEqual(found["summary"]["events"]["read"], 40_000)
        self.assertGreater(found["summary"]["alerts"]["total"], 100)

    def test_a_dirty_stream_in_several_files(self):
        lines = self.generate(60_000).splitlines()
        first = b"\xef\xbb\xbf" + damaged(lines[:25_000], 1)
        self.write("1.ndjson", first)
        self.write("2.ndjson.gz", gzip.compress(damaged(lines[25_000:40_000], 2), 1))
        cells = [b"type,ts,card,merchant,mcc,country,amount,approved"]
        for line in lines[40_000:50_000]:
            event = json.loads(line)
            cells.append(",".join(json.dumps(event.get(name, "")).strip('"') for name in
                                  cells[0].decode().split(",")).encode())
        cells[77] = b'auth,1,"two\nlines,x'
        self.write("3.csv", b"\r\n".join(cells))
        self.write("4.ndjson", damaged(lines[50_000:], 3) + b"\n")
        found = self.assert_all_alike(
            "--events", "1.ndjson", "2.ndjson.gz", "3.csv", "4.ndjson", "--bad-input", "bad",
            "--lateness", "2m", "--max-future", "1d", "--match", "events")
        counts = found["summary"]["events"]
        for kind in "accepted", "bad", "late", "unknown_type", "future":
            self.assertGreater(counts[kind], 100, kind)
        self.assertGreater(found["summary"]["alerts"]["total"], 100)
        reasons = {json.loads(line)["reason"] for line in found["bad"].splitlines()}
        self.assertLessEqual({"not_utf8", "syntax", "too_long", "duplicate", "future"}, reasons)
        seqs = [json.loads(line)["seq"] for line in found["bad"].splitlines()]
        self.assertEqual(seqs, sorted(seqs))

    def test_an_input_that_is_torn(self):
        packed = gzip.compress(self.generate(40_000), 1)
        self.write("torn.ndjson.gz", packed[:len(packed) // 2])
        found = self.assert_all_alike("--events", "torn.ndjson.gz", status=2)
        self.assertIn("ends too early", found["said"])
        self.assertNotIn("alerts", found)

    def test_the_first_bad_record_ends_the_run(self):
        lines = self.generate(40_000).splitlines()
        lines[30_000] = b"{"
        lines[30_001] = b"["
        self.write("bad.ndjson", b"\n".join(lines))
        found = self.assert_all_alike("--events", "bad.ndjson", "--bad-input", "fail", status=2)
        self.assertIn("bad.ndjson:30001", found["said"])

    def test_a_pipe_is_not_waited_for(self):
        self.write("r.weir", PAY)
        for threads in THREADS:
            with subprocess.Popen(
                    [self.weir, "run", "r.weir", "--events", "-", "--threads", str(threads),
                     "--quiet"], cwd=self.folder, stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE) as process:
                for seq in range(20):
                    process.stdin.write(json.dumps(pay(T0 + seq)).encode() + b"\n")
                    process.stdin.flush()
                    ready, _, _ = select.select([process.stdout], [], [], 30)
                    self.assertTrue(ready, f"no alert of event {seq} with {threads} threads")
                    alert = os.read(process.stdout.fileno(), 1 << 16)
                    self.assertEqual(json.loads(alert)["seq"], seq)
                process.stdin.close()
                self.assertEqual(process.wait(timeout=60), 0)

    # A run that fails does not wait for a reader that waits for a pipe.
    def test_a_failure_while_a_pipe_is_silent(self):
        self.write("r.weir", PAY)
        for threads in 1, 2, 8:
            with subprocess.Popen(
                    [self.weir, "run", "r.weir", "--events", "-", "--threads", str(threads),
                     "--bad-input", "fail"], cwd=self.folder, stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
                process.stdin.write(b"{\n")
                process.stdin.flush()
                self.assertEqual(process.wait(timeout=60), 2)
                self.assertIn(b"bad record: standard input:1", process.stderr.read())


if __name__ == "__main__":
    main()
