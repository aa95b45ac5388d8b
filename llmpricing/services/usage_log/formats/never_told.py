"""Counts that a tool writes only where it counted any: told of nowhere in a file, they may have been cut from it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from llmpricing.services.usage_log.formats.fields import is_told
from llmpricing.services.usage_log.formats.shape import CACHE_WRITE, WRITER, Shape
from llmpricing.services.usage_log.formats.tool_names import tool_rows, words_told

_SIGN = "ache"  # the name of every such field holds a word with it
_WRITERS = (WRITER, WRITER.title())


def never_told(shape: Shape, path: Path, each_row: Callable[[], None]) -> Collection[str]:
    """The meters that the shape's tool writes ``sometimes`` and no row of the file has a field for; raises LogError.

    A file that lacks a word of each field's name is not looked through; else its rows are, as far as to the first of
    each kind. Writes to caches are looked for in files that name a WRITER.
    """
    if not shape.sometimes:
        return ()
    words = {
        field: [word for word in field.split(".") if _SIGN in word]
        for some in shape.sometimes.values()
        for field in some
    }
    found = words_told(path, shape, {word for some in words.values() for word in some} | {*_WRITERS})
    asked = {
        meter: [field for field in fields if found.issuperset(words[field])]
        for meter, fields in shape.sometimes.items()
        if meter != CACHE_WRITE or not found.isdisjoint(_WRITERS)
    }
    untold = {meter for meter, fields in asked.items() if not fields}
    some = {meter: fields for meter, fields in asked.items() if fields}
    return untold | {*_untold(some, (row.fields for row in tool_rows(path, shape)), each_row)} if some else untold


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
