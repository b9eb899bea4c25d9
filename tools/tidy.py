#!/usr/bin/env python3
"""Style as a test: what a reader's eye should not have to check.

    tools/tidy.py [--root DIR]

Every fault is one line, `file:line: what is wrong`, printed as it is found; the exit status is 1 if
there is one. Length limits have a ratchet, tools/tidy_ratchet.txt: a file or function that is too
long for a stated reason may stay so, but not grow, and its entry goes down when it shrinks.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cpp_functions import functions_of
from source_tree import source_files

FILE_LINES = 600
FUNCTION_LINES = 70
COLUMNS = 100
RATCHET = "tools/tidy_ratchet.txt"

CPP = {".h", ".cc", ".def"}
BRACES = {".h", ".cc", ".java"}
CODE = CPP | {".py", ".sh", ".java", ".cmake", ".js", ".ts", ""}
PROSE = {".md", ".txt", ".weir", ".json", ".yml", ".yaml", ".toml"}
# Files without a suffix, or text of neither kind, that are code all the same.
NO_SUFFIX_CODE = {"dev", ".ci/run"}
CODE_NAMES = {"CMakeLists.txt"}

MARK = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")
# A path that is there on one machine only.
MACHINE_PATH = re.compile(r"""(?:^|[\s"'`(=:<])(/(?:work|tmp|home|root|Users)/[\w.+-]+)""")
VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "misc"}
NAMED = re.compile(r"^\s*(?:template\s*<[^>]*>\s*)?(?:class|struct|namespace|enum(?:\s+class)?|"
                   r"union|using|public\s+class)\s+([\w:]+)")
CAMEL_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


@dataclass
class Source:
    """One file, read once."""

    path: str
    text: str
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.text.split("\n")

    @property
    def suffix(self) -> str:
        return Path(self.path).suffix


@dataclass
class Ratchet:
    """The agreed exceptions: (kind, name) -> lines, and which of them were met."""

    allowed: dict[tuple[str, str], int]
    met: set[tuple[str, str]] = field(default_factory=set)

    def judge(self, kind: str, name: str, lines: int, limit: int) -> str | None:
        """The fault of something `lines` long, or None."""
        entry = (kind, name)
        allowed = self.allowed.get(entry)
        if lines <= limit:
            return None
        if allowed is None:
            return f"{kind} of {lines} lines (at most {limit}; or give {RATCHET} a reason)"
        self.met.add(entry)
        if lines > allowed:
            return f"{kind} of {lines} lines has outgrown its exception of {allowed} in {RATCHET}"
        if lines < allowed:
            return f"{kind} shrank from {allowed} to {lines} lines: lower it in {RATCHET}"
        return None


def read_ratchet(root: Path) -> tuple[Ratchet, list[str]]:
    """Lines of `KIND NAME LINES  # reason`; KIND is file or function, NAME path or path:function."""
    allowed: dict[tuple[str, str], int] = {}
    faults: list[str] = []
    path = root / RATCHET
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        entry = re.fullmatch(r"(file|function) (\S+) (\d+)\s+# \S.*", line)
        if entry is None:
            faults.append(f"{RATCHET}:{number}: want `file|function NAME LINES  # reason`")
        else:
            allowed[entry[1], entry[2]] = int(entry[3])
    return Ratchet(allowed), faults


def is_code(path: str) -> bool:
    suffix = Path(path).suffix
    if suffix == "":
        return path in NO_SUFFIX_CODE
    return suffix in CODE or Path(path).name in CODE_NAMES


def raw_string_lines(text: str) -> set[int]:
    """Numbers of the lines that a C++ raw string touches: their width is data's, not style's."""
    lines: set[int] = set()
    for found in re.finditer(r'R"([^()\\\s]{0,16})\(.*?\)\1"', text, re.S):
        first = text.count("\n", 0, found.start()) + 1
        lines.update(range(first, first + found[0].count("\n") + 1))
    return lines


def check_whitespace(source: Source) -> Iterator[tuple[int, str]]:
    # Two blanks at a line's end mean something in Markdown, and all do in a raw string.
    data = raw_string_lines(source.text) if source.suffix in CPP else set()
    blanks = source.suffix != ".md"
    for number, line in enumerate(source.lines, 1):
        if "\t" in line:
            yield number, "a tab"
        if line.endswith("\r"):
            yield number, "a carriage return"
        elif blanks and number not in data and line != line.rstrip():
            yield number, "blanks at the end of the line"
    if source.text and not source.text.endswith("\n"):
        yield len(source.lines), "no newline at the end of the file"


def check_width(source: Source) -> Iterator[tuple[int, str]]:
    data = raw_string_lines(source.text) if source.suffix in CPP else set()
    for number, line in enumerate(source.lines, 1):
        # A URL is not broken, wherever it ends.
        if len(line) > COLUMNS and number not in data and "https://" not in line:
            yield number, f"{len(line)} columns (at most {COLUMNS})"


def check_words(source: Source) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.lines, 1):
        if found := MARK.search(line):
            yield number, f"{found[1]} without an issue: write {found[1]}(#NUMBER), or do it now"
        if found := MACHINE_PATH.search(line):
            yield number, f"{found[1]} is a path of one machine"


def words_of(name: str) -> set[str]:
    return {word.lower() for word in CAMEL_WORD.findall(name.replace("_", " "))}


def check_names(source: Source) -> Iterator[tuple[int, str]]:
    stem = Path(source.path).stem
    if vague := words_of(stem) & VAGUE:
        yield 1, f"the file name says {vague.pop()!r}: name what is inside"
    if source.suffix not in BRACES:
        return
    for number, line in enumerate(source.lines, 1):
        if (found := NAMED.match(line)) and (vague := words_of(found[1]) & VAGUE):
            yield number, f"{found[1]} says {vague.pop()!r}: name what it does"


def check_header(source: Source) -> Iterator[tuple[int, str]]:
    if source.suffix != ".h":
        return
    if not source.text.startswith("//"):
        yield 1, "a header opens with a comment: what it is, who uses it, thread safety, invariants"
    if "#pragma once" not in source.lines:
        yield 1, "no #pragma once"


def functions_in(source: Source) -> Iterator[tuple[str, int, int]]:
    """(name, first line, number of lines) of each function."""
    if source.suffix in BRACES:
        yield from functions_of(source.text)
    elif source.suffix == ".py":
        for node in ast.walk(ast.parse(source.text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, node.lineno, (node.end_lineno or 0) - node.lineno + 1


def check_lengths(source: Source, ratchet: Ratchet) -> Iterator[tuple[int, str]]:
    lines = source.text.count("\n")
    if fault := ratchet.judge("file", source.path, lines, FILE_LINES):
        yield 1, fault
    for name, first, length in functions_in(source):
        place = f"{source.path}:{name}"
        if fault := ratchet.judge("function", place, length, FUNCTION_LINES):
            yield first, f"{name}: {fault}"


def check_source(source: Source, ratchet: Ratchet) -> Iterator[tuple[int, str]]:
    yield from check_whitespace(source)
    yield from check_words(source)
    if not is_code(source.path):
        return
    yield from check_width(source)
    yield from check_names(source)
    yield from check_header(source)
    yield from check_lengths(source, ratchet)


def check(root: Path) -> Iterator[str]:
    ratchet, faults = read_ratchet(root)
    yield from faults
    for path in source_files(root, CODE | PROSE):
        # The checks' own tests and tables hold what they look for.
        if path.startswith("tools/tidy"):
            continue
        if path.startswith("tests/golden/") and Path(path).suffix not in CODE:
            continue
        try:
            source = Source(path, (root / path).read_bytes().decode("utf-8"))
        except UnicodeDecodeError as error:
            yield f"{path}:1: not UTF-8 at byte {error.start}"
            continue
        for line, fault in check_source(source, ratchet):
            yield f"{path}:{line}: {fault}"
    for kind, name in sorted(set(ratchet.allowed) - ratchet.met):
        yield f"{RATCHET}:1: {kind} {name} needs no exception any more"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    faults = 0
    for message in check(parser.parse_args().root):
        print(message, flush=True)
        faults += 1
    if faults:
        print(f"{faults} faults", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
