"""What a tool always writes down and a file has no field for: somebody took a column away, and money with it.

A chat without its input or output has no price that could be bounded, and none is said, unless its tool leaves such
counts out. Any part of a stated input may be cached ``untold``: the record says so, and an audit tells how much less
or more that would be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.notices import Code
from llmpricing.services.usage_log.formats.fields import RowNames, holds
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    CACHE_READ,
    CACHE_WRITE,
    RECORD_ID,
    WRITER,
    Always,
    RecordReader,
    Shape,
)
from llmpricing.services.usage_log.input_only import makes_no_tokens

COLUMN_MISSING = Code.COLUMN_MISSING
_INPUT = "input_tokens"
_ANEW = "export it anew, whole"
_UNBOUNDED = (_INPUT, "output_tokens")
_OF_ALL = (_INPUT, "requests")
_INSIDE = (CACHE_READ, CACHE_WRITE)
# Parts that make a sum where the file does not state it, so that the sum alone proves no field.
_PARTS = {
    _INPUT: _INSIDE,
    "output_tokens": ("output_reasoning_tokens", "output_audio_tokens"),
    "cache_write_5m_tokens": (CACHE_WRITE,),
}
# Parts that matter only where their sum, told by itself, counts anything.
_OF_A_SUM = {"cache_write_1h_tokens": CACHE_WRITE}


def telling_lacks(shape: Shape, read: RecordReader, untold: Collection[str] = ()) -> RecordReader:
    """The same reader, whose records say what their row has no field for, of what the shape's tool always writes.

    A field that is there states something, be it 0 or empty; an empty input or output is told of all the same. What
    counts no tokens, or makes none, lacks nothing. ``untold`` are meters of which the whole file tells nothing.
    """

    def reading(row: Row) -> Iterable[UsageRecord]:
        lacked: dict[str, bool] = {}  # looked up once, however many records the row has
        names = RowNames(row.raw)
        for record in read(row):
            unproven = list(_unproven(shape, record))
            found = [name for name in unproven if _is_lacked(name, shape.always, row, names, lacked)]
            empty = [name for name in unproven if name not in found and _is_uncounted(name, record)]
            if empty:
                record = record.with_remark(
                    Code.COUNT_EMPTY, f"{_named(empty)}: its field is empty, which is taken as 0"
                )
            record = _without(shape, record, found) if found else record
            yield _doubted(shape, record, untold) if untold else record

    return reading if shape.always else read


def _is_uncounted(name: str, record: UsageRecord) -> bool:
    return name in _UNBOUNDED and record.usage is not None and name not in record.usage.stated


def _without(shape: Shape, record: UsageRecord, names: Sequence[str]) -> UsageRecord:
    said = _said(shape, names)
    if not shape.leaves_out and any(name in _UNBOUNDED for name in names):
        return replace(record, usage=None, outcome=unpriced(said))
    inside = () if shape.caches_beside else tuple(name for name in names if name in _INSIDE)
    return record.with_remark(COLUMN_MISSING, said, inside)


def _doubted(shape: Shape, record: UsageRecord, untold: Collection[str]) -> UsageRecord:
    """The record, of whose input any part may have been cached, for all that is told in the whole file."""
    if record.usage is None or record.outcome.kind is not OutcomeKind.BILLED or not _is_answer(record):
        return record
    stated, is_writer = record.usage.stated, WRITER in record.model.lower()
    names = [
        name
        for name in untold
        if not stated.get(name) and name not in record.untold and (name != CACHE_WRITE or is_writer)
    ]
    said = f"{_named(names)} in the whole file: its tool writes that only where it counted any; if so, {_ANEW}"
    return record.with_remark(COLUMN_MISSING, said, () if shape.caches_beside else tuple(names)) if names else record


def _is_answer(record: UsageRecord) -> bool:
    stated = record.usage.stated if record.usage else ()
    return any(meter.endswith("_tokens") for meter in stated) and not makes_no_tokens(record.model)


def _unproven(shape: Shape, record: UsageRecord) -> Iterator[str]:
    """What should be told of a billed record, and is not proven by its counts to have been."""
    if record.usage is None or record.outcome.kind is not OutcomeKind.BILLED:
        return
    stated = record.usage.stated
    has_tokens = any(meter.endswith("_tokens") for meter in stated)
    is_answer, told = _is_answer(record), shape.always.keys() | shape.sometimes.keys()
    for name in shape.always:
        if name in shape.since and (record.at is None or record.at < shape.since[name]):
            continue
        if name == RECORD_ID:
            if record.record_id is None:
                yield name
            continue
        if name in _OF_A_SUM and _OF_A_SUM[name] in told and not stated.get(_OF_A_SUM[name]):
            continue
        is_proven = name in stated and not any(part in stated for part in _PARTS.get(name, ()))
        is_of_answers = name in shape.of_answers or (name in METERS and name not in _OF_ALL)
        is_asked = is_answer if is_of_answers else has_tokens or name not in METERS
        if is_asked and not is_proven:
            yield name


def _is_lacked(name: str, always: Always, row: Row, names: RowNames, known: dict[str, bool]) -> bool:
    if name not in known:
        known[name] = not _is_told(row, names, always[name])
    return known[name]


def _is_told(row: Row, names: RowNames, fields: Sequence[str]) -> bool:
    """Whether the row has one of these fields, which looks at no more of it than it has to."""
    if any(field in row.raw for field in fields):
        return True
    row.looks_at(*(field.partition(".")[0] for field in fields))
    if any(holds(row.raw, field) for field in fields):
        return True
    row.looks_at_all()
    return names.end_with(fields)


def _said(shape: Shape, names: Sequence[str]) -> str:
    if not shape.signs:  # described by its user, whose own table it is
        columns = " and ".join(name for one in names for name in shape.always[one])
        return f"{_named(names)}: the row has no column {columns}, as your map of columns calls that; write 0 for none"
    return f"{_named(names)}: the file has no field for that, which its tool always writes; {_ANEW}"


def _named(names: Sequence[str]) -> str:
    return f"no {' and no '.join(name.replace('_', ' ') for name in names)}"
