"""Pages of an API's answer: what each says of others that follow, by the names that the APIs of usage give this."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import re2

from llmpricing.domain.times import InstantError
from llmpricing.services.usage_log.formats.json_records import Cover, cover_of
from llmpricing.services.usage_log.formats.json_stream import JsonStream
from llmpricing.services.usage_log.formats.json_texts import decoded
from llmpricing.services.usage_log.formats.opened_file import (
    MARK,
    failures_told,
    is_json,
    is_parquet,
    overlapping_parts,
    unpacked,
)
from llmpricing.services.usage_log.formats.own_totals import OWN_TOTALS, ItemSums
from llmpricing.services.usage_log.formats.values import as_instant

# Names without case, underscores and dashes.
_MORE = frozenset({"hasmore", "hasnext", "hasnextpage", "istruncated", "truncated"})
_NEXT = frozenset(
    {"nextpage", "nextpagetoken", "nexttoken", "nextcursor", "nextpageurl", "nexturl", "nextlink", "odata.nextlink"}
    | {"next"}
)
_OWN = frozenset({"page", "cursor", "pagetoken"})
_NUMBER = frozenset({"page", "currentpage", "pagenumber"})
_NUMBERS = frozenset({"totalpages", "pagecount", "lastpage"})
_ALL, _A_PAGE = frozenset({"totalcount", "totalitems"}), frozenset({"perpage", "pagesize", "limit"})
_WITHIN = frozenset(
    {"meta", "metadata", "pagination", "paging", "pageinfo", "cursors", "resultinfo", "links", "responsemetadata"}
)
_CURSOR_IS_NEXT = "meta"  # Langfuse: https://api.reference.langfuse.com, meta.cursor is that of the next page
_STARTS, _ENDS = ("start_time", "starting_at", "start_time_iso"), ("end_time", "ending_at", "end_time_iso")
_LINE, _LONGEST = 2**16, 64
_FALSE = (None, "", False, "null", "false")


class ApiPage(NamedTuple):
    """A page by what it says: whether ``more`` follows and under what name, its ``own`` name, its ``number`` of so many
    ``numbers``; what its first and last item tell of its ``kind``, and when it ``begins`` and ``ends``; which of its
    own totals are ``denied`` by its items. ``digest`` is that of its ends; it has so many ``items``.
    """

    more: bool
    follows: str = ""
    own: str = ""
    number: int | None = None
    numbers: int = 0
    kind: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    digest: int = 0
    denied: str = ""
    items: int = 0


def are_repeated(pages: Sequence[ApiPage]) -> bool:
    """Whether one of these pages stands among them twice."""
    holding = [one.digest for one in pages if one.items]
    return len({*holding}) < len(holding)


def pages_of(path: Path, each_row: Callable[[], None], *, whatever_it_says: bool = False) -> list[ApiPage]:
    """The pages of a file of JSON, none where nothing in it says that more may follow, or tells totals, unless
    ``whatever_it_says``; raises LogError. Such a file is read once for it.
    """
    with failures_told(path):
        if is_parquet(path) or not _may_be_pages(path) or not (whatever_it_says or _speaks_of_pages(path, each_row)):
            return []
    found, sums = list[ApiPage](), ItemSums()

    def ended(cover: Cover) -> None:
        items = sums.items
        found.append(_page(cover, sums.against(cover.fields), items))

    with failures_told(path), unpacked(path) as stream:
        text = io.TextIOWrapper(cast(IO[bytes], stream), "utf-8-sig")
        for record in JsonStream(text, ended).records():
            each_row()
            sums.add(record)
        text.detach()
    return found


def are_numbered(pages: Sequence[ApiPage]) -> bool:
    """Whether each of these pages, of which there are some, says which one of how many it is."""
    return bool(pages) and all(one.number is not None and one.numbers for one in pages)


def _may_be_pages(path: Path) -> bool:
    """Whether the file is one of JSON, and not of one record a line."""
    with unpacked(path) as stream:
        if not is_json(stream):
            return False
        try:
            first = decoded(stream.readline(_LINE).removeprefix(MARK))
        except ValueError:
            return True
        return isinstance(first, list) or cover_of(first) is not None


def _speaks_of_pages(path: Path, each_chunk: Callable[[], None]) -> bool:
    with unpacked(path) as stream:
        return any(map(_pattern().search, overlapping_parts(stream, _LONGEST, each_chunk=each_chunk)))


@lru_cache
def _pattern() -> Any:
    """Of any name of these in quotes, whatever its case and however its words are joined."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = False
    names = sorted(_MORE | _NEXT | _NUMBERS | _ALL | {"cursor"} | {*map(str.lower, OWN_TOTALS)})
    some = "|".join("[_-]?".join(name.replace(".", r"\.")) for name in names)
    return re2.compile(f'"@?(?:{some})"'.encode(), options)


def _page(cover: Cover, denied: str, items: int) -> ApiPage:
    said = dict(_said(cover.fields))
    number, numbers = _whole(_first(said, _NUMBER)), _whole(_first(said, _NUMBERS)) or _counted(said)
    more, follows = _first(said, _MORE), _first(said, _NEXT)
    is_open = str(more).lower() == "true" if more not in (None, "") else follows not in _FALSE
    if number is not None and numbers:
        is_open = False  # numbers alone tell which there are
    kinds = (_kind(cover.first), _kind(cover.last))
    own = _first(said, _OWN)
    return ApiPage(
        is_open,
        "" if follows in _FALSE else str(follows),
        "" if own in _FALSE or number is not None else str(own),
        number,
        numbers or 0,
        next((kind for kind in kinds if kind), ""),
        _instant(cover.first, _STARTS),
        _instant(cover.last, _ENDS),
        hash((repr(cover.first), repr(cover.last), str(follows))),
        denied,
        items,
    )


def _said(fields: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """What a page says by itself and within its objects of pages, by names without case and signs."""
    for name, value in fields.items():
        folded = name.replace("_", "").replace("-", "").lstrip("@").lower()
        if isinstance(value, Mapping):
            if folded in _WITHIN and not within:
                yield from _said(value, folded)
        elif not isinstance(value, list):
            yield ("nextcursor" if folded == "cursor" and within == _CURSOR_IS_NEXT else folded), value


def _first(said: Mapping[str, Any], names: frozenset[str]) -> Any:
    return next((said[name] for name in sorted(names) if said.get(name) is not None), None)


def _whole(value: Any) -> int | None:
    text = str(value)
    return int(text) if not isinstance(value, bool) and text.isascii() and text.isdigit() and len(text) < 10 else None


def _counted(said: Mapping[str, Any]) -> int | None:
    """How many pages there are by their items."""
    items, size = _whole(_first(said, _ALL)), _whole(_first(said, _A_PAGE))
    return -(-items // size) if items is not None and size else None


def _kind(item: Any) -> str:
    """Of what an item tells: the kind of its results, or its day where each day is asked for by itself."""
    if not isinstance(item, Mapping):
        return ""
    results = item.get("results")
    first = results[0] if isinstance(results, list) and results else None
    if isinstance(first, Mapping) and isinstance(first.get("object"), str):
        return str(first["object"])
    return json.dumps(item.get("date"), default=str) if "model_breakdown" in item else ""


def _instant(item: Any, names: tuple[str, ...]) -> datetime | None:
    found = next((item[name] for name in names if item.get(name)), None) if isinstance(item, Mapping) else None
    try:
        return None if found is None else as_instant(found)
    except InstantError:
        return None
