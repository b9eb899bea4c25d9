#!/usr/bin/env python3
"""Runs the fenced examples of the documentation and compares what they print with what they show.

    tools/run_doc_examples.py --weir BINARY FILE.md...

A page is read from top to bottom, in a folder of its own that starts empty:

    ```weir probes.weir      written to that file (one without a name is a fragment: not run)
    ```json events.ndjson    likewise; csv and text blocks too, if they name a file
    ```sh                    run by sh with `weir` on the PATH, if an `alerts` or `output` block
                             follows before the next `sh` block; else it is for the reader only
    ```alerts                the JSON values of its standard output: same values, same key order;
                             a string may hold … for anything (ids and hashes move)
    ```output                its standard output as text; a line that is only … stands for any lines

A rule file that no command was run on is checked with `weir check`. The blocks of a list item may
be indented. With WEIR_BLESS=1 the `alerts` and `output` blocks are rewritten from what was printed.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+)(?P<info>[^`\n]*)$")
FILE_LANGUAGES = {"weir", "json", "csv", "text", "toml"}
EXPECTED = {"alerts", "output"}
ANY = "…"
TIMEOUT_S = 60


class Ordered(list):
    """A JSON object as its (key, value) pairs, so that the order of keys is compared too."""


class Number(str):
    """A JSON number as it is written: 1 and 1.0 differ, and so do 1 and "1"."""


@dataclass
class Block:
    """One fenced block; `first` and `last` are the 0-based lines of its content."""

    language: str
    name: str
    first: int
    last: int
    text: str


def blocks_of(text: str) -> Iterator[Block]:
    lines = text.split("\n")
    opened = None
    for i, line in enumerate(lines):
        found = FENCE.match(line)
        if opened is None:
            if found:
                opened = (i, found)
            continue
        start, fence = opened
        if line.strip() != fence["fence"]:
            continue
        language, _, name = fence["info"].strip().partition(" ")
        indent = len(fence["indent"])
        body = "".join(content[indent:] + "\n" for content in lines[start + 1 : i])
        yield Block(language, name.strip(), start + 1, i, body)
        opened = None


def json_values(text: str) -> list:
    """The JSON values that follow one another in `text`."""
    decoder = json.JSONDecoder(object_pairs_hook=Ordered, parse_float=Number,
                               parse_int=Number)
    values, at = [], 0
    while rest := text[at:].lstrip():
        value, length = decoder.raw_decode(rest)
        values.append(value)
        at = len(text) - len(rest) + length
    return values


def matches(shown: object, printed: object) -> bool:
    if isinstance(shown, str) and isinstance(printed, str) and ANY in shown:
        return re.fullmatch(".*".join(map(re.escape, shown.split(ANY))), printed, re.S) is not None
    if isinstance(shown, list | tuple) and isinstance(printed, list | tuple):
        return (isinstance(shown, Ordered) == isinstance(printed, Ordered)
                and len(shown) == len(printed)
                and all(matches(a, b) for a, b in zip(shown, printed, strict=True)))
    return type(shown) is type(printed) and shown == printed


def same_alerts(shown: str, printed: str) -> bool:
    try:
        return matches(json_values(shown), json_values(printed))
    except json.JSONDecodeError:
        return False


def same_output(shown: str, printed: str) -> bool:
    pattern = "".join(r"(?:.*\n)*" if line.strip() == ANY else re.escape(line) + r"\n"
                      for line in shown.removesuffix("\n").split("\n"))
    return re.fullmatch(pattern, printed) is not None


class Page:
    """One Markdown file and the folder that its examples run in."""

    def __init__(self, path: Path, folder: Path, weir: Path) -> None:
        self.path = path
        self.folder = folder
        self.text = path.read_text(encoding="utf-8")
        self.environment = {**os.environ, "NO_COLOR": "1", "LC_ALL": "C.UTF-8",
                            "PATH": f"{weir.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        self.blessed: list[tuple[Block, str]] = []
        self.ran = 0

    def run(self) -> Iterator[str]:
        blocks = list(blocks_of(self.text))
        unused: dict[str, Block] = {}
        for i, block in enumerate(blocks):
            if block.language in FILE_LANGUAGES and block.name:
                self.write(block)
                if block.language == "weir":
                    unused[block.name] = block
            elif block.language == "sh" and (expected := self.expectation(blocks[i + 1 :])):
                unused = {name: b for name, b in unused.items() if name not in block.text}
                yield from self.run_commands(block, expected)
        for name, block in unused.items():
            yield from self.run_commands(Block("sh", "", block.first, block.last,
                                               f"weir check {name}\n"), None)

    def write(self, block: Block) -> None:
        target = self.folder / block.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text, encoding="utf-8")

    @staticmethod
    def expectation(following: list[Block]) -> Block | None:
        for block in following:
            if block.language in EXPECTED:
                return block
            if block.language == "sh":
                return None
        return None

    def run_commands(self, block: Block, expected: Block | None) -> Iterator[str]:
        self.ran += 1
        place = f"{self.path}:{block.first}"
        try:
            done = subprocess.run(["sh", "-e"], input=block.text, capture_output=True, text=True,
                                  cwd=self.folder, env=self.environment, timeout=TIMEOUT_S,
                                  check=False)
        except subprocess.TimeoutExpired:
            yield f"{place}: still running after {TIMEOUT_S} s: {block.text.strip()}"
            return
        if done.returncode != 0:
            yield f"{place}: exit status {done.returncode}: {block.text.strip()}\n{done.stderr}"
        if expected is None:
            return
        same = same_alerts if expected.language == "alerts" else same_output
        if not same(expected.text, done.stdout):
            self.blessed.append((expected, done.stdout))
            yield (f"{self.path}:{expected.first}: shown:\n{expected.text}"
                   f"but {block.text.strip()!r} printed:\n{done.stdout}")

    def bless(self) -> None:
        lines = self.text.split("\n")
        for block, printed in reversed(self.blessed):
            lines[block.first : block.last] = printed.removesuffix("\n").split("\n")
        self.path.write_text("\n".join(lines), encoding="utf-8")


def run_page(path: Path, weir: Path) -> tuple[int, list[str]]:
    """(commands run, faults) of one page."""
    with tempfile.TemporaryDirectory() as folder:
        page = Page(path, Path(folder), weir)
        faults = list(page.run())
    if os.environ.get("WEIR_BLESS") == "1" and page.blessed:
        page.bless()
        print(f"{path}: rewrote {len(page.blessed)} blocks")
    return page.ran, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--weir", type=Path, required=True, help="the binary to run")
    parser.add_argument("pages", type=Path, nargs="+")
    options = parser.parse_args()
    status = 0
    for path in options.pages:
        ran, faults = run_page(path, options.weir.resolve())
        print(f"{path}: {ran} examples, {len(faults)} faults")
        if faults or not ran:
            print("\n".join(faults) or f"{path}: no example was found", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
