#!/usr/bin/env python3
"""Holds the includes and the CMake targets of each room against the arrows of ARCHITECTURE.md.

    tools/check_arrows.py [--root DIR]

Every fault is one line, `file:line: what is wrong`; the exit status is 1 if there is one. It reads
#include lines and the arguments of weir_room(); it does not run the preprocessor, so an include
under an #if counts like any other.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from source_tree import source_files

# Room -> the rooms whose headers it may include, itself aside. The order is bottom up.
ARROWS = {
    "base": (),
    "event": ("base",),
    "state": ("base",),
    "dsl": ("base",),
    "nfa": ("event", "base"),
    "compiler": ("dsl", "nfa", "event", "base"),
    "runtime": ("nfa", "state", "event", "base"),
    "api": ("compiler", "dsl", "runtime", "nfa", "state", "event", "base", "include/weir"),
    "include/weir": (),
    "connectors": ("include/weir",),
    "apps": ("include/weir",),
    "bindings": ("include/weir",),
    "flink": ("include/weir",),
    # The reference matcher cannot share the engine's bugs, because it cannot see the engine.
    "tests/reference": ("dsl", "event", "base"),
}
# May reach inside everything.
FREE = ("tests", "bench")

# Third party -> (its headers, its CMake targets, the rooms that may use it). Tests and benchmarks
# may use all of them.
PARTIES = {
    "Boost.Container": (r"boost/container/", r"Boost::container", {"base"}),
    "xxHash": (r"xxh(ash|3)\.h", r"PkgConfig::XXHASH", {"base"}),
    "simdjson": (r"simdjson", r"simdjson::simdjson", {"event"}),
    "nlohmann_json": (
        r"nlohmann/",
        r"nlohmann_json::nlohmann_json",
        {"event", "dsl", "api", "apps", "tests/reference"},
    ),
    "PEGTL": (r"tao/", r"taocpp::pegtl", {"dsl"}),
    "RE2": (r"re2/", r"PkgConfig::RE2", {"nfa", "compiler"}),
    "cctz": (r"cctz/", r"cctz::cctz", {"nfa", "compiler", "tests/reference"}),
    "oneTBB": (r"(oneapi/)?tbb(/|\.h)|execution$", r"TBB::tbb", {"runtime"}),
    "zstd": (r"zstd\.h|zstd_errors\.h", r"PkgConfig::ZSTD", {"event", "state", "api"}),
    "zlib": (r"zlib\.h|zconf\.h", r"ZLIB::ZLIB", {"event", "state", "api"}),
    "spdlog": (r"spdlog/", r"spdlog::\w+", {"apps"}),
    "libcurl": (r"curl/", r"CURL::libcurl", {"connectors"}),
    "fmt": (r"fmt/", r"fmt::\w+", {"apps"}),
    "CLI11": (r"CLI/", r"CLI11::CLI11", {"apps"}),
    "GoogleTest": (r"g(test|mock)/", r"GTest::\w+", {"tests/reference"}),
    "google-benchmark": (r"benchmark/", r"benchmark::\w+", set()),
    "SIMD intrinsics": (r"\w+intrin\.h|arm_neon\.h", r"(?!)", {"event", "nfa"}),
    # Pure functions between text and bytes, though the header is the system's.
    "POSIX text functions": (r"(arpa/inet|fnmatch)\.h", r"(?!)", {"event"}),
    # The system's own interface stays where files, sockets and processes are.
    "POSIX": (
        r"(sys|arpa|netinet|linux)/|(unistd|fcntl|pthread|dirent|poll|glob|termios)\.h"
        r"|(sched|spawn|dlfcn)\.h",
        r"Threads::Threads",
        {"base", "state", "apps", "connectors", "runtime"},
    ),
}
# In unit tests beside the source.
TEST_PARTIES = {"GoogleTest", "nlohmann_json"}

STD_HEADER = re.compile(r"[a-z_0-9]+|(assert|ctype|errno|float|inttypes|limits|locale|math|setjmp|"
                        r"signal|stdarg|stddef|stdint|stdio|stdlib|string|time|wchar)\.h")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
LIBRARY = re.compile(r"\b(\w+::\w+)\b")
ROOM_TARGET = re.compile(r"\bweir_(\w+)\b")


@dataclass(frozen=True)
class Include:
    """One #include line."""

    path: str
    line: int
    quoted: bool
    header: str

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


def room_of(path: str) -> str | None:
    """The room of a file or of a header as an include names it; None for the top level."""
    if path.startswith("weir/"):
        return "include/weir"
    parts = path.split("/")
    if len(parts) > 2 and "/".join(parts[:2]) in ARROWS:
        return "/".join(parts[:2])
    return parts[0] if len(parts) > 1 and parts[0] in (*ARROWS, *FREE) else None


def includes_of(root: Path) -> Iterator[Include]:
    for path in source_files(root, {".h", ".cc", ".def"}):
        if room_of(path) is None:
            continue
        with open(root / path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                if found := INCLUDE.match(line):
                    yield Include(path, number, found[1] == '"', found[2])


def party_of(header: str) -> str | None:
    for name, (headers, _, _) in PARTIES.items():
        if re.match(headers, header):
            return name
    return None


def check_own(include: Include) -> str | None:
    """The fault of an include of one of our headers."""
    room = room_of(include.path)
    target = room_of(include.header)
    if target is None:
        return f'"{include.header}": write includes of our own from the root ("room/file.h")'
    if room in FREE or target == room:
        return None
    if target not in ARROWS[room]:
        may = ", ".join(ARROWS[room]) or "no other room"
        return f"{room} may not include {target} (it may: {may})"
    return None


def test_support_headers(includes: list[Include]) -> set[str]:
    """Headers that only unit tests include: what tests may use, they may use too."""
    includers: dict[str, set[str]] = {}
    for include in includes:
        includers.setdefault(include.header, set()).add(include.path)
    return {header for header, paths in includers.items()
            if all(path.endswith("_test.cc") for path in paths)}


def check_third(include: Include, test_support: set[str]) -> str | None:
    """The fault of an include of the standard library's or a third party's header."""
    room = room_of(include.path)
    party = party_of(include.header)
    if party is None:
        if STD_HEADER.fullmatch(include.header):
            return None
        return f"<{include.header}> is of no third party that tools/check_arrows.py knows"
    rooms = PARTIES[party][2]
    if room in FREE or room in rooms:
        return None
    of_test = include.path.endswith("_test.cc") or include.path in test_support
    if of_test and party in TEST_PARTIES:
        return None
    may = ", ".join(sorted(rooms)) or "tests and bench only"
    return f"{room} may not use {party} (its rooms: {may})"


def check_include(include: Include, test_support: set[str]) -> str | None:
    if include.quoted or include.header.startswith("weir/"):
        return check_own(include)
    return check_third(include, test_support)


def check_cmake(root: Path) -> Iterator[str]:
    """Every room's CMakeLists.txt links the rooms of the list, and the libraries it may."""
    for room in ARROWS:
        lists = root / room / "CMakeLists.txt"
        if not lists.exists():
            continue
        path = f"{room}/CMakeLists.txt"
        text = re.sub(r"#[^\n]*", "", lists.read_text(encoding="utf-8"))
        for number, line in enumerate(text.split("\n"), 1):
            for library in LIBRARY.findall(line):
                if fault := check_library(room, library):
                    yield f"{path}:{number}: {fault}"
            for target in ROOM_TARGET.findall(line):
                if target in ARROWS and target != room and not may_link(room, target):
                    yield f"{path}:{number}: {room} may not link weir_{target}"
        if fault := check_declared_arrows(room, text):
            yield f"{path}:1: {fault}"


def may_link(room: str, target: str) -> bool:
    # Who sees include/weir only gets the implementation by linking api; of webhooks, connectors.
    implements = target in ("api", "connectors") and "include/weir" in ARROWS[room]
    return target in ARROWS[room] or implements


def check_library(room: str, library: str) -> str | None:
    for name, (_, targets, rooms) in PARTIES.items():
        if re.fullmatch(targets, library):
            if room in rooms or name in TEST_PARTIES:
                return None
            return f"{room} may not link {library} ({name})"
    return f"{library} is of no third party that tools/check_arrows.py knows"


def check_declared_arrows(room: str, text: str) -> str | None:
    """weir_room(NAME ARROWS ...) names exactly the rooms of the list."""
    call = re.search(r"weir_room\(\s*(\w+)([^)]*)\)", text)
    if call is None:
        return None
    if call[1] != room.rsplit("/", maxsplit=1)[-1]:
        return f"weir_room({call[1]}) stands in {room}"
    arrows = re.search(r"\bARROWS\b(.*?)(?=\b(?:LIBS|TEST_LIBS)\b|$)", call[2], re.S)
    declared = set(arrows[1].split()) if arrows else set()
    listed = {target for target in ARROWS[room] if target != "include/weir"}
    if declared == listed:
        return None
    return (f"ARROWS of {room} are {{{', '.join(sorted(declared))}}}, "
            f"the list says {{{', '.join(sorted(listed))}}}")


def find_cycle(edges: dict[str, dict[str, str]]) -> list[str] | None:
    """A circle of folders, its first one again at the end; None if there is none."""
    done: set[str] = set()
    for start in sorted(edges):
        trail: list[str] = []
        stack = [(start, iter(sorted(edges.get(start, ()))))]
        trail.append(start)
        while stack:
            node, rest = stack[-1]
            after = next(rest, None)
            if after is None:
                stack.pop()
                done.add(trail.pop())
            elif after in trail:
                return [*trail[trail.index(after):], after]
            elif after not in done:
                stack.append((after, iter(sorted(edges.get(after, ())))))
                trail.append(after)
    return None


def check(root: Path) -> Iterator[str]:
    edges: dict[str, dict[str, str]] = {}
    includes = list(includes_of(root))
    test_support = test_support_headers(includes)
    for include in includes:
        if fault := check_include(include, test_support):
            yield f"{include.place}: {fault}"
        if include.quoted and "/" in include.header and room_of(include.path) not in FREE:
            source, target = (str(Path(p).parent) for p in (include.path, include.header))
            if source != target:
                edges.setdefault(source, {}).setdefault(target, include.place)
    if cycle := find_cycle(edges):
        first = edges[cycle[0]][cycle[1]]
        yield f"{first}: folders include each other in a circle: {' -> '.join(cycle)}"
    yield from check_cmake(root)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    faults = 0
    for message in check(parser.parse_args().root):
        print(message, flush=True)
        faults += 1
    if faults:
        print(f"{faults} faults; the arrows are drawn in ARCHITECTURE.md", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
