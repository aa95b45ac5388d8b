"""What each field of a usage file is taken for: each is changed a little in a few rows, and what changes tells it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import islice, zip_longest
from typing import Any

import msgspec

from llmpricing.domain.times import InstantError
from llmpricing.domain.usage.quantities import Usage, UsageError
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.raw_blocks import BROKEN
from llmpricing.services.usage_log.formats.raw_rows import raw_rows
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.tool_names import by_tool_names
from llmpricing.services.usage_log.formats.unread import Unread
from llmpricing.services.usage_log.formats.usage_file import TakenFor, UsageFile
from llmpricing.services.usage_log.formats.values import as_instant, as_json, as_number, states_nothing

_LIVES = ("cache_write_5m_tokens", "cache_write_1h_tokens")
_STEP = "context step"
_ROWS, _LOOKED_AT, _MOST_FIELDS, _ITEMS = 30, 3, 120, 2
_MOST_READ = 500_000  # fields, over all changes: some two seconds
BILLED_OR_NOT, PRICED_OR_NOT = "whether it is billed", "whether it has a price"
_WELL, _FAILED = 200, Decimal(500)  # of HTTP
_PARTED = re.compile(r"\d[-:/]\d")
_WORDS = ("failure", "error")  # of fields that say how a call ended
Fields = Mapping[str, Any]


def taken_for(file: UsageFile) -> TakenFor:
    """What the fields of the file's first rows are taken for; nothing of a file that cannot be read."""
    try:
        found = [row.fields for row in islice(raw_rows(file.path, file.signs), _ROWS)]
    except (LogError, OSError):
        return TakenFor()
    rows = [_trimmed(row) for row in found if BROKEN not in row and "" not in row]
    base, said = _records(file.shape, rows), dict[str, set[str]]()
    sizes, left = [_size(row) for row in rows], _MOST_READ
    for place in _telling(rows, base, file.shape.keyed):
        for name, changed in islice(_changes(rows[place], file.shape.keyed), _MOST_FIELDS):
            left -= sum(sizes[: place + 1])
            if left < 0:
                break
            there = _records(file.shape, [*rows[:place], changed])[place]
            said.setdefault(name, set()).update(_differing(base[place], there))
    fields = {name: _told(roles) for name, roles in said.items() if roles}
    return TakenFor(fields, [name for name, roles in said.items() if not roles])


def _size(value: Any) -> int:
    """How many fields it has, in all depths."""
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, list):
        return sum(map(_size, value)) + 1
    return value.count('":') + 1 if isinstance(value, str) else 1


def _told(roles: set[str]) -> list[str]:
    """The roles without what goes with others of them: sums with their parts, prices with counts."""
    found = roles - {"cache_write_tokens"} if any(role in roles for role in _LIVES) else roles
    plain = found - {PRICED_OR_NOT, _STEP}
    return sorted(plain or found)


def _records(shape: Shape, rows: Sequence[Fields]) -> list[list[UsageRecord]]:
    """The records of each row, read in order."""
    read = shape.reader(shape.scan([by_tool_names(shape, row) for row in rows]) if shape.scan else None)
    found: list[list[UsageRecord]] = []
    for row in rows:
        try:
            found.append(list(read(Row(by_tool_names(shape, row), Unread()))))
        except UsageError:
            found.append([])
    return found


def _telling(rows: Sequence[Fields], base: Sequence[Sequence[UsageRecord]], keyed: Collection[str]) -> Iterator[int]:
    """The places of a few rows with usage that state different fields."""
    seen: set[frozenset[str]] = set()
    for place, records in enumerate(base):
        names = frozenset(name for name, _ in islice(_changes(rows[place], keyed), _MOST_FIELDS))
        if any(record.usage or record.charged for record in records) and names not in seen and len(seen) < _LOOKED_AT:
            seen.add(names)
            yield place


def _changes(value: Any, keyed: Collection[str], name: str = "") -> Iterator[tuple[str, Any]]:
    """The value with one of its fields changed, for each that states something, with the field's name; of a ``keyed``
    object the first ones, whose own names are data.
    """
    try:
        opened = as_json(name, value)
    except UsageError:
        opened = value
    if isinstance(opened, Mapping):
        named = opened["key"] if _is_attribute(opened) else None
        is_keyed = name.rpartition(".")[2] in keyed
        for key, inner in islice(opened.items(), _ITEMS) if is_keyed else opened.items():
            below = str(named) if named else f"{name}.{'*' if is_keyed else key}".lstrip(".")
            for place, changed in _changes(inner, keyed, below) if named is None or key == "value" else ():
                place = below if named else place
                yield place, _packed({**opened, key: changed}, value)
    elif isinstance(opened, list):
        for number, inner in enumerate(_trimmed(opened)):
            for below, changed in _changes(inner, keyed, name):
                yield below, _packed([*opened[:number], changed, *opened[number + 1 :]], value)
    elif value is not None and not states_nothing(value):
        yield from ((name, other) for other in _otherwise(value))


def _is_attribute(value: Any) -> bool:
    """Whether it is one of OTLP's, or a tag of Jaeger's, which name what they state beside it."""
    return isinstance(value, Mapping) and value.keys() - {"type"} == {"key", "value"}


def _trimmed(value: Any) -> Any:
    """The value with the first items of its lists, which are alike, but with all attributes of OTLP."""
    if isinstance(value, Mapping):
        return {name: _trimmed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_trimmed(inner) for number, inner in enumerate(value) if number < _ITEMS or _is_attribute(inner)]
    return value


def _packed(changed: Any, given: Any) -> Any:
    return msgspec.json.encode(changed).decode() if isinstance(given, str) else changed


def _otherwise(value: Any) -> Iterator[Any]:
    """Something else of the same kind."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, str) and value.strip().lower() in ("true", "false"):
        yield "False" if value.strip().lower() == "true" else "True"
    elif (moment := _moment(value)) is not None:
        yield moment
    elif (number := _number(value)) is not None:
        more = number + 1 + number // 1000  # else a time in nanoseconds is the same
        for other in (more, _FAILED) if number == _WELL else (more,):
            yield str(other) if isinstance(value, str) else type(value)(other)
    elif isinstance(value, str):
        yield from (f"{value}~", *_WORDS)


def _moment(value: Any) -> Any:
    """A day later, where it is a text of a time."""
    try:
        return (as_instant(value) - timedelta(days=1)).isoformat() if _PARTED.search(str(value)) else None
    except InstantError:
        return None


def _number(value: Any) -> Decimal | None:
    try:
        return as_number("", value)
    except UsageError:
        return None


def _differing(before: Sequence[UsageRecord], after: Sequence[UsageRecord]) -> Iterator[str]:
    for one, other in zip_longest(before, after):
        yield from (BILLED_OR_NOT,) if one is None or other is None else _roles(one, other)


def _step(usage: Usage) -> tuple[object, ...]:
    return usage.request_input, usage.told and usage.told.window


def _roles(one: UsageRecord, other: UsageRecord) -> Iterator[str]:
    """What differs between two records, in words."""
    if one.outcome != other.outcome or (one.usage is None) != (other.usage is None):
        yield PRICED_OR_NOT if other.outcome.kind is OutcomeKind.UNPRICED else BILLED_OR_NOT
        return
    if one.usage and other.usage:
        stated, there = one.usage.stated, other.usage.stated
        yield from (meter for meter in {**stated, **there} if stated.get(meter) != there.get(meter))
        if _step(one.usage) != _step(other.usage):
            yield _STEP
    yield from (label for label in {**one.labels, **other.labels} if one.labels.get(label) != other.labels.get(label))
    for word, was, became in (
        ("time", one.at, other.at),
        ("time", one.span, other.span),
        ("model", one.model, other.model),
        ("seller", one.provider, other.provider),
        ("tier", one.context.service_tier, other.context.service_tier),
        ("place", one.context.region, other.context.region),
        ("charged", one.charged, other.charged),
        ("currency", one.currency, other.currency),
        ("id", one.record_id, other.record_id),
    ):
        if was != became:
            yield word
