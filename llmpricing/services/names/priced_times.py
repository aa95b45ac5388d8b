"""When offerings had a price at all, as far as names need it: an id without one does not hide what a clause gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, exists, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import aliased

from llmpricing.book.price_book import PriceBook
from llmpricing.models import Offering, PriceRow
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import Reads

COSTS = ("priced", "free", "included", "subscription")
Periods = Mapping[str, Sequence[tuple[Range[datetime], Range[datetime]]]]  # by offering, (valid, recorded)


def priced_at_times(reads: Reads, offerings: Collection[int] | None = None) -> Periods:
    """The periods in which each of these offerings had a price (None: of all), of all but those that have one at all
    times.
    """
    if isinstance(reads, PriceBook):
        return _in_book(reads, offerings)
    always = aliased(PriceRow)
    has_always = exists().where(
        always.offering_id == Offering.id,
        always.state.in_(COSTS),
        func.lower_inf(always.valid),
        func.upper_inf(always.valid),
        func.upper_inf(always.recorded),
        func.lower(always.recorded) <= Offering.created_at,  # what was once without a price stays so for that known_at
    )
    query = (
        select(Offering.slug, PriceRow.valid, PriceRow.recorded)
        .outerjoin(PriceRow, and_(PriceRow.offering_id == Offering.id, PriceRow.state.in_(COSTS)))
        .where(~has_always)
    )
    if offerings is not None:
        query = query.where(Offering.id.in_(offerings))
    found: dict[str, list[tuple[Range[datetime], Range[datetime]]]] = defaultdict(list)
    for slug, valid, recorded in reads.execute(query):
        periods = found[slug]
        if valid is not None and (valid, recorded) not in periods:
            periods.append((valid, recorded))
    return dict(found)


def _in_book(book: PriceBook, offerings: Collection[int] | None) -> Periods:
    created = dict(book.stored("offering", "id", "created_at"))
    wanted = set(created if offerings is None else offerings)
    always, priced = set[int](), set[int]()
    names = ("offering_id", "state", "valid_from", "valid_until", "recorded_from", "recorded_until")
    for offering, state, begins, ends, recorded, closed in book.stored("price", *names):
        if offering in wanted and state in COSTS:
            priced.add(offering)
            if begins is None and ends is None and closed is None and recorded <= created[offering]:
                always.add(offering)
    found: dict[str, list[tuple[Range[datetime], Range[datetime]]]] = {
        book.slugs[offering]: [] for offering in wanted - always
    }
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
