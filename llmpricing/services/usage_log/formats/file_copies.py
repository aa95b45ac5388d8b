"""Which files are copies of others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path


def copied(paths: Sequence[Path]) -> set[Path]:
    """Those of the files that hold the same bytes as one before them, and some."""
    of_size: dict[int, list[Path]] = defaultdict(list)
    for path in paths:
        of_size[path.stat().st_size].append(path)
    found: set[Path] = set()
    for size, alike in of_size.items():
        seen: set[bytes] = set()
        for path in alike if size and len(alike) > 1 else ():
            with path.open("rb") as file:
                digest = file_digest(file, "sha256").digest()
            if digest in seen:
                found.add(path)
            seen.add(digest)
    return found
