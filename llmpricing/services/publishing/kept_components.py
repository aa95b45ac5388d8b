"""Components of prices, read back from the texts under which they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.components import Component
from llmpricing.domain.conditions import Schedule
from llmpricing.services.price_book import BookRead, Reads


class KeptComponents:
    """Reads components back from their texts; each text is parsed once."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._parsed: dict[str, Component] = {}

    def read(self, text: str) -> Component:
        """The component of a text."""
        found = self._parsed.get(text)
        if found is None:
            found = self._parsed[text] = Component.parse(text, self._schedules if "schedule=" in text else {})
        return found

    @cached_property
    def _schedules(self) -> Mapping[str, Schedule]:
        return {row.key: _schedule(row) for row in schedule_rows(self._reads)}


@BookRead
def schedule_rows(book: PriceBook) -> Iterable[Any]:
    """The rows of all schedules."""
    return book.records("schedule")


def _schedule(row: Any) -> Schedule:
    windows = tuple((start, end) for start, end in row.windows)
    return Schedule(row.time_zone, windows, tuple(row.weekdays), tuple(row.holidays))
