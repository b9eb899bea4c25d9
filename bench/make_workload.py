#!/usr/bin/env python3
"""Makes the workloads that are too large to keep as files, by seed.

    bench/make_workload.py many --rules N [--seed N] > rules.weir
    bench/make_workload.py explosion --length N --out DIR

`many` (W7) writes N variants of W1, W2 and W3 with other constants, over one set of event types.
The constants are drawn so that few events begin something in few of them: W1's limit on the amount
is low, W2's variants each ask for a merchant code and W3's for a country, most for one that the
stream does not have. `explosion` (W8) writes one key's events, an a, N b's and a c, and the two
rules that see 2**N combinations in them.
"""

import argparse
import json
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CODES = [5411, 5732, 5541, 5812, 4511, 5942, 7995, 5651, 5814, 5912, 7011, 5999, 4111, 4899, 4814]
COUNTRIES = ["GB", "DE", "FR", "IT", "ES", "NL", "US"]
EXPLOSION = """event auth {{ card string  step string  amount decimal }}

rule explosion_{name} {{
  by card
  when auth as a where step == "a"
  then some auth in any combination as b where step == "b" and amount > a.amount
  then auth as c where step == "c"
  within 1d
  {skip}
}}
"""


def events_of(workload):
    text = (HERE / "workloads" / workload).read_text(encoding="utf-8")
    return text[text.index("event "):text.index("rule ")]


def card_testing(i, draw, share):
    low = 0.02 + draw.random() * 2 * share
    high = draw.uniform(150, 400)
    return (f"rule w1_{i} {{ by card when 3+ auth as probe where amount < {low:.4f} "
            f"and not approved then auth as hit where approved and amount > {high:.2f} "
            f"within {draw.randint(5, 15)}m }}")


def impossible_travel(i, draw, share):
    code = draw.choice(CODES) if draw.random() < share else 10000 + i
    return (f"rule w2_{i} {{ by card when auth as here where mcc == {code} then next auth as there "
            f"where country != here.country within {draw.randint(10, 40)}m skip none }}")


def takeover(i, draw, share):
    country = draw.choice(COUNTRIES) if draw.random() < share else f"Z{i}"
    return (f"rule w3_{i} {{ by account when device_change as change "
            f"where country == \"{country}\" without mfa "
            f"then transfer as out where amount > {draw.uniform(500, 2000):.2f} "
            f"within {draw.randint(30, 90)}m skip none }}")


def many(rules, seed):
    draw = random.Random(seed)
    share = min(1.0, 60 / rules)  # so that as many begin at 10,000 rules as at 100
    makers = [card_testing, impossible_travel, takeover]
    lines = [events_of("w1_card_testing.weir"), events_of("w3_takeover.weir")]
    lines += [makers[i % 3](i, draw, share) for i in range(rules)]
    return "\n".join(lines) + "\n"


def explosion(length, out):
    out.mkdir(parents=True, exist_ok=True)
    for name, skip in (("once", "skip past last"), ("report", "skip none  report 1")):
        (out / f"explosion_{name}.weir").write_text(EXPLOSION.format(name=name, skip=skip))
    steps = ["a"] + ["b"] * length + ["c"]
    with (out / f"explosion_{length}.ndjson").open("w", encoding="utf-8") as file:
        for i, step in enumerate(steps):
            file.write(json.dumps({"type": "auth", "ts": i, "card": "k", "step": step,
                                   "amount": 1 if step == "a" else 2}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    w7 = kinds.add_parser("many")
    w7.add_argument("--rules", type=int, required=True)
    w7.add_argument("--seed", type=int, default=1)
    w8 = kinds.add_parser("explosion")
    w8.add_argument("--length", type=int, required=True)
    w8.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.kind == "many":
        sys.stdout.write(many(options.rules, options.seed))
    else:
        explosion(options.length, options.out)


if __name__ == "__main__":
    main()
