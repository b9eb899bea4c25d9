#!/usr/bin/env python3
"""Writes docs/reference/ from the tables of the source, which are the only place where they stand.

    tools/gen_reference.py            writes the pages
    tools/gen_reference.py --check    exit status 1 if a page is not what would be written

diagnostics.md comes from dsl/diagnostics.def and the golden cases of each code, functions.md from
nfa/builtins.def, keywords.md from dsl/keywords.def.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

NOTICE = "<!-- Made by tools/gen_reference.py; do not edit. -->\n"
STRING = r'"((?:[^"\\]|\\.)*)"'
SEVERITIES = {"kError": "error", "kWarning": "warning", "kNote": "note"}
GOLDEN = ("tests/golden/diagnostics", "tests/golden/diagnostics_compile")
FAMILIES = {
    "W0": "Text and grammar",
    "W1": "Names and types",
    "W2": "Patterns",
    "W3": "Declarations and outcomes",
    "W4": "Lints: rules that are doubtful, not wrong",
    "W5": "Tests",
    "W9": "Not supported yet",
}
LETTERS = {
    "i": "int", "d": "decimal", "f": "float", "s": "string", "b": "bool", "t": "time",
    "u": "duration", "p": "ip", "g": "geo", "L": "list", "z": '"ZONE"',
    "P": "part",
}
# A geo and a time stand for a part: the compiler takes both from its event.
PART = ("gt", "P")
# Likewise the compiler makes its sum, count and deviation of a feature.
FEATURES = {"zscore": "float, feature"}
WORDS_IN_A_LINE = 8

DIAGNOSTICS_INTRO = """\
# Diagnostics

What `weir check`, and every other command that reads rules, may say of them. An *error* keeps a
ruleset from running; a *warning* and a *note* do not. A code always means the same; one that is no
longer used is not given to another. Under each stands an example, from the tests.
"""
FUNCTIONS_INTRO = """\
# Functions

Of several forms of one name the first whose parameters fit is taken: an int fits where a decimal or
a float stands, a decimal where a float stands. An absent argument makes the result absent. `"ZONE"`
is the IANA name of a time zone as a constant string, such as `"Europe/London"`; `part` is the name
of a part, whose event has one geo field.

What aggregates over the events of a part give (`count`, `sum`, `avg` and so on) is told in
[the language](../language.md#what-earlier-parts-hold), what they give over a window
[likewise](../language.md#features).

| call | gives | which is |
| --- | --- | --- |"""
RESERVED_INTRO = """\
These are never names, unless they stand in backquotes: `` `by` `` is a field called by.
"""
OTHERS_INTRO = """\
Anywhere else these are names like any other. Some belong to what is
[not supported yet](diagnostics.md#w9xxx-not-supported-yet).
"""


@dataclass
class Row:
    """One row of a .def table: its arguments, strings without their quotes."""

    arguments: list[str]


def rows_of(text: str, macro: str) -> Iterator[Row]:
    """The rows of `macro`; a string may follow on the next line, and comments are passed over."""
    code = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("//"))
    argument = rf"""\s*(?:{STRING}|('.')|([\w+]+))\s*"""
    for call in re.finditer(rf"\b{macro}\(((?:{STRING}|'.'|[^\")'])*)\)", code):
        found = re.findall(argument + r"(?:,|$)", call.group(1))
        yield Row([unescaped(string) if not char and not word else char.strip("'") or word
                   for string, char, word in found])


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def first_said(expected: str, code: str) -> str:
    """The first diagnostic with this code in what a golden case expects, without a blank end."""
    for block in expected.split("\n\n"):
        if re.match(rf"(?:error|warning|note)\[{code}\]", block):
            return block.rstrip("\n")
    return ""


def golden_example(root: Path, code: str) -> str:
    for folder in GOLDEN:
        for path in sorted((root / folder).glob(f"{code}_*.expected")):
            if said := first_said(path.read_text(encoding="utf-8"), code):
                return said
    return ""


def diagnostics_page(root: Path) -> str:
    text = (root / "dsl/diagnostics.def").read_text(encoding="utf-8")
    rows = [row.arguments for row in rows_of(text, "WEIR_DIAGNOSTIC")]
    out = [NOTICE, DIAGNOSTICS_INTRO]
    for family, members in groupby(rows, key=lambda row: row[0][:2]):
        out.append(f"## {family}xxx: {FAMILIES[family]}\n")
        for code, _, severity, summary in members:
            out.append(f"### {code}\n\n{SEVERITIES[severity]}: {summary}\n")
            if example := golden_example(root, code):
                out.append(f"```text\n{example}\n```\n")
    return "\n".join(out)


def parameters(letters: str) -> str:
    if letters.endswith("+"):
        name = LETTERS[letters[-2]]
        return f"{name}, {name}, …"
    return ", ".join(LETTERS[letter] for letter in letters.replace(*PART))


def functions_page(root: Path) -> str:
    text = (root / "nfa/builtins.def").read_text(encoding="utf-8")
    rows = [row.arguments for row in rows_of(text, "WEIR_BUILTIN")]
    out = [NOTICE, FUNCTIONS_INTRO]
    for _, name, letters, result, meaning in rows:
        shown = FEATURES.get(name, parameters(letters))
        out.append(f"| `{name}({shown})` | {LETTERS[result]} | {meaning} |")
    return "\n".join(out) + "\n"


def word_list(words: list[str]) -> str:
    lines = [words[i : i + WORDS_IN_A_LINE] for i in range(0, len(words), WORDS_IN_A_LINE)]
    return "\n".join(" ".join(f"`{word}`" for word in line) for line in lines) + "\n"


def keywords_page(root: Path) -> str:
    text = (root / "dsl/keywords.def").read_text(encoding="utf-8")
    rows = [row.arguments for row in rows_of(text, "WEIR_WORD")]
    reserved = [spelling for spelling, _, is_reserved in rows if is_reserved == "true"]
    others = [spelling for spelling, _, is_reserved in rows if is_reserved == "false"]
    return "\n".join([NOTICE, "# Keywords\n", "## Reserved\n", RESERVED_INTRO, word_list(reserved),
                      "## Only where the grammar expects them\n", OTHERS_INTRO,
                      word_list(others)])


PAGES = {
    "docs/reference/diagnostics.md": diagnostics_page,
    "docs/reference/functions.md": functions_page,
    "docs/reference/keywords.md": keywords_page,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true",
                        help="writes nothing; fails if a page is stale")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    options = parser.parse_args()
    stale = 0
    for name, page in PAGES.items():
        target = options.root / name
        text = page(options.root)
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if options.check:
            print(f"{name}: is stale; run tools/gen_reference.py", file=sys.stderr)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
