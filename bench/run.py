#!/usr/bin/env python3
"""Runs the workloads and prints what the engine does on them, beside the floors of the machine.

    bench/run.py [--build build/release] [--only W2,W7] [--events N] [--runs N]
    bench/run.py --against OTHER_BUILD      the same with two builds, in turn, and their ratio
    bench/run.py --save FILE / --baseline FILE
    bench/run.py --threads 2,4              `weir run` also with so many threads: file/2, file/4
    bench/run.py --seed 7 --cards 2000 --accounts 1600 --days 1     another stream, here a dense one

Rates are in million events a second: `engine` with typed events in memory (bench/engine_only),
`file` is `weir run` from the file to alerts on one thread, `parse` the file decoded into what the
rule reads, and `touch` one slot of a hash table touched for each event in memory. Each is the
median of the runs, with the least and the most in brackets: on a shared machine compare only what
ran together. Below the rates, of the engine alone: allocations in the second half of a warm pass,
the state's bytes by open partial matches, and the time that single events take (each timed by
itself, which costs some 20 ns).
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = ROOT / "build" / "bench"
SINGLE = {"W1": "w1_card_testing", "W2": "w2_impossible_travel", "W3": "w3_takeover",
          "W4": "w4_absence", "W5": "w5_velocity", "W6": "w6_escalation"}
MANY = [10, 100, 1000, 10000]
LENGTHS = [20, 200, 2000, 9000]


def output_of(command, into=None):
    words = [str(word) for word in command]
    done = subprocess.run(words, stdout=into or subprocess.PIPE, check=True)
    return done.stdout.decode() if into is None else ""


def stream(weir, events, options):
    """The generated stream, made once."""
    name = f"events_{events}"
    more = []
    for option in ("seed", "cards", "accounts", "days"):
        value = getattr(options, option)
        if value is not None:
            name += f"_{option}{value}"
            more += [f"--{option}", value]
    file = WORK / f"{name}.ndjson"
    if not file.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        output_of([weir, "generate", "--events", events, "--out", file, "--quiet", *more])
    return file


def many_rules(rules):
    file = WORK / f"many_{rules}.weir"
    with file.open("wb") as out:
        output_of([sys.executable, HERE / "make_workload.py", "many", "--rules", rules], out)
    return file


class Build:
    """The programs of one build."""

    def __init__(self, folder):
        self.folder = folder
        self.weir = folder / "apps" / "weir"

    def engine(self, rules, events, *more):
        """The last line of two passes, so that memory is warm."""
        lines = output_of([self.folder / "bench" / "engine_only", rules, "--events", events,
                           "--passes", 2, *more])
        return json.loads(lines.splitlines()[-1])

    def floor(self, rules, events, mode):
        lines = output_of([self.folder / "bench" / "floor", rules, "--events", events,
                           "--mode", mode, "--passes", 1])
        return json.loads(lines)["events_per_second"]

    def file(self, rules, events, count, threads):
        start = time.perf_counter()
        output_of([self.weir, "run", rules, "--events", events, "--alerts", "/dev/null", "--quiet",
                   "--threads", threads])
        return count / (time.perf_counter() - start)


def shown(values):
    values = [value / 1e6 for value in values]
    return f"{statistics.median(values):7.2f} ({min(values):.2f}-{max(values):.2f})"


def measure(builds, cases, runs):
    """By case and kind: for each build the values of the runs, taken in turn; and by case what the
    last run of the last build said besides."""
    found = {}
    details = {}
    for turn in range(runs):
        for name, (kinds, rules, events, count) in cases.items():
            for kind in kinds:
                for i, build in enumerate(builds):
                    if kind == "engine":
                        line = build.engine(rules, events)
                        value = line["events_per_second"]
                        details[name] = line
                    elif kind == "latency":
                        details[name] |= build.engine(rules, events, "--latency")
                        continue
                    elif kind.startswith("file"):
                        value = build.file(rules, events, count, kind.partition("/")[2] or 1)
                    else:
                        value = build.floor(rules, events, kind)
                    found.setdefault((name, kind), [[] for _ in builds])[i].append(value)
        print(f"run {turn + 1} of {runs}", file=sys.stderr)
    return found, details


def cases_of(options, weir):
    events = stream(weir, options.events, options)
    small = stream(weir, max(options.events // 4, 1), options)
    threads = [f"file/{number}" for number in options.threads.split(",") if number]
    all_kinds = ["engine", "latency", "file", *threads, "parse", "touch"]
    cases = {name: (all_kinds, HERE / "workloads" / f"{file}.weir", events, options.events)
             for name, file in SINGLE.items()}
    for rules in MANY:
        kinds = ["engine", "latency"]
        cases[f"W7/{rules}"] = (kinds, many_rules(rules), small, options.events // 4)
    for length in LENGTHS:
        output_of([sys.executable, HERE / "make_workload.py", "explosion", "--length", length,
                   "--out", WORK])
        for name in ("once", "report"):
            cases[f"W8/{name}/{length}"] = (["engine"], WORK / f"explosion_{name}.weir",
                                            WORK / f"explosion_{length}.ndjson", length)
    wanted = options.only.split(",") if options.only else []
    return {name: case for name, case in cases.items()
            if not wanted or any(name == want or name.startswith(want + "/") for want in wanted)}


def report(found, builds, baseline):
    for (name, kind), series in found.items():
        line = f"{name:16} {kind:7} {shown(series[0])}"
        if len(builds) > 1:
            ratio = statistics.median(a / b for a, b in zip(series[0], series[1]))
            line += f"   other {shown(series[1])}   ratio {ratio:.2f}"
        before = baseline.get(f"{name} {kind}")
        if before:
            share = statistics.median(series[0]) / before
            line += f"   baseline {before / 1e6:.2f}, {share:.2f} of it"
        print(line)


def report_details(details):
    print()
    for name, line in details.items():
        text = f"{name:16} allocations/event {line['second_half_allocations_per_event']:.4f}"
        if line["partial_matches"]:
            each = line["state_bytes"] / line["partial_matches"]
            text += f"   {each:.0f} bytes a partial match ({line['partial_matches']} open)"
        if "p50_ns" in line:
            text += "   ns an event p50 {p50_ns} p99 {p99_ns} p99.9 {p999_ns}".format(**line)
        print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--against", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", default="", help="numbers of threads for `weir run`, 2,4")
    parser.add_argument("--seed", type=int, help="of the stream, as the next three")
    parser.add_argument("--cards", type=int)
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--days", type=int)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--baseline", type=Path)
    options = parser.parse_args()
    builds = [Build(options.build)] + ([Build(options.against)] if options.against else [])
    baseline = json.loads(options.baseline.read_text()) if options.baseline else {}
    found, details = measure(builds, cases_of(options, builds[0].weir), options.runs)
    report(found, builds, baseline)
    report_details(details)
    if options.save:
        medians = {f"{name} {kind}": statistics.median(series[0])
                   for (name, kind), series in found.items()}
        options.save.write_text(json.dumps(medians, indent=1) + "\n")


if __name__ == "__main__":
    main()
