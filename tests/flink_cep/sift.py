#!/usr/bin/env python3
"""Chooses the corpus from what the generator wrote: `sift.py RAW... [-o cases.ndjson.gz]`.

A case is kept if Flink's answer is the one that the definition (oracle.py) gives. Every other case
is set aside with its reason: the differences between the languages that make up for it
(flink_readings.py), or skipping. A case for which no reason is found is printed, and the exit
status is 1.
"""

import argparse
import collections
import gzip
import io
import itertools
import json
import sys

import oracle
import rule_text
from flink_readings import explain, first_moments, outcomes

PAIR_TARGET = 40  # cases wanted for each pair of constructs


def flink_outcomes(list_):
    return first_moments((tuple(sorted((n, tuple(js)) for n, js in parts.items())), seq, ts)
                         for parts, seq, ts in list_)


def judge(case):
    """(expected, None) for a case to keep, (None, reasons) for one to set aside."""
    rule = rule_text.parse(case["rule"])
    matches = oracle.Oracle(rule, case["events"]).matches()
    plain, wanted = outcomes(matches), flink_outcomes(case["all"])
    if plain != wanted:
        return None, explain(rule, case["events"], plain, wanted) or ("unexplained",)
    if rule.skip == "none":
        return wanted, None
    kept = {parts for parts, _, _ in flink_outcomes(case["kept"])}
    reported = outcomes(oracle.report(rule, matches))
    if {parts for parts, _, _ in reported} == kept:
        return {m for m in wanted if m[0] in kept}, None
    return None, ("skip-held-back" if case["held"] else "skip-same-moment",)


def line_of(number, case, expected):
    matches = [[{n: list(js) for n, js in parts}, seq, ts]
               for parts, seq, ts in sorted(expected, key=repr)]
    out = {"case": number, "seed": case["seed"], "tags": case["tags"], "rule": case["rule"],
           "events": case["events"], "matches": matches}
    return json.dumps(out, separators=(",", ":")) + "\n"


def chosen(cases, target):
    """In the order of the seeds, those that have a pair of constructs still wanting."""
    seen = collections.Counter()
    for case, expected in cases:
        pairs = list(itertools.combinations_with_replacement(case["tags"], 2))
        if any(seen[p] < target for p in pairs):
            seen.update(pairs)
            yield case, expected


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("raw", nargs="+")
    args.add_argument("-o", "--out")
    args.add_argument("--pairs", type=int, default=PAIR_TARGET)
    args = args.parse_args()
    good, aside, unexplained, run = [], collections.Counter(), [], 0
    alone = collections.Counter()
    for path in args.raw:
        with open(path, encoding="utf-8") as raw:
            for line in raw:
                case = json.loads(line)
                run += 1
                expected, reasons = judge(case)
                if reasons is None:
                    good.append((case, expected))
                    continue
                for reason in reasons:
                    aside[reason] += 1
                    alone[reason] += len(reasons) == 1
                if reasons == ("unexplained",):
                    unexplained.append(case)
    kept = list(chosen(good, args.pairs))
    if args.out:
        write(args.out, kept)
    print(f"run {run}, agreeing {len(good)}, in the corpus {len(kept)}")
    print(f"{'set aside because of':36}{'cases':>7}{'only that':>11}")
    for reason, n in aside.most_common():
        print(f"{reason:36}{n:7}{alone[reason]:11}")
    for case in unexplained:
        print(json.dumps(case))
    return 1 if unexplained else 0


def write(path, kept):
    with open(path, "wb") as out:
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="") as packed:
            with io.TextIOWrapper(packed, encoding="utf-8") as text:
                for number, (case, expected) in enumerate(kept):
                    text.write(line_of(number, case, expected))


if __name__ == "__main__":
    sys.exit(main())
