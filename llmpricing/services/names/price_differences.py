"""When two offerings that one name may mean asked different prices, on both clocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from llmpricing.book.price_book import PriceBook
from llmpricing.book.shape import BookSpan
from llmpricing.domain.times import TimeSpan
from llmpricing.services.names.priced_times import COSTS, Periods
from llmpricing.services.price_book import BookRead, Reads

_TwinPair = tuple[str, str]
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class _PricedSpan(NamedTuple):
    """What an offering asked for one component."""

    component: tuple[str, str]
    price: tuple[Decimal, str]  # of one unit, with the currency
    valid: TimeSpan
    recorded: TimeSpan


def pair_key(one: str, other: str) -> str:
    """One key for two offerings, in whatever order."""
    return "\n".join(sorted((one, other)))


def differing_times(reads: Reads, pairs: Iterable[_TwinPair]) -> Periods:
    """The (valid, recorded) periods in which the two of a pair ask different prices for the same component; by
    ``pair_key``. One query, whatever the number of pairs.
    """
    wanted = {pair_key(*pair): pair for pair in pairs}
    spans = _spans(reads, {slug for pair in wanted.values() for slug in pair})
    found = {key: _differing(spans.get(one, ()), spans.get(other, ())) for key, (one, other) in wanted.items()}
    return {key: periods for key, periods in found.items() if periods}


def _spans(reads: Reads, slugs: set[str]) -> Mapping[str, list[_PricedSpan]]:
    found: dict[str, list[_PricedSpan]] = defaultdict(list)
    if not slugs:
        return found
    for slug, meter, conditions, amount, per, currency, valid, recorded in asked_prices(reads, slugs):
        price = (Decimal(amount or 0) / per, currency if amount else "")
        found[slug].append(_PricedSpan((meter, conditions), price, valid, recorded))
    return found


@BookRead
def asked_prices(book: PriceBook, slugs: set[str]) -> Iterable[Any]:
    """What these offerings ever asked, row by row as it is read above."""
    names = ("offering_id", "state", "meter", "condition_key", "amount", "per_quantity", "currency")
    rows = book.rows("price", (*names, "valid", "recorded"), [book.numbers[slug] for slug in slugs])
    return ((book.slugs[offering], *asked) for offering, state, *asked in rows if state in COSTS)


def _differing(one: Sequence[_PricedSpan], other: Sequence[_PricedSpan]) -> list[tuple[TimeSpan, TimeSpan]]:
    """Where both clocks lie inside the rows of both: no more than one period for two rows of one component."""
    theirs: dict[tuple[str, str], list[_PricedSpan]] = defaultdict(list)
    for row in other:
        theirs[row.component].append(row)
    found: list[tuple[TimeSpan, TimeSpan]] = []
    for mine in one:
        for row in theirs.get(mine.component, ()):
            valid, recorded = _common(mine.valid, row.valid), _common(mine.recorded, row.recorded)
            if mine.price != row.price and valid and recorded and (valid, recorded) not in found:
                found.append((valid, recorded))
    return found


def _common(one: TimeSpan, other: TimeSpan) -> BookSpan | None:
    lower = max(one.lower or _BEGINNING, other.lower or _BEGINNING)
    uppers = [upper for upper in (one.upper, other.upper) if upper is not None]
    upper = min(uppers, default=None)
    if upper is not None and upper <= lower:
        return None
    return BookSpan(None if lower == _BEGINNING else lower, upper)
