"""A price list that a command is given as a file."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from llmpricing.services.imports.fetches import ReadList
from llmpricing.settings import Settings
from llmpricing.sources.compression import too_large, unpacked
from llmpricing.sources.errors import SourceError


def list_in_file(name: str, settings: Settings, published: datetime | None = None) -> ReadList:
    """The list of a file (- is standard input), unpacked, published now if nothing else is said; raises SourceError."""
    data, origin = _unpacked(name, settings.fetch_max_mib * 2**20), "standard input"
    now = datetime.now(UTC)
    return ReadList(data, published or now, now, origin if name == "-" else Path(name).name)


def _unpacked(name: str, max_bytes: int) -> bytes:
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror}.") from None
    if len(data) > max_bytes:
        raise SourceError(f"{name}: {too_large(max_bytes)}.")
    return unpacked(data, max_bytes)
