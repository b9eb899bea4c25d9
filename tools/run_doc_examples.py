#!/usr/bin/env python3
"""Runs the fenced examples of the documentation and compares what they print with what they show.

    tools/run_doc_examples.py --weir BINARY FILE.md...

A page is read from top to bottom, in a folder of its own that starts empty:

    ```weir                  a whole rule file in the canonical layout: `weir check` must find
                             nothing to say about it but notes, and its tests, if any, must pass
    ```weir probes.weir      likewise, and it stays there under that name; no two of one name
    ```weir with a.weir      likewise, checked together with files that the page has shown before
    ```weir refused W2010    a rule file that `weir check` refuses with these codes and no others
    ```weir failing          one whose tests `weir test` finds to fail
    ```weir fragment         no whole file: not run
    ```json events.ndjson    written to that file; csv and text blocks too, if they name a file
    ```sh                    run by sh with `weir` on the PATH, if an `alerts` or `output` block
                             follows before the next `sh` block; else it is for the reader only
    ```sh status 1           likewise, and it must end with that exit status
    ```alerts                the JSON values of its standard output: same values, same key order;
                             a string may hold … for anything (ids and hashes move)
    ```output                its standard output as text; … stands for anything in its line, and a
                             line that is only … for any lines

These words may stand together, behind the name of the file. The blocks of a list item may be
indented. With WEIR_BLESS=1 the `alerts` and `output` blocks are rewritten from what was printed,
and rule files are laid out by `weir fmt`.
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
FILE_LANGUAGES = {"json", "csv", "text", "toml"}
EXPECTED = {"alerts", "output"}
TEST_BLOCK = re.compile(r"^\s*test\b[^#]*\{", re.M)
# What `weir check` says of an example may only be notes.
WARNING = re.compile(r"^(warning|error)\[(?P<code>W\d{4})\]", re.M)
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
    pattern = "".join(r"(?:.*\n)*" if line.strip() == ANY
                      else ".*".join(map(re.escape, line.split(ANY))) + r"\n"
                      for line in shown.removesuffix("\n").split("\n"))
    return re.fullmatch(pattern, printed) is not None


@dataclass
class RuleExample:
    """The info string of a `weir` block, taken apart."""

    name: str
    context: list[str]
    refused: list[str]
    failing: bool

    @classmethod
    def of(cls, info: str) -> "RuleExample":
        example = cls("", [], [], False)
        target = None
        for word in info.split():
            if word == "failing":
                example.failing = True
            elif word in {"with", "refused"}:
                target = example.context if word == "with" else example.refused
            elif target is not None:
                target.append(word)
            else:
                example.name = word
        return example


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
        self.not_run = 0

    def run(self) -> Iterator[str]:
        blocks = list(blocks_of(self.text))
        for i, block in enumerate(blocks):
            if block.language == "weir" and block.name != "fragment":
                yield from self.run_rules(block)
            elif block.language in FILE_LANGUAGES and block.name:
                self.write(block.name, block.text)
            elif block.language == "sh" and (expected := self.expectation(blocks[i + 1 :])):
                yield from self.run_commands(block, expected)
            elif block.language in {"sh", "weir"}:
                self.not_run += 1

    def write(self, name: str, text: str) -> None:
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def run_rules(self, block: Block) -> Iterator[str]:
        self.ran += 1
        example = RuleExample.of(block.name)
        name = example.name or f"line_{block.first}.weir"
        if (self.folder / name).exists():
            yield f"{self.path}:{block.first}: there is a file {name} already"
            return
        self.write(name, block.text)
        files = [*example.context, name]
        done = self.execute(f"weir check {' '.join(files)}\n")
        if done is None:
            yield f"{self.path}:{block.first}: `weir check` is still running"
            return
        said = sorted({found["code"] for found in WARNING.finditer(done.stdout)})
        wanted = 1 if example.refused else 0
        if done.returncode != wanted or said != sorted(example.refused):
            expected = f"refused with {' '.join(example.refused)}" if example.refused else "clean"
            yield (f"{self.path}:{block.first}: expected to be {expected}, exit status "
                   f"{done.returncode}:\n{done.stdout}{done.stderr}")
            return
        if example.refused:
            return
        laid_out = self.execute(f"weir fmt - < {name}\n")
        if laid_out is None or laid_out.stdout != block.text:
            if laid_out is not None and laid_out.returncode == 0:
                self.blessed.append((block, laid_out.stdout))
            yield f"{self.path}:{block.first}: not in the layout of `weir fmt`"
        if TEST_BLOCK.search(block.text):
            tests = f"weir test {' '.join(files)} >&2\n"
            status = "status 1" if example.failing else ""
            yield from self.run_commands(Block("sh", status, block.first, block.last, tests), None)
        elif example.failing:
            yield f"{self.path}:{block.first}: it has no test that could fail"

    def execute(self, commands: str) -> subprocess.CompletedProcess[str] | None:
        try:
            return subprocess.run(["sh", "-e"], input=commands, capture_output=True, text=True,
                                  cwd=self.folder, env=self.environment, timeout=TIMEOUT_S,
                                  check=False)
        except subprocess.TimeoutExpired:
            return None

    @staticmethod
    def expectation(following: list[Block]) -> Block | None:
        for block in following:
            if block.language in EXPECTED:
                return block
            if block.language == "sh":
                return None
        return None

    def run_commands(self, block: Block, expected: Block | None) -> Iterator[str]:
        if expected is not None:
            self.ran += 1
        place = f"{self.path}:{block.first}"
        wanted = int(block.name.removeprefix("status")) if block.name else 0
        done = self.execute(block.text)
        if done is None:
            yield f"{place}: still running after {TIMEOUT_S} s: {block.text.strip()}"
            return
        if done.returncode != wanted:
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


def run_page(path: Path, weir: Path) -> tuple[int, int, list[str]]:
    """(examples run, examples not run, faults) of one page."""
    with tempfile.TemporaryDirectory() as folder:
        page = Page(path, Path(folder), weir)
        faults = list(page.run())
    if os.environ.get("WEIR_BLESS") == "1" and page.blessed:
        page.bless()
        print(f"{path}: rewrote {len(page.blessed)} blocks")
    return page.ran, page.not_run, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--weir", type=Path, required=True, help="the binary to run")
    parser.add_argument("pages", type=Path, nargs="+")
    options = parser.parse_args()
    status = 0
    for path in options.pages:
        ran, not_run, faults = run_page(path, options.weir.resolve())
        print(f"{path}: {ran} examples run, {not_run} not run, {len(faults)} faults")
        if not ran and not_run:
            faults.append(f"{path}: none of its examples is one that runs")
        if faults:
            print("\n".join(faults), file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
