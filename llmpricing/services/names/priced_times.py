"""When offerings had a price at all, as far as names need it: an id without one does not hide what a clause gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.times import TimeSpan
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import BookRead

COSTS = ("priced", "free", "included", "subscription")
Periods = Mapping[str, Sequence[tuple[TimeSpan, TimeSpan]]]  # by offering, (valid, recorded)


@BookRead
def priced_at_times(book: PriceBook, offerings: Collection[int] | None = None) -> Periods:
    """The periods in which each of these offerings had a price (None: of all), of all but those that have one at all
    times.
    """
    created = dict(book.stored("offering", "id", "created_at"))
    wanted = set(created if offerings is None else offerings)
    always, priced = set[int](), set[int]()
    names = ("offering_id", "state", "valid_from", "valid_until", "recorded_from", "recorded_until")
    for offering, state, begins, ends, recorded, closed in book.stored("price", *names):
        if offering in wanted and state in COSTS:
            priced.add(offering)
            if begins is None and ends is None and closed is None and recorded <= created[offering]:
                always.add(offering)
    found: dict[str, list[tuple[TimeSpan, TimeSpan]]] = {book.slugs[offering]: [] for offering in wanted - always}
    rows = book.rows("price", ("offering_id", "state", "valid", "recorded"), priced - always)
    for offering, state, valid, recorded in rows:
        periods = found[book.slugs[offering]]
        if state in COSTS and (valid, recorded) not in periods:
            periods.append((valid, recorded))
    return found


def has_price(periods: Periods, slug: str, clocks: Clocks) -> bool:
    """Whether the offering has a price at that moment, by what was recorded then."""
    known = periods.get(slug)
    return known is None or any(clocks.as_of in valid and clocks.known_at in recorded for valid, recorded in known)
