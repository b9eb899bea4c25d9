#!/usr/bin/env python3
"""Runs Weir and its peers on the same events in turn, and prints how many times faster Weir is.

    bench/peers/compare.py --weir BINARY --events FILE [--workloads W1,W3] [--peers esper]

In every round each workload is run once by Weir and once by every peer in every mode, so that what
else the machine does falls on all of them alike. A line of the table is the median of the rounds,
with the least and the most. Weir always reads the file and writes alerts, and its process is timed
from start to end; README.md says what is inside the clock of the peers. Python 3 and its standard
library only. The exit status is 1 if a program failed or matches differ.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
JAR = ROOT / "build" / "peers" / "peers-1.jar"
RULES = {
    "W1": "w1_card_testing.weir",
    "W2": "w2_impossible_travel.weir",
    "W3": "w3_takeover.weir",
    "W4": "w4_absence.weir",
    "W5": "w5_velocity.weir",
    "W6": "w6_escalation.weir",
}
MODES = {
    "esper": ["engine", "endtoend"],
    "siddhi": ["engine", "endtoend"],
    "flink-operator": ["engine"],
    "flink-job": ["endtoend"],
}
JAVA = ["-Xmx6g", "-XX:+UseParallelGC"]


@dataclass
class Series:
    """What one program did on one workload in one mode, a value a round."""

    seconds: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    rss: list[int] = field(default_factory=list)
    matches: Counter | None = None
    failure: str = ""


def alerts_of(file: Path) -> Counter:
    """The matches in a file of alerts: how often each (key, time of completion) is in it."""
    found: Counter = Counter()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            alert = json.loads(line)
            key = alert["key"]
            if isinstance(key, dict):
                key = ",".join(str(value) for value in key.values())
            found[key, alert["ts"]] += 1
    return found


def timed(command: list[str], timeout: float) -> tuple[float, str]:
    """Seconds that the process took, and what it printed. RuntimeError if it failed."""
    start = time.perf_counter()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as gone:
        raise RuntimeError(f"no end after {timeout:.0f} s") from gone
    wall = time.perf_counter() - start
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "rror" in line or "xception" in line]
        raise RuntimeError(lines[0] if lines else f"exit status {done.returncode}")
    return wall, done.stdout


def run_weir(args: argparse.Namespace, workload: str, events: Path, series: Series) -> None:
    alerts, summary = args.scratch / "weir.alerts", args.scratch / "weir.summary"
    command = [str(args.weir), "run", str(ROOT / "bench" / "workloads" / RULES[workload])]
    command += ["--events", str(events), "--alerts", str(alerts), "--summary", str(summary)]
    wall, _ = timed([*command, "--quiet"], args.timeout)
    told = json.loads(summary.read_text(encoding="utf-8"))
    series.wall.append(wall)
    series.seconds.append(told["seconds"])
    series.rss.append(told["peak_rss_bytes"])
    series.matches = alerts_of(alerts)


def run_peer(
    args: argparse.Namespace, workload: str, events: Path, who: tuple[str, str], series: Series
) -> None:
    peer, mode = who
    alerts = args.scratch / "peer.alerts"
    command = [args.java, *JAVA, "-jar", str(JAR), "--peer", peer, "--workload", workload]
    command += ["--events", str(events), "--mode", mode, "--alerts", str(alerts)]
    command += ["--warm", str(args.warm), "--types", args.types]
    wall, printed = timed(command, args.timeout)
    told = json.loads(printed.splitlines()[-1])
    series.wall.append(wall)
    series.seconds.append(told["seconds"])
    series.rss.append(told["peak_rss_bytes"])
    series.matches = alerts_of(alerts)
    if told["matches"] != series.matches.total():
        raise RuntimeError(f"counted {told['matches']} matches, wrote {series.matches.total()}")


def prefix(events: Path, limit: int, scratch: Path) -> tuple[Path, int]:
    """A file of the first `limit` events (all without a limit), and how many there are."""
    if not limit:
        with events.open("rb") as lines:
            return events, sum(1 for _ in lines)
    short = scratch / "events.ndjson"
    count = 0
    with events.open("rb") as lines, short.open("wb") as out:
        for line in lines:
            if count == limit:
                break
            out.write(line)
            count += 1
    return short, count


def measure(args: argparse.Namespace, events: Path) -> dict[tuple[str, str, str], Series]:
    """Series by (workload, program, mode)."""
    found: dict[tuple[str, str, str], Series] = {}
    for turn in range(args.runs):
        for workload in args.workloads:
            programs = [("weir", "endtoend")]
            programs += [
                (peer, mode)
                for peer in args.peers
                for mode in MODES[peer]
                if mode in args.modes and (peer, workload) != ("flink-operator", "W5")
            ]
            for who in programs:
                series = found.setdefault((workload, *who), Series())
                if series.failure:
                    continue
                print(f"\r{turn + 1}/{args.runs} {workload} {' '.join(who):24}", end="",
                      file=sys.stderr, flush=True)
                try:
                    if who[0] == "weir":
                        run_weir(args, workload, events, series)
                    else:
                        run_peer(args, workload, events, who, series)
                except RuntimeError as fault:
                    series.failure = str(fault)
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    return found


def agreement(weir: Series, peer: Series) -> str:
    if weir.matches is None or peer.matches is None:
        return "-"
    less, more = weir.matches - peer.matches, peer.matches - weir.matches
    if not less and not more:
        return "same"
    return f"{less.total()} missing, {more.total()} more"


def row_of(key: tuple[str, str, str], series: Series, weir: Series, count: int) -> dict:
    workload, program, mode = key
    row = {"workload": workload, "program": program, "mode": mode, "events": count}
    if series.failure:
        return row | {"failure": series.failure}
    # Weir's whole process, against what the peer's own clock shows.
    clock = series.wall if program == "weir" else series.seconds
    row |= {
        "matches": series.matches.total(),
        "agreement": "" if program == "weir" else agreement(weir, series),
        "events_per_second": count / statistics.median(clock),
        "least": count / max(clock),
        "most": count / min(clock),
        "seconds": series.seconds,
        "process_seconds": series.wall,
        "peak_rss_bytes": max(series.rss),
    }
    if program != "weir" and weir.wall:
        row["ratio"] = statistics.median(clock) / statistics.median(weir.wall)
        row["ratio_of_processes"] = statistics.median(series.wall) / statistics.median(weir.wall)
    return row


def print_table(rows: list[dict]) -> None:
    head = ["workload", "program", "mode", "kilo-events/s", "least..most", "matches", "as Weir",
            "MB", "Weir is x", "process x"]
    lines = [head]
    for row in rows:
        first = [row["workload"], row["program"], row["mode"]]
        if "failure" in row:
            lines.append([*first, "failed: " + row["failure"][:70], *[""] * 6])
            continue
        lines.append([
            *first,
            f"{row['events_per_second'] / 1e3:,.0f}",
            f"{row['least'] / 1e3:,.0f}..{row['most'] / 1e3:,.0f}",
            str(row["matches"]),
            row["agreement"],
            f"{row['peak_rss_bytes'] / 1e6:,.0f}",
            f"{row['ratio']:.1f}" if "ratio" in row else "",
            f"{row['ratio_of_processes']:.1f}" if "ratio" in row else "",
        ])
    whole = [line for line in lines if not line[3].startswith("failed")]
    widths = [max(len(line[i]) for line in whole) for i in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def build(args: argparse.Namespace) -> None:
    sources = [HERE / "pom.xml", *(HERE / "src").rglob("*.java")]
    if JAR.exists() and JAR.stat().st_mtime >= max(s.stat().st_mtime for s in sources):
        return
    print("building the peers", file=sys.stderr)
    subprocess.run([args.maven, "-q", "-B", "-f", str(HERE), "package"], check=True)


def choice(allowed: list[str]):
    """Reads a comma list of words out of `allowed`."""

    def parse(text: str) -> list[str]:
        words = text.split(",")
        for word in words:
            if word not in allowed:
                raise argparse.ArgumentTypeError(f"{word}: not one of {','.join(allowed)}")
        return words

    return parse


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--weir", required=True, type=Path, help="the program")
    parser.add_argument("--events", required=True, type=Path, help="made by `weir generate`")
    parser.add_argument("--workloads", default=list(RULES), type=choice(list(RULES)))
    parser.add_argument("--peers", default=list(MODES), type=choice(list(MODES)))
    parser.add_argument("--modes", default=["engine", "endtoend"],
                        type=choice(["engine", "endtoend"]))
    parser.add_argument("--types", default="named", choices=["named", "all"],
                        help="give peers events of the types a rule names, or all")
    parser.add_argument("--runs", default=5, type=int, help="rounds")
    parser.add_argument("--warm", default=0, type=int, help="passes of a peer before the timed one")
    parser.add_argument("--limit-events", default=0, type=int, help="all read the first N only")
    parser.add_argument("--timeout", default=600, type=float, help="seconds for one run")
    parser.add_argument("--json", type=Path, help="writes all figures there")
    parser.add_argument("--java", default=os.environ.get("JAVA", "java"))
    parser.add_argument("--maven", default="mvn")
    return parser.parse_args()


def main() -> int:
    args = arguments()
    build(args)
    with tempfile.TemporaryDirectory(prefix="weir-peers-") as scratch:
        args.scratch = Path(scratch)
        events, count = prefix(args.events, args.limit_events, args.scratch)
        found = measure(args, events)
    rows = [
        row_of(key, found[key], found[key[0], "weir", "endtoend"], count)
        for key in sorted(found, key=lambda key: key[0])
    ]
    print(f"{count} events, median of {args.runs}, warm-up passes {args.warm}, types {args.types}")
    print_table(rows)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    wrong = [row for row in rows if "failure" in row or row["agreement"] not in ("", "-", "same")]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
