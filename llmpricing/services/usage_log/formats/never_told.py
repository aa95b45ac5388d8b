"""Counts that a tool writes only where it counted any: told of nowhere in a file, they may have been cut from it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from llmpricing.services.usage_log.formats.fields import is_told
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.source import holds_bytes, raw_rows

CACHE_READ, CACHE_WRITE = "cache_read_tokens", "cache_write_tokens"
WRITER = "claude"  # whose writes cost more than input; those of most others cost nothing of their own
_WORDS = (b"cache", b"Cache")  # one of these is in the name of every such field


def never_told(shape: Shape, path: Path, each_row: Callable[[], None]) -> Collection[str]:
    """The meters that the shape's tool writes ``sometimes`` and no row of the file has a field for; raises LogError.

    A file without the word is not looked through; else its rows are, as far as to the first of each kind. Writes to
    caches are looked for in files that name a WRITER.
    """
    if not shape.sometimes or not holds_bytes(path, _WORDS):
        return shape.sometimes.keys()
    asked = {
        meter: fields
        for meter, fields in shape.sometimes.items()
        if meter != CACHE_WRITE or holds_bytes(path, (WRITER.encode(), WRITER.title().encode()))
    }
    return _untold(asked, (row.fields for row in raw_rows(path)), each_row)


def _untold(
    asked: Mapping[str, Collection[str]], rows: Iterable[Mapping[str, Any]], each_row: Callable[[], None]
) -> Collection[str]:
    left = dict(asked)
    for row in rows:
        each_row()
        left = {meter: fields for meter, fields in left.items() if not is_told(row, fields)}
        if not left:
            break
    return left.keys()
