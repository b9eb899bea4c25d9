#!/usr/bin/env python3
"""Gives the burst days of sparkov's cards the honest purchases that its generator leaves out.

    tools/sparkov_burst_days.py tx-2019.ndjson.gz > variant.ndjson

On the days of a fraud burst a card of that stream has no honest purchase, a trait that no real one
has. Here each such day also gets the card's honest purchases of another day, at their times of day:
the same weekday, one to eight weeks before or after, the nearest that has any. What is measured on
the variant does not lean on the trait. Standard library only.
"""

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DAY_MS = 86_400_000
WEEK_DAYS = 7
WEEKS = 8


def records(path: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with opened as lines:
        yield from map(json.loads, lines)


def main() -> None:
    whole = list(records(Path(sys.argv[1])))
    honest: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    bursts = set()
    for record in whole:
        day = (record["card"], record["ts"] // DAY_MS)
        if record["is_fraud"]:
            bursts.add(day)
        else:
            honest[day].append(record)
    added = []
    for card, day in sorted(bursts):
        distances = [sign * weeks * WEEK_DAYS for weeks in range(1, WEEKS + 1) for sign in (-1, 1)]
        near = [d for d in distances if (card, day + d) in honest and (card, day + d) not in bursts]
        for record in honest[card, day + near[0]] if near else []:
            moved = record["ts"] - near[0] * DAY_MS
            added.append({**record, "ts": moved, "id": f"{record['id']}-again"})
    for record in sorted(whole + added, key=lambda record: record["ts"]):
        print(json.dumps(record, separators=(",", ":")))
    print(f"{len(added)} purchases added on {len(bursts)} days", file=sys.stderr)


if __name__ == "__main__":
    main()
