"""Records of files whose tool may tell no time: they are of now, which is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from llmpricing.domain.quotes.notices import Code
from llmpricing.services.usage_log.formats.record import UsageRecord, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RecordReader, Shape

OF_NOW = "no time is stated: priced as of now"
_UNTOLD = unpriced("no time is stated, and prices have one")


def dated(shape: Shape, now: datetime | None) -> Shape:
    """The shape, whose records without a time are of ``now``; without a price where there is no ``now``."""
    return replace(shape, reader=_reader(shape.reader, now)) if shape.may_lack_time else shape


def _reader(reader: Callable[[Any], RecordReader], now: datetime | None) -> Callable[[Any], RecordReader]:
    def of_file(found: Any) -> RecordReader:
        read = reader(found)

        def records(row: Row) -> list[UsageRecord]:
            return [_dated(record, now) for record in read(row)]

        return records

    return of_file


def _dated(record: UsageRecord, now: datetime | None) -> UsageRecord:
    if record.usage is None or record.at is not None:
        return record
    if now is None:
        return replace(record, usage=None, outcome=_UNTOLD)
    return replace(record, at=now).with_remark(Code.TIME_ASSUMED, OF_NOW)
