#!/usr/bin/env python3
"""Runs the card pack over labelled purchases and shows what an analyst wants to see.

    tools/demo_report.py --weir BINARY --rules DIR --events FILE --scratch DIR

The flagged purchases as `weir run` decides them (the first, then ever fewer), the quality of each
rule and of the summed score against the label `is_fraud`, and one alert explained. Reads .ndjson
and .ndjson.gz; keeps no event but the last few of each card. Called by tools/demo.sh.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

TIERS = ["decline", "challenge", "review"]  # the pack's decisions above allow, strongest first
FIRST_SHOWN = 12  # flagged purchases shown one by one, before a sample of 1, 2, 5 a decade
CARD_MEMORY = 24  # purchases remembered for each card: a burst has about nine
DAY_MS = 86_400_000
CURVE = range(150, 30, -10)  # thresholds on the summed score
RULES_WIDTH = 90

COLOURS = {"decline": "31", "challenge": "33", "review": "36", "bold": "1", "dim": "2"}
colourful = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def painted(text: str, colour: str) -> str:
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if colourful and colour in COLOURS else text


def heading(text: str) -> None:
    print(f"\n{painted(text, 'bold')}\n")


def clock(ts_ms: int) -> str:
    return datetime.fromtimestamp(ts_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


@dataclass(slots=True)
class Purchase:
    """An event of the input, and what the rules made of it."""

    seq: int
    ts: int
    card: str
    category: str
    amount: float
    fraud: bool
    decision: str = "allow"
    score: float = 0
    fired: list[dict[str, Any]] = field(default_factory=list)  # the decision line's `rules`


@dataclass
class Tally:
    """Purchases that were flagged by something: a rule, or a score that high."""

    hits: int = 0
    frauds: int = 0
    caught: float = 0  # the amount of the fraud among them
    cards: set[str] = field(default_factory=set)  # frauded ones, flagged on a fraudulent purchase

    def add(self, purchase: Purchase) -> None:
        self.hits += 1
        if purchase.fraud:
            self.frauds += 1
            self.caught += purchase.amount
            self.cards.add(purchase.card)


class Truth:
    """What the labels say of all the input, flagged or not."""

    def __init__(self) -> None:
        self.purchases = 0
        self.frauds = 0
        self.money = 0.0
        self.first_ms = self.last_ms = 0
        self.cards: set[str] = set()

    def add(self, purchase: Purchase) -> None:
        if not self.purchases:
            self.first_ms = purchase.ts
        self.purchases += 1
        self.last_ms = purchase.ts
        if purchase.fraud:
            self.frauds += 1
            self.money += purchase.amount
            self.cards.add(purchase.card)

    @property
    def days(self) -> float:
        return max((self.last_ms - self.first_ms) / DAY_MS, 1 / 24)


class Scoreboard:
    """Everything that the tables need, collected purchase by purchase."""

    def __init__(self) -> None:
        self.truth = Truth()
        self.by_rule: dict[str, Tally] = defaultdict(Tally)
        self.by_score: dict[float, Tally] = defaultdict(Tally)
        self.by_tier = {tier: Tally() for tier in TIERS}
        # Per tier and frauded card: the fraud that passed before the first flag.
        self.passed: dict[str, dict[str, float]] = {tier: {} for tier in TIERS}
        self._open: dict[str, dict[str, float]] = {tier: defaultdict(float) for tier in TIERS}
        self._recent: dict[str, deque[Purchase]] = defaultdict(lambda: deque(maxlen=CARD_MEMORY))
        self.example: list[Purchase] = []  # a card's purchases up to the one to explain

    def add(self, purchase: Purchase) -> None:
        self.truth.add(purchase)
        self._recent[purchase.card].append(purchase)
        for rule in purchase.fired:
            self.by_rule[rule["rule"]].add(purchase)
        if purchase.fired:
            self.by_score[purchase.score].add(purchase)
        flagged = purchase.decision in self.by_tier
        if flagged:
            self.by_tier[purchase.decision].add(purchase)
        if purchase.fraud:
            self._follow_burst(purchase)
        best = len(self.example[-1].fired) if self.example else 0
        if purchase.decision == TIERS[0] and len(purchase.fired) > best:
            self.example = list(self._recent[purchase.card])

    def _follow_burst(self, purchase: Purchase) -> None:
        strength = TIERS.index(purchase.decision) if purchase.decision in TIERS else len(TIERS)
        for place, tier in enumerate(TIERS):
            if purchase.card in self.passed[tier]:
                continue
            if strength <= place:
                self.passed[tier][purchase.card] = self._open[tier][purchase.card]
            else:
                self._open[tier][purchase.card] += purchase.amount


# ---- Reading ---------------------------------------------------------------------------------


class NotPurchases(Exception):
    """The file holds something else than labelled purchases."""


def purchases_of(path: Path) -> Iterator[Purchase]:
    """The purchases of the file, numbered as `weir run` numbers them."""
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for seq, line in enumerate(lines):
            try:
                event = json.loads(line)
                purchase = Purchase(seq, event["ts"], event["card"], event["category"],
                                    event["amount"], event["is_fraud"] == 1)  # fmt: skip
            except (KeyError, TypeError, ValueError) as fault:
                raise NotPurchases(f"{path}, line {seq + 1}: {fault!r}") from fault
            yield purchase


def judged(purchases: Iterator[Purchase], decisions: TextIO) -> Iterator[Purchase]:
    """Joins the decision lines, as they come, to the purchases they are about."""
    for line in decisions:
        decision = json.loads(line)
        for purchase in purchases:
            if purchase.seq == decision["seq"]:
                purchase.decision = decision["decision"]
                purchase.score = decision["score"]
                purchase.fired = decision["rules"]
                yield purchase
                break
            yield purchase
    yield from purchases


# ---- Alerts as they come ---------------------------------------------------------------------


def worth_showing(count: int) -> bool:
    """Of the first ones each, then 20, 50, 100, 200, 500 ...: 1, 2, 5 a decade."""
    return count <= FIRST_SHOWN or str(count).rstrip("0") in {"1", "2", "5"}


def flagged_line(purchase: Purchase, count: int) -> str:
    strongest = max(purchase.fired, key=lambda rule: rule["score"] or 0)
    others = f" (+{len(purchase.fired) - 1})" if len(purchase.fired) > 1 else ""
    decision = painted(f"{purchase.decision:<9}", purchase.decision)
    truth = "fraud " if purchase.fraud else "honest"
    return (
        f"{count:>6,}  {clock(purchase.ts)}  {purchase.card}  {purchase.amount:>9,.2f}  "
        f"{decision} {purchase.score:>4g}  {truth}  {strongest['reason']}{others}"
    )


def show_run(purchases: Iterator[Purchase], board: Scoreboard) -> None:
    heading("Flagged purchases as they come (the last columns: the label, the strongest reason)")
    count = 0
    for purchase in purchases:
        board.add(purchase)
        if purchase.decision not in TIERS:
            continue
        count += 1
        if worth_showing(count):
            print(flagged_line(purchase, count), flush=True)
            if count == FIRST_SHOWN:
                print(painted("   ...  from here on a sample", "dim"), flush=True)


# ---- Tables ----------------------------------------------------------------------------------


def ratio(part: float, whole: float) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


def print_table(titles: list[str], rows: list[list[str]]) -> None:
    """The first column is text, the others are numbers."""
    widths = [max(len(row[i]) for row in [titles, *rows]) for i in range(len(titles))]
    for row in [titles, *rows]:
        cells = [f"{row[0]:<{widths[0]}}"]
        cells += [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)]
        line = "  " + "  ".join(cells)
        print(painted(line, "dim") if row is titles else line)


QUALITY = ["precision", "recall", "money caught", "share", "a day", "cards"]
LEGEND = "share: of the money lost; a day: purchases; cards: frauded cards flagged, of all of them"


def quality(tally: Tally, truth: Truth) -> list[str]:
    return [
        ratio(tally.frauds, tally.hits),
        ratio(tally.frauds, truth.frauds),
        f"{tally.caught:,.0f}",
        percent(tally.caught, truth.money),
        f"{tally.hits / truth.days:,.1f}",
        f"{len(tally.cards)}/{len(truth.cards)}",
    ]


def sum_up(tallies: list[Tally]) -> Tally:
    return Tally(
        sum(tally.hits for tally in tallies),
        sum(tally.frauds for tally in tallies),
        sum(tally.caught for tally in tallies),
        set().union(*(tally.cards for tally in tallies)),
    )


def show_rules(board: Scoreboard, alerts_by_rule: dict[str, int]) -> None:
    heading("Each rule by itself (pieces of evidence: most are not meant to decide alone)")
    print(f"  {LEGEND}\n")
    rows = [
        [rule, f"{alerts:,}", *quality(board.by_rule[rule], board.truth)]
        for rule, alerts in alerts_by_rule.items()
    ]
    print_table(["rule", "alerts", *QUALITY], rows)


def show_decisions(board: Scoreboard) -> None:
    heading("Decisions (each with the stronger ones)")
    rows = []
    for place, tier in enumerate(TIERS):
        tally = sum_up([board.by_tier[name] for name in TIERS[: place + 1]])
        passed = sum(board.passed[tier].values())
        missed = board.truth.money - tally.caught
        name = tier if place == 0 else f"{tier} or more"
        rows.append([name, f"{tally.hits:,}", *quality(tally, board.truth), f"{missed:,.0f}",
                     f"{passed:,.0f}"])  # fmt: skip
    print_table(["decision", "purchases", *QUALITY, "missed", "before"], rows)
    print("\n  missed: fraud that was let through; before: what of it passed before the first flag")


def show_curve(board: Scoreboard) -> None:
    heading("The summed score as a threshold")
    rows = []
    for threshold in CURVE:
        above = [tally for score, tally in board.by_score.items() if score >= threshold]
        tally = sum_up(above)
        rows.append([f">= {threshold}", f"{tally.hits:,}", *quality(tally, board.truth)])
    print_table(["score", "purchases", *QUALITY], rows)


# ---- One alert explained ---------------------------------------------------------------------


def alerts_with(path: Path, ids: set[str]) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [alert for alert in map(json.loads, lines) if alert["alert"] in ids]


def rule_source(rules: Path, name: str) -> list[str]:
    """The rule's text; in the canonical layout it ends with a brace in the first column."""
    for path in sorted(rules.glob("*.weir")):
        lines = path.read_text(encoding="utf-8").split("\n")
        for first, line in enumerate(lines):
            if line.startswith(f"rule {name} "):
                return lines[first : lines.index("}", first) + 1]
    return []


def event_count(alert: dict[str, Any]) -> int:
    return sum(len(events) for events in alert["match"].values())


def print_match(alert: dict[str, Any], known: dict[int, Purchase]) -> None:
    for part, events in alert["match"].items():
        for event in events:
            purchase = known.get(event["seq"])
            what = f"{purchase.amount:,.2f} in {purchase.category}" if purchase else ""
            print(f"    {part:<8} {clock(event['ts'])}  event {event['seq']:,}  {what}")


def print_timeline(burst: list[Purchase]) -> None:
    for purchase in burst:
        truth = "fraud " if purchase.fraud else "honest"
        rules = ", ".join(f"{rule['rule']} {rule['score'] or 0:g}" for rule in purchase.fired)
        decision = painted(f"{purchase.decision:<9}", purchase.decision)
        print(
            f"    {clock(purchase.ts)}  {purchase.amount:>9,.2f}  {purchase.category:<14} "
            f"{truth}  {decision} {purchase.score:>4g}"
        )
        if rules:
            print(painted(f"    {'':16}  {cut(rules, RULES_WIDTH)}", "dim"))


def show_example(board: Scoreboard, alerts_path: Path, rules: Path, events: Path) -> None:
    if not board.example:
        return
    target = board.example[-1]
    alerts = alerts_with(alerts_path, {rule["alert"] for rule in target.fired})
    alert = max(alerts, key=event_count)
    heading(f"One alert explained: {alert['rule']} on {target.card}, {clock(target.ts)} UTC")
    print(f"  {alert['description']}.")
    print(f"  Reason given: {alert['reason']}. Alert {alert['alert']}.\n")
    print("  It matched these events of the card:")
    print_match(alert, {purchase.seq: purchase for purchase in board.example})
    print("\n  because the rule says:")
    for line in rule_source(rules, alert["rule"]):
        print(painted(f"    {line}", "dim"))
    print(f"\n  What led to {target.decision}: {target.score:g} points from "
          f"{len(target.fired)} rules that this purchase completed:")  # fmt: skip
    for rule in sorted(target.fired, key=lambda fired: -(fired["score"] or 0)):
        print(f"    {rule['score'] or 0:>4g}  {rule['rule']:<26} {rule['reason']}")
    print("\n  The card's purchases of the three days up to it:")
    print_timeline([purchase for purchase in board.example if target.ts - purchase.ts < 3 * DAY_MS])
    for field, value in alert["key"].items():
        print("\n  How far each of its starts got, event by event:")
        print(f"    weir explain {rules} --events {events} --type purchase \\\n"
              f"      --key {field}={value} --rule {alert['rule']}")  # fmt: skip


# ---- The whole -------------------------------------------------------------------------------


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Shows a card pack at work on labelled purchases.")
    for name in ("weir", "rules", "events", "scratch"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser.parse_args()


def run(args: argparse.Namespace, board: Scoreboard, alerts: Path, summary: Path) -> int:
    """Runs weir and reads along; its exit status."""
    command = [args.weir, "run", args.rules, "--events", args.events, "--type", "purchase",
               "--alerts", alerts, "--decisions", "-", "--summary", summary,
               "--quiet"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as weir:
        assert weir.stdout is not None
        show_run(judged(purchases_of(args.events), weir.stdout), board)
    return weir.returncode


def report(args: argparse.Namespace) -> int:
    alerts, summary_path = args.scratch / "alerts.ndjson", args.scratch / "summary.json"
    print(f"weir run {args.rules.name} --events {args.events.name} --type purchase")
    board = Scoreboard()
    status = run(args, board, alerts, summary_path)
    if status != 0:
        return status
    summary = json.loads(summary_path.read_text(encoding="utf-8"))
    truth = board.truth
    print(
        f"\n{truth.purchases:,} purchases of {truth.days:,.0f} days, {truth.frauds:,} of them "
        f"fraud ({percent(truth.frauds, truth.purchases)}), {truth.money:,.0f} lost on "
        f"{len(truth.cards)} cards.\n{summary['alerts']['total']:,} alerts; weir took "
        f"{summary['seconds']:.1f} s, with this report reading along, and "
        f"{summary['peak_rss_bytes'] / 2**20:.0f} MB."
    )
    show_rules(board, summary["alerts"]["by_rule"])
    show_decisions(board)
    show_curve(board)
    show_example(board, alerts, args.rules, args.events)
    return 0


def main() -> int:
    try:
        return report(arguments())
    except NotPurchases as fault:
        print(f"demo: not labelled purchases: {fault}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `./dev demo | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
