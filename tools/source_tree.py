"""The files of the tree that the house checks look at: shared by check_arrows.py and tidy.py.

It walks the folders rather than asking git, so that the checks also run on an unpacked archive and
see a file before its first commit.
"""

import os
from collections.abc import Iterator
from pathlib import Path

# What builds and tools leave behind, and inputs whose every byte is on purpose.
SKIPPED_NAMES = {"build", "CMakeFiles", "target", "node_modules", "__pycache__"}
SKIPPED_PATHS = {"tests/fuzz/corpus"}
KEPT_HIDDEN = {".ci"}


def source_files(root: Path, suffixes: set[str]) -> Iterator[str]:
    """Paths relative to `root`, sorted within a folder, of files that end in one of `suffixes`.

    A file without a suffix counts under the empty one.
    """
    for folder, folders, files in os.walk(root):
        relative = Path(folder).relative_to(root)
        folders[:] = sorted(
            name
            for name in folders
            if name not in SKIPPED_NAMES
            and (not name.startswith(".") or name in KEPT_HIDDEN)
            and (relative / name).as_posix() not in SKIPPED_PATHS
        )
        for name in sorted(files):
            if Path(name).suffix in suffixes and not name.startswith("."):
                yield (relative / name).as_posix()
