#!/usr/bin/env python3
"""Judges alerts on a stream of `weir generate` by its manifest of attacks.

    tools/attacks_report.py --manifest MANIFEST --alerts ALERTS [--format markdown]

One line a rule: its alerts; the kind of attack of which it finds the largest share, and how many of
them some alert has an event of; the alerts with an event of an attack of another kind; the false
alerts, without an event of any attack; and those that an honest event completed, false or not: a
thief's purchase followed by the holder's stops the holder. Reads JSON lines, not compressed, as
`weir generate --manifest` and `weir run --alerts` write them.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TITLES = ["rule", "alerts", "kind", "found", "other kinds", "false", "on honest"]


@dataclass
class Judgement:
    """The alerts of one rule."""

    alerts: int = 0
    false: int = 0
    on_honest: int = 0
    found: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # by kind
    alerts_of_kind: Counter[str] = field(default_factory=Counter)


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def judge(manifest: Path, alerts: Path) -> tuple[Counter[str], dict[str, Judgement]]:
    """The attacks by kind, and what each rule found of them."""
    attacks: Counter[str] = Counter()
    attack_of: dict[int, tuple[str, int]] = {}  # by position in the stream
    for number, attack in enumerate(json_lines(manifest)):
        attacks[attack["kind"]] += 1
        for seq in attack["events"]:
            attack_of[seq] = (attack["kind"], number)
    rules: dict[str, Judgement] = defaultdict(Judgement)
    for alert in json_lines(alerts):
        rule = rules[alert["rule"]]
        rule.alerts += 1
        events = [event["seq"] for part in alert["match"].values() for event in part]
        hit = {attack_of[seq] for seq in events if seq in attack_of}
        rule.false += not hit
        rule.on_honest += max(events) not in attack_of
        for kind in {kind for kind, _ in hit}:
            rule.alerts_of_kind[kind] += 1
        for kind, number in hit:
            rule.found[kind].add(number)
    return attacks, rules


def row_of(name: str, rule: Judgement, attacks: Counter[str]) -> list[str]:
    kind = max(rule.found, key=lambda each: len(rule.found[each]) / attacks[each], default="-")
    others = sum(count for each, count in rule.alerts_of_kind.items() if each != kind)
    found = f"{len(rule.found[kind])} of {attacks[kind]}" if kind in attacks else "0"
    return [name, f"{rule.alerts}", kind, found, f"{others}", f"{rule.false}",
            f"{rule.on_honest}"]  # fmt: skip


def print_rows(rows: list[list[str]], markdown: bool) -> None:
    if markdown:
        print("| " + " | ".join(TITLES) + " |\n| --- | ---: | --- | ---: | ---: | ---: | ---: |")
        for row in rows:
            print(f"| `{row[0]}` | " + " | ".join(row[1:]) + " |")
        return
    widths = [max(len(row[i]) for row in [TITLES, *rows]) for i in range(len(TITLES))]
    for row in [TITLES, *rows]:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)))


def main() -> int:
    parser = argparse.ArgumentParser(description="Judges alerts by a manifest of attacks.")
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--alerts", type=Path, required=True)
    parser.add_argument("--format", choices=["text", "markdown"], default="text")
    args = parser.parse_args()
    attacks, rules = judge(args.manifest, args.alerts)
    rows = [row_of(name, rule, attacks) for name, rule in rules.items()]
    print_rows(sorted(rows, key=lambda row: (row[2], row[0])), args.format == "markdown")
    return 0


if __name__ == "__main__":
    sys.exit(main())
