#!/usr/bin/env python3
"""Cross-validates the sparkov pack: fits its tables and points on one part, judges on the other.

    tools/sparkov_crossval.py --weir build/release/apps/weir --events tx-2019.ndjson.gz

For each split (the half-years, both ways; five groups of cards) the three tables are taken again as
quantiles of the training part's fraud, `weir run` says which rules then fire on which purchase, and
the points come from a logistic regression there, rounded to fives: `refitted`. The thresholds are
the training part's too, so that nothing of the judged part has been seen, except by those who chose
the rules. `as it stands` is the pack with its own tables and points, and thresholds out of the
training part. Flagged by the first or second fraudulent purchase, and the precision behind that,
are at REVIEW points. Standard library only.
"""

import argparse
import csv
import gzip
import json
import math
import shutil
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

PACK = Path(__file__).resolve().parent.parent / "rules" / "sparkov"
QUANTILES = {"bands.csv": (0.01, 0.99), "typical.csv": (0.05, 0.96), "small.csv": (0.04, 0.96)}
OPEN_ENDS = {"0", "100000"}  # a band without a lower or an upper end
RECALLS = (0.50, 0.64, 0.70, 0.85)
JULY_MS = 1_561_939_200_000
FOLDS = 5
REVIEW = 70  # points at even odds

Fired = tuple[tuple[str, float], ...]  # the rules that fired on a purchase, with their points
Split = Callable[[int], bool]


@dataclass
class Purchases:
    """What there is to know of each purchase, by its position in the file."""

    card: list[str] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)
    fraud: list[bool] = field(default_factory=list)
    amounts: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))

    def read(self, path: Path) -> None:
        opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8")
        with opened as lines:
            for seq, record in enumerate(map(json.loads, lines)):
                self.card.append(record["card"])
                self.ts.append(record["ts"])
                self.fraud.append(record["is_fraud"] == 1)
                if self.fraud[-1]:
                    self.amounts[record["category"]].append((seq, record["amount"]))


@dataclass
class Judgement:
    """How scores do on the purchases of one part."""

    precision: list[float]
    recall: list[float]
    by_first: float
    by_second: float
    review_precision: float


def quantile(values: list[float], p: float) -> float:
    """Nearest rank."""
    return sorted(values)[max(math.ceil(p * len(values)), 1) - 1]


def refit_tables(purchases: Purchases, training: Split, out: Path) -> None:
    """Writes the pack with the tables' ends taken from the training part's fraud."""
    shutil.copy(PACK / "sparkov.weir", out)
    for name, (low, high) in QUANTILES.items():
        with (PACK / name).open(newline="", encoding="utf-8") as source:
            rows = list(csv.DictReader(source))
        for row in rows:
            known = purchases.amounts[row["category"]]
            seen = [amount for seq, amount in known if training(seq)]
            for column, p in (("low", low), ("high", high)):
                if row[column] not in OPEN_ENDS:
                    row[column] = f"{quantile(seen, p):.2f}"
        with (out / name).open("w", newline="", encoding="utf-8") as target:
            writer = csv.DictWriter(target, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)


def fired_rules(weir: Path, pack: Path, events: Path, scratch: Path) -> dict[int, Fired]:
    alerts = scratch / "alerts.ndjson"
    subprocess.run([weir, "run", pack / "sparkov.weir", "--type", "purchase", "--events", events,
                    "--alerts", alerts, "--quiet"], check=True)  # fmt: skip
    fired: dict[int, list[tuple[str, float]]] = defaultdict(list)
    with alerts.open(encoding="utf-8") as lines:
        for alert in map(json.loads, lines):
            fired[alert["seq"]].append((alert["rule"], alert["score"]))
    return {seq: tuple(sorted(rules)) for seq, rules in fired.items()}


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss with pivoting."""
    n = len(right)
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(i + 1, n):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    answer = [0.0] * n
    for i in reversed(range(n)):
        known = sum(rows[i][k] * answer[k] for k in range(i + 1, n))
        answer[i] = (rows[i][n] - known) / rows[i][i]
    return answer


def fit_points(counts: dict[Fired, tuple[int, int]]) -> tuple[dict[tuple[str, float], int], float]:
    """Points by rule, and those of every purchase, so that REVIEW is even odds.

    Newton's method on the different sets of rules, with how many purchases and frauds have each;
    with a weak pull of all weights towards 0.
    """
    names = sorted({rule for fired in counts for rule in fired})
    column = {name: i + 1 for i, name in enumerate(names)}
    rows = [([0, *(column[rule] for rule in fired)], *count) for fired, count in counts.items()]
    size = len(names) + 1
    weights = [0.0] * size
    for _ in range(30):
        gradient = [-w for w in weights]
        hessian = [[float(i == k) for k in range(size)] for i in range(size)]
        for columns, all_of_them, frauds in rows:
            odds = max(min(sum(weights[c] for c in columns), 30.0), -30.0)
            p = 1 / (1 + math.exp(-odds))
            for c in columns:
                gradient[c] += frauds - all_of_them * p
                for d in columns:
                    hessian[c][d] += all_of_them * p * (1 - p)
        step = solve(hessian, gradient)
        weights = [w + s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    points = {name: 5 * round(2 * weights[i]) for name, i in column.items()}
    return points, 10 * weights[0] + REVIEW


def threshold_at(
    scores: Counter[float], frauds: Counter[float], all_frauds: int, recall: float
) -> float:
    caught = 0
    for score in sorted(scores, reverse=True):
        caught += frauds[score]
        if caught >= recall * all_frauds:
            return score
    return -math.inf


def by_score(
    purchases: Purchases, scores: dict[int, float], part: Split
) -> tuple[Counter[float], Counter[float]]:
    hits: Counter[float] = Counter()
    frauds: Counter[float] = Counter()
    for seq, score in scores.items():
        if part(seq):
            hits[score] += 1
            frauds[score] += purchases.fraud[seq]
    return hits, frauds


def count_frauds(purchases: Purchases, part: Split) -> int:
    return sum(fraud and part(seq) for seq, fraud in enumerate(purchases.fraud))


def judge(
    purchases: Purchases, scores: dict[int, float], training: Split, judged: Split
) -> Judgement:
    hits, frauds = by_score(purchases, scores, training)
    in_training = count_frauds(purchases, training)
    cuts = [threshold_at(hits, frauds, in_training, recall) for recall in RECALLS]
    hits, frauds = by_score(purchases, scores, judged)
    in_judged = count_frauds(purchases, judged)

    def precision(cut: float) -> float:
        flagged = sum(n for score, n in hits.items() if score >= cut)
        return sum(n for score, n in frauds.items() if score >= cut) / max(flagged, 1)

    recall = [sum(n for s, n in frauds.items() if s >= cut) / in_judged for cut in cuts]
    bursts: dict[str, list[bool]] = defaultdict(list)
    for seq, fraud in enumerate(purchases.fraud):
        if fraud and judged(seq):
            bursts[purchases.card[seq]].append(scores.get(seq, 0) >= REVIEW)
    first = sum(burst[0] for burst in bursts.values()) / len(bursts)
    second = sum(any(burst[:2]) for burst in bursts.values()) / len(bursts)
    return Judgement([precision(cut) for cut in cuts], recall, first, second, precision(REVIEW))


def grouped(
    purchases: Purchases, fired: dict[int, Fired], part: Split
) -> dict[Fired, tuple[int, int]]:
    counts: dict[Fired, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for seq, fraud in enumerate(purchases.fraud):
        if part(seq):
            rules = fired.get(seq, ())
            counts[rules] = (counts[rules][0] + 1, counts[rules][1] + fraud)
    return counts


def splits(purchases: Purchases) -> Iterable[tuple[str, Split]]:
    """What is judged; the rest is for training."""
    yield "July to December", lambda seq: purchases.ts[seq] >= JULY_MS
    yield "January to June", lambda seq: purchases.ts[seq] < JULY_MS
    for fold in range(FOLDS):
        yield (f"cards, group {fold + 1} of {FOLDS}",
               lambda seq, fold=fold: int(purchases.card[seq][1:]) % FOLDS == fold)  # fmt: skip


def report(title: str, judgement: Judgement) -> None:
    pairs = zip(judgement.precision, judgement.recall, strict=True)
    cells = " | ".join(f"{precision:.3f} at {recall:.3f}" for precision, recall in pairs)
    print(f"| {title} | {cells} | {judgement.by_first:.0%} | {judgement.by_second:.0%} "
          f"| {judgement.review_precision:.3f} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Cross-validates the sparkov pack.")
    parser.add_argument("--weir", type=Path, required=True)
    parser.add_argument("--events", type=Path, required=True)
    args = parser.parse_args()
    purchases = Purchases()
    purchases.read(args.events)
    print("| judged | 0.50 | 0.64 | 0.70 | 0.85 | by first | by second | precision there |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        fired = fired_rules(args.weir, PACK, args.events, scratch)
        own = {seq: sum(points for _, points in rules) for seq, rules in fired.items()}
        for title, judged in splits(purchases):

            def training(seq: int, judged: Split = judged) -> bool:
                return not judged(seq)

            report(f"{title}, as it stands", judge(purchases, own, training, judged))
            refit_tables(purchases, training, scratch)
            again = fired_rules(args.weir, scratch, args.events, scratch)
            points, base = fit_points(grouped(purchases, again, training))
            scores = {
                seq: base + sum(points.get(rule, 0) for rule in rules)
                for seq, rules in again.items()
            }
            report(f"{title}, refitted", judge(purchases, scores, training, judged))


if __name__ == "__main__":
    main()
