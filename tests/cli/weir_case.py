"""What the tests of the command line share: a folder of their own, the binary, and rule files.

A test script is run as `python3 test_x.py --weir BINARY [--image-runner BINARY] [TEST...]`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

T0 = 1767225600000  # 2026-01-01T00:00:00Z

CARD_TESTING = """
event auth {
  card     string
  merchant string
  country  string
  amount   decimal
  device   string?
  channel  enum("web", "pos", "atm") from "entry.mode"
}
event auth_result from "kind" = "AUTH_RESP" {
  time     ts from "responded_at"
  card     string
  amount   decimal
  approved bool
}
param probes = 3
rule card_testing "Small declines, then a large attempt" {
  by card
  when probes+ auth_result as probe where amount < 2 and not approved
  then auth as hit where amount > 20 * avg(probe.amount)
  within 10m
  decide decline  score 80  tag "card_testing"
  reason "{count(probe)} small declines, then {hit.amount} at {hit.merchant}"
}
"""

PAY = """
event pay {
  id     id
  card   string
  amount decimal
}
rule big "Large" { when pay where amount > 100 decide decline score 10 }
rule pair {
  by card
  when pay as a where amount < 10 then pay as b where amount < 10
  within 1m
  decide review
}
"""


def pay(ts, card="c1", amount=200, **more):
    return {"type": "pay", "ts": ts, "card": card, "amount": amount, **more}


class WeirCase(unittest.TestCase):
    """One test in a folder of its own, which is also the working directory of the binary."""

    weir = Path()
    image_runner = Path()

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="weir-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return self.folder / name

    def write(self, name, text):
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, str):
            text = text.encode()
        target.write_bytes(text)
        return name

    def events(self, records, name="events.ndjson"):
        lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
        return self.write(name, "".join(line + "\n" for line in lines))

    def run_weir(self, *arguments, status=0, stdin=b"", **more):
        """Runs it and holds the exit status; the output is text."""
        environment = {**os.environ, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        done = subprocess.run([self.weir, *map(str, arguments)], cwd=self.folder, input=stdin,
                              capture_output=True, timeout=60, env=environment, check=False,
                              **more)
        done.stdout = done.stdout.decode()
        done.stderr = done.stderr.decode()
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def alerts(self, *arguments, **more):
        """The alerts of `weir run`, parsed."""
        return self.parsed(self.run_weir("run", *arguments, "--quiet", **more).stdout)

    @staticmethod
    def parsed(text):
        return [json.loads(line) for line in text.splitlines()]

    def lines(self, name):
        return self.parsed(self.path(name).read_text())

    def summary(self, *arguments, **more):
        self.run_weir("run", *arguments, "--quiet", "--alerts", "alerts.out",
                      "--summary", "summary.json", **more)
        return json.loads(self.path("summary.json").read_text())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", type=Path, required=True)
    parser.add_argument("--image-runner", type=Path)
    options, rest = parser.parse_known_args()
    WeirCase.weir = options.weir.resolve()
    WeirCase.image_runner = options.image_runner.resolve() if options.image_runner else None
    unittest.main(argv=[sys.argv[0], *rest])
