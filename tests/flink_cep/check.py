#!/usr/bin/env python3
"""Compares `weir run` with the answers of Apache Flink CEP: check.py path/to/weir [options].

Each case of cases.ndjson.gz is a rule, a short stream and the set of matches. A few hundred cases
share one process: each has its own event type, rule name and key, and its own stretch of time, so
that none can touch another. Python's standard library only. Exit status: 0 all agree, 1 some do
not, 2 the run itself failed.
"""

import argparse
import collections
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SPACING_MS = 3_600_000  # between the beginnings of two cases; streams and windows are far shorter
START_MS = 1_700_000_000_000

EVENT = "event {type} {{\n  u string\n  k string\n  v int\n}}\n"


def load(path, wanted):
    cases = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            case = json.loads(line)
            if not wanted or case["case"] in wanted:
                cases.append(case)
    return cases


def rule_text(case):
    """The case's rule `r` over the type `ev`, under names of its own, and the event type."""
    number = case["case"]
    text = re.sub(r"\bev\b", f"e{number}", case["rule"])
    text = re.sub(r"^rule r ", f"rule r{number} ", text)
    return EVENT.format(type=f"e{number}") + text + "\n"


def event_lines(case, origin):
    for ts, k, v in case["events"]:
        yield json.dumps({"type": f"e{case['case']}", "ts": origin + ts,
                          "u": f"u{case['case']}", "k": k, "v": v})


def run(weir, cases, folder, extra):
    """({case number: answer}, None), or (None, the message of a run that failed)."""
    rules, events, alerts = (os.path.join(folder, n)
                             for n in ("rules.weir", "events.ndjson", "alerts.ndjson"))
    first_seq, origin, seq = {}, {}, 0
    with open(rules, "w", encoding="utf-8") as r, open(events, "w", encoding="utf-8") as e:
        for i, case in enumerate(cases):
            number = case["case"]
            first_seq[number], origin[number] = seq, START_MS + i * SPACING_MS
            r.write(rule_text(case))
            for line in event_lines(case, origin[number]):
                e.write(line + "\n")
                seq += 1
    if os.path.exists(alerts):
        os.remove(alerts)
    done = subprocess.run([weir, "run", rules, "--events", events, "--alerts", alerts] + extra,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, f"exit status {done.returncode}: {(done.stderr or done.stdout).strip()}"
    answers = {case["case"]: [] for case in cases}
    if os.path.exists(alerts):
        with open(alerts, encoding="utf-8") as file:
            for line in file:
                alert = json.loads(line)
                number = int(alert["rule"][1:])
                answers[number].append(answer_of(alert, first_seq[number], origin[number]))
    return answers, None


def answer_of(alert, first_seq, origin):
    parts = {name: [e["seq"] - first_seq for e in events]
             for name, events in alert["match"].items() if events}
    seq = alert["seq"]
    return (frozen(parts), None if seq is None else seq - first_seq, alert["ts"] - origin)


def frozen(parts):
    return tuple(sorted((name, tuple(events)) for name, events in parts.items()))


def expected(case):
    return [(frozen(parts), seq, ts) for parts, seq, ts in case["matches"]]


def compare(case, answer):
    """What is wrong with an answer, in words; None if nothing is."""
    want, got = set(expected(case)), set(answer)
    if len(answer) != len(got):
        return "a match is reported twice"
    if want == got:
        return None
    if {m[0] for m in want} == {m[0] for m in got}:
        return "the same matches, at other moments"
    return "other matches"


def show(match):
    parts, seq, ts = match
    text = "  ".join(f"{name}={list(events)}" for name, events in parts)
    return f"{text}  at {ts}" + (" (a deadline)" if seq is None else f" by event {seq}")


def describe(case, problem, answer):
    print(f"\ncase {case['case']} (seed {case['seed']}): {problem}")
    print(f"  {case['rule']}")
    print("  " + "  ".join(f"{i}:{k}{v}@{ts}" for i, (ts, k, v) in enumerate(case["events"])))
    if answer is None:
        return
    want, got = set(expected(case)), set(answer)
    for name, matches in (("expected, not reported", want - got),
                          ("reported, not expected", got - want)):
        for match in sorted(matches, key=repr):
            print(f"  {name}: {show(match)}")


def check(weir, cases, folder, extra):
    """[(case, problem, answer)] of those that disagree; a failed batch is taken apart."""
    answers, failure = run(weir, cases, folder, extra)
    if failure is None:
        found = ((c, compare(c, answers[c["case"]]), answers[c["case"]]) for c in cases)
        return [entry for entry in found if entry[1]]
    if len(cases) == 1:
        return [(cases[0], "the run failed: " + failure, None)]
    middle = len(cases) // 2
    return (check(weir, cases[:middle], folder, extra)
            + check(weir, cases[middle:], folder, extra))


def table(cases, bad):
    total, wrong = collections.Counter(), collections.Counter()
    for case in cases:
        total.update(case["tags"])
    for case, _, _ in bad:
        wrong.update(case["tags"])
    print(f"{'construct':28}{'cases':>7}{'agree':>7}{'differ':>8}")
    for tag in sorted(total):
        print(f"{tag:28}{total[tag]:7}{total[tag] - wrong[tag]:7}{wrong[tag]:8}")
    print(f"{'all':28}{len(cases):7}{len(cases) - len(bad):7}{len(bad):8}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weir", help="the binary")
    parser.add_argument("--cases", default=os.path.join(HERE, "cases.ndjson.gz"))
    parser.add_argument("--batch", type=int, default=200, help="cases in one process")
    parser.add_argument("--only", type=int, nargs="*", default=[], help="these cases, by number")
    parser.add_argument("--show", type=int, default=20, help="disagreements printed in full")
    parser.add_argument("--extra", nargs=argparse.REMAINDER, default=[],
                        help="the rest goes to `weir run`, as in --extra --threads 4")
    args = parser.parse_args()
    if not os.access(args.weir, os.X_OK):
        print(f"no such program: {args.weir}", file=sys.stderr)
        return 2
    cases = load(args.cases, set(args.only))
    bad = []
    with tempfile.TemporaryDirectory() as folder:
        for at in range(0, len(cases), args.batch):
            bad += check(args.weir, cases[at:at + args.batch], folder, args.extra)
    table(cases, bad)
    for entry in bad[:args.show]:
        describe(*entry)
    if len(bad) > args.show:
        print(f"\n{len(bad) - args.show} more; --show {len(bad)} prints them all")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
