"""What lists announce of rows of the list: from when on others of their prices hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.behind_rows import behind_rows
from llmpricing.services.catalogue.listing import rows_of
from llmpricing.services.catalogue.row_announced import EndingPrice, next_end
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import Reads

_MOST_ENDS = 4  # that are looked at of an offering: most prices end where others begin


class AnnouncedRow(NamedTuple):
    """A row of the list as it is ``now``, and as it is ``then``, when a price of it has ended."""

    now: Any
    then: Any

    @property
    def moved(self) -> list[str]:
        """The columns of prices that are others then."""
        return [name for name in BASE_METERS if getattr(self.now, name) != getattr(self.then, name)]


def announced_rows(
    reads: Reads, clocks: Clocks, prices: Mapping[str, Iterable[EndingPrice]], standing: StandsOn
) -> list[tuple[datetime, list[AnnouncedRow]]]:
    """The rows of offerings by when a price of theirs ends, the nearest first: after both times asked for, so that who
    pins them is always told the same. ``prices`` are those of their rows, by id; where the columns stay as they are
    after an end, the next one stands there too.
    """
    pending = _ends(prices, max(clocks.as_of, clocks.known_at))
    now = {row.id: row for row in rows_of(reads, clocks, sorted(pending), standing)} if pending else {}
    found: defaultdict[datetime, list[AnnouncedRow]] = defaultdict(list)
    for _ in range(_MOST_ENDS):
        at_ends, pending = pending, {}
        for at in sorted(set(at_ends.values())):
            then = Clocks(at, clocks.known_at)
            slugs = [slug for slug, end in at_ends.items() if end == at and slug in now]
            rows = [AnnouncedRow(now[row.id], row) for row in rows_of(reads, then, slugs, standing)]
            found[at] += rows
            pending |= _next_ends(reads, then, [row.then for row in rows if not row.moved], standing)
    return sorted(found.items())


def _ends(prices: Mapping[str, Iterable[EndingPrice]], after: datetime) -> dict[str, datetime]:
    return {slug: end for slug, of_it in prices.items() if (end := next_end(of_it, after)) is not None}


def _next_ends(reads: Reads, then: Clocks, rows: Sequence[Any], standing: StandsOn) -> dict[str, datetime]:
    """When what these rows ask from ``then`` on ends."""
    behind = behind_rows(reads, then, [row.number for row in rows], standing)
    return _ends({row.id: behind[row.number].prices for row in rows}, then.as_of)
