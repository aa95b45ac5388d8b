"""What lists announce of rows of the list: from when on others of their prices hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.listing import rows_of
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import Reads


class AnnouncedRow(NamedTuple):
    """A row of the list as it is ``now``, and as it is ``then``, when a price of it has ended."""

    now: Any
    then: Any

    @property
    def moved(self) -> list[str]:
        """The columns of prices that are others then."""
        return [name for name in BASE_METERS if getattr(self.now, name) != getattr(self.then, name)]


def announced_rows(
    reads: Reads, clocks: Clocks, ends: Mapping[str, datetime | None], standing: StandsOn
) -> dict[datetime, list[AnnouncedRow]]:
    """The rows of these offerings by when a price of theirs ends; ``ends`` tells that by id, None where none is known
    to.
    """
    by_time: dict[datetime, list[str]] = {}
    for slug, at in ends.items():
        if at is not None:
            by_time.setdefault(at, []).append(slug)
    return {at: list(_rows(reads, clocks, at, slugs, standing)) for at, slugs in by_time.items()}


def _rows(
    reads: Reads, clocks: Clocks, at: datetime, slugs: Sequence[str], standing: StandsOn
) -> Iterator[AnnouncedRow]:
    then = {row.id: row for row in rows_of(reads, Clocks(at, clocks.known_at), slugs, standing)}
    for row in rows_of(reads, clocks, slugs, standing):
        if row.id in then:
            yield AnnouncedRow(row, then[row.id])
