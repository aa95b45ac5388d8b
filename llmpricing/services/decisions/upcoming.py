"""What is coming: prices that begin soon, and own aliases of offerings whose seller retires them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.components import ComponentKey
from llmpricing.domain.observations import Amount, State
from llmpricing.domain.prices import Price
from llmpricing.domain.times import micros
from llmpricing.models import Offering, PriceRow
from llmpricing.services.decisions.own_aliases import own_aliases
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import Reads, book_state
from llmpricing.services.publishing.published_prices import believed_prices

_RETIRED = ("deprecated", "removed")


@dataclass(frozen=True, slots=True)
class ComingPrice:
    """A price that begins at ``begins``; ``old`` is the one that ends there, None where there is none. ``source`` has
    been known to say so since ``announced``.
    """

    offering: str
    component: ComponentKey
    begins: datetime
    old: Amount | None
    new: Amount
    announced: datetime
    source: str


@dataclass(frozen=True, slots=True)
class RetiredAlias:
    """An own alias of an offering that is retired, with the day where a list states it."""

    name: str
    offering: str
    status: str | None
    retired_on: date | None


def coming_prices(reads: Reads, now: datetime, within: timedelta) -> list[ComingPrice]:
    """Prices that begin after ``now`` and no later than ``within`` from it, by time, offering and component."""
    known, until = book_state(reads), now + within
    ids = _with_coming(reads, now, until)
    slugs = {one.id: one.slug for one in names_of(reads, known).offerings.values()} if ids else {}
    found = [
        one
        for offering, prices in believed_prices(reads, ids, known.last_change).items()
        for one in _coming(slugs[offering], prices, now, until)
    ]
    return sorted(found, key=lambda one: (one.begins, one.offering, one.component.text))


def _with_coming(reads: Reads, now: datetime, until: datetime) -> set[int]:
    """The numbers of the offerings of which a price begins then."""
    if isinstance(reads, PriceBook):
        least, most = micros(now), micros(until)
        rows = reads.stored("price", "offering_id", "valid_from", "recorded_until")
        return {number for number, at, closed in rows if closed is None and at is not None and least < at <= most}
    begins = func.lower(PriceRow.valid)
    query = select(PriceRow.offering_id).where(PriceRow.current(), begins > now, begins <= until)
    return set(reads.scalars(query.distinct()))


def _coming(slug: str, prices: Sequence[Price], now: datetime, until: datetime) -> Iterator[ComingPrice]:
    ending = {(price.meter, price.conditions.key, price.valid_until): _amount(price) for price in prices}
    for price in prices:
        begins = price.valid_from
        if begins is None or not now < begins <= until or price.state is State.UNKNOWN:
            continue
        old, new = ending.get((price.meter, price.conditions.key, begins)), _amount(price)
        if old is None or not old.same_as(new):
            component = ComponentKey(price.meter, price.conditions.key)
            yield ComingPrice(slug, component, begins, old, new, price.first_seen or price.known_from, price.source)


def retired_aliases(session: Session, now: datetime) -> list[RetiredAlias]:
    """Own aliases that hold now, of offerings that a list calls deprecated or removed, or whose last day is over."""
    held = [one for one in own_aliases(session) if one.valid_until is None or one.valid_until > now]
    query = select(Offering.slug, Offering.status, Offering.deprecated_on).where(
        Offering.slug.in_([one.offering for one in held])
    )
    states = {slug: (status, day) for slug, status, day in session.execute(query)}
    return [
        RetiredAlias(one.name, one.offering, status, day)
        for one in held
        for status, day in [states[one.offering]]
        if status in _RETIRED or (day is not None and day <= now.date())
    ]


def _amount(price: Price) -> Amount:
    return Amount(price.state, price.amount, price.per, price.currency)
