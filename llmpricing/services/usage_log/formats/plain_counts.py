"""Whether the counts of a table can be taken as they stand, by a reader that knows no signs between thousands."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.noted_numbers import number_signs
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RecordReader, Shape


def check_plain_counts(path: Path, columns: Collection[str]) -> None:
    """Raises UnclearNumbers where nothing tells whether a point in one of these columns of a table whose cells commas
    divide parts thousands: 100.000 is a hundred thousand to who writes so, and a hundred to who reads it as it stands.
    """

    def read(row: Row) -> Iterator[UsageRecord]:
        for name in columns:
            with suppress(UsageError):
                row.count(name)
        return iter(())

    def reader(_found: object) -> RecordReader:
        return read

    number_signs(path, Shape("", "", "", (), reader), lambda: None)
