"""What a tool always writes down and a file has no field for: somebody took a column away, and money with it.

A chat without its input or output has no price that could be bounded, and none is said, unless its tool leaves such
counts out. Any part of a stated input may
be cached ``untold``: the record says so, and an audit tells how much less or more that would be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from llmpricing.domain.meters import METERS
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord, unpriced
from llmpricing.services.usage_log.formats.row import Row, as_json
from llmpricing.services.usage_log.formats.shape import RECORD_ID, Always, RecordReader, Shape

COLUMN_MISSING, COUNT_EMPTY = "COLUMN_MISSING", "COUNT_EMPTY"
_INPUT = "input_tokens"
_UNBOUNDED = (_INPUT, "output_tokens")
_INSIDE = ("cache_read_tokens", "cache_write_tokens")
# Parts that make a sum where the file does not state it, so that the sum alone proves no field.
_PARTS = {
    _INPUT: ("cache_read_tokens", "cache_write_tokens"),
    "output_tokens": ("output_reasoning_tokens", "output_audio_tokens"),
    "cache_write_5m_tokens": ("cache_write_tokens",),
}
_DEEPEST = 12
# Models that make no tokens and read from no cache: a file of these alone is right without such fields.
_INPUT_ONLY = re.compile(r"embed|rerank|moderation|voyage|(?:^|[/.-])(?:bge|gte|e5)-", re.IGNORECASE)


def telling_lacks(shape: Shape, read: RecordReader) -> RecordReader:
    """The same reader, whose records say what their row has no field for, of what the shape's tool always writes.

    A field that is there states something, be it 0 or empty; an empty input or output is told of all the same. What
    counts no tokens, or makes none, lacks nothing.
    """

    def reading(row: Row) -> Iterable[UsageRecord]:
        lacked: dict[str, bool] = {}  # looked up once, however many records the row has
        for record in read(row):
            unproven = list(_unproven(shape, record))
            found = [name for name in unproven if _is_lacked(name, shape.always, row.raw, lacked)]
            empty = [name for name in unproven if name not in found and _is_uncounted(name, record)]
            if empty:
                record = record.with_remark(COUNT_EMPTY, f"{_named(empty)}: its field is empty, which is taken as 0")
            yield _without(shape, record, found) if found else record

    return reading if shape.always else read


def _is_uncounted(name: str, record: UsageRecord) -> bool:
    return name in _UNBOUNDED and record.usage is not None and name not in record.usage.stated


def _without(shape: Shape, record: UsageRecord, names: Sequence[str]) -> UsageRecord:
    said = _said(names)
    if not shape.leaves_out and any(name in _UNBOUNDED for name in names):
        return replace(record, usage=None, outcome=unpriced(said))
    inside = () if shape.caches_beside else tuple(name for name in names if name in _INSIDE)
    return record.with_remark(COLUMN_MISSING, said, inside)


def _unproven(shape: Shape, record: UsageRecord) -> Iterator[str]:
    """What should be told of a billed record, and is not proven by its counts to have been."""
    if record.usage is None or record.outcome.kind is not OutcomeKind.BILLED:
        return
    stated = record.usage.stated
    has_tokens = any(meter.endswith("_tokens") for meter in stated)
    is_answer = has_tokens and _INPUT_ONLY.search(record.model) is None
    for name in shape.always:
        if name in shape.since and (record.at is None or record.at < shape.since[name]):
            continue
        if name == RECORD_ID:
            if record.record_id is None:
                yield name
            continue
        is_proven = name in stated and not any(part in stated for part in _PARTS.get(name, ()))
        is_of_answers = name in shape.of_answers or (name in METERS and name != _INPUT)
        is_asked = is_answer if is_of_answers else has_tokens or name not in METERS
        if is_asked and not is_proven:
            yield name


def _is_lacked(name: str, always: Always, raw: Mapping[str, Any], known: dict[str, bool]) -> bool:
    if name not in known:
        known[name] = not (any(_holds(raw, field) for field in always[name]) or _is_anywhere(raw, always[name]))
    return known[name]


def _holds(value: Any, field: str) -> bool:
    """Whether the object has a field of that dotted name, by its whole name or from level to level."""
    if isinstance(value, str):
        value = _opened(value)
    if isinstance(value, list):
        return any(_holds(one, field) for one in value)
    if not isinstance(value, Mapping):
        return False
    first, _, rest = field.partition(".")
    return field in value or (bool(rest) and first in value and _holds(value[first], rest))


def _is_anywhere(raw: Mapping[str, Any], fields: Sequence[str]) -> bool:
    ends = tuple(f".{field}" for field in fields)
    return any(path.endswith(ends) for path in _paths(raw))


def _paths(value: Any, above: str = "", depth: int = 0) -> Iterator[str]:
    """The dotted names of all fields, also those in lists, in texts of JSON, and OTLP's, which name themselves."""
    value = _opened(value)
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _paths(one, above, depth + 1)
    elif isinstance(value, Mapping):
        if isinstance(named := value.get("key"), str) and "value" in value:
            yield f"{above}.{named}"
        for name, one in value.items():
            yield f"{above}.{name}"
            yield from _paths(one, f"{above}.{name}", depth + 1)


def _opened(value: Any) -> Any:
    try:
        return as_json("", value)
    except UsageError:
        return None


def _said(names: Sequence[str]) -> str:
    return f"{_named(names)}: the file has no field for that, which its tool always writes; export it anew, whole"


def _named(names: Sequence[str]) -> str:
    return f"no {' and no '.join(name.replace('_', ' ') for name in names)}"
