"""The observations that wait for a person, with what is needed to decide: old, new, source, rule and effect."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.meters import METERS
from llmpricing.domain.money import quantise
from llmpricing.domain.observations import State
from llmpricing.models import Offering, PriceRow, Review, ReviewOutcome, Source
from llmpricing.services.publishing.readings import lists_of

WORKLOAD: Mapping[str, int] = {"input_tokens": 1_000_000, "output_tokens": 200_000}
_UnitPrices = dict[tuple[int, str, str], tuple[Fraction, str]]  # offering, meter, conditions: unit price and currency


@dataclass(frozen=True, slots=True)
class Effect:
    """What a workload costs before and after, in the review's currency; before is None where a price is missing.

    ``after`` supposes that what waits of the same source on the other half of the workload is accepted too.
    """

    workload: str
    before: Decimal | None
    after: Decimal

    @property
    def size(self) -> Fraction:
        """By what factor the cost changes, up or down; 0 where there was none before, or it was or will be nothing."""
        if not self.before or not self.after:
            return Fraction(0)
        factor = Fraction(self.after) / Fraction(self.before)
        return max(factor, 1 / factor)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided of an observation, who, when, and why."""

    outcome: str
    by: str
    at: datetime
    note: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An observation that a guard stopped: ``old`` and ``new`` are in ``currency`` per ``per`` units of the meter.

    ``old`` is the source's value before, else what is published; None where there is neither. ``repeated`` is how many
    lists of the source say so by now, the first one among them.
    """

    id: int
    offering: str
    meter: str
    condition_key: str
    source: str
    published_at: datetime
    rule: str
    against: str
    slip: str | None
    old: Decimal | None
    new: Decimal
    currency: str
    per: int
    opened_at: datetime
    repeated: int
    effect: Effect
    decided: Decided | None = None

    @property
    def provider(self) -> str:
        """The seller's id."""
        return self.offering.partition("/")[0]

    @property
    def factor(self) -> Fraction | None:
        """new / old; None where one of them is unknown or free."""
        return Fraction(self.new) / Fraction(self.old) if self.old and self.new else None


def held_of(session: Session, source: str, published_at: datetime) -> list[Waiting]:
    """What waits of one list."""
    found = waiting_reviews(session, published_at)
    return [one for one in found if (one.source, one.published_at) == (source, published_at)]


def waiting_reviews(session: Session, now: datetime) -> list[Waiting]:
    """All open reviews, by offering, meter and conditions."""
    return _read(session, now, Review.closed_at.is_(None))


def decided_reviews(session: Session, now: datetime) -> list[Waiting]:
    """All reviews that a person accepted or rejected, as they stand, by offering, meter and conditions."""
    return _read(session, now, Review.outcome.in_((ReviewOutcome.ACCEPTED, ReviewOutcome.REJECTED)))


def offerings_in(session: Session, reviews: Collection[int]) -> set[str]:
    """The offerings of reviews, by id; numbers that are none count for nothing."""
    query = select(Offering.slug).join(Review, Review.offering_id == Offering.id).where(Review.id.in_(reviews))
    return set(session.scalars(query))


def _read(session: Session, now: datetime, which: ColumnElement[bool]) -> list[Waiting]:
    query = (
        select(Review, Offering.slug, Source.slug)
        .join(Offering, Offering.id == Review.offering_id)
        .join(Source, Source.id == Review.source_id)
        .where(which)
        .order_by(Offering.slug, Review.component.collate("C"), Review.time, Review.id)
    )
    found = session.execute(query).all()
    published = _published(session, {review.offering_id for review, *_ in found}, now)
    held = _held(review for review, *_ in found)
    lists = lists_of(session)
    return [
        _waiting(review, offering, source, published, held[review.offering_id, review.source_id], lists)
        for review, offering, source in found
    ]


def _held(reviews: Iterable[Review]) -> dict[tuple[int, int], _UnitPrices]:
    """What waits, by offering and source; of one component only a source's last observation does."""
    found: dict[tuple[int, int], _UnitPrices] = defaultdict(dict)
    for review in reviews:
        meter, conditions = ComponentKey.parse(review.component)
        unit = Fraction(review.new_amount or 0) / review.per_quantity
        found[review.offering_id, review.source_id][review.offering_id, meter, conditions] = (unit, review.currency)
    return found


def _waiting(
    review: Review,
    offering: str,
    source: str,
    published: _UnitPrices,
    held: _UnitPrices,
    lists: Mapping[str, Sequence[datetime]],
) -> Waiting:
    meter, conditions = ComponentKey.parse(review.component)
    old = review.old_amount
    unit, currency = published.get((review.offering_id, meter, conditions), (None, review.currency))
    if old is None and unit is not None and currency == review.currency:
        old = quantise(unit * review.per_quantity)
    return Waiting(
        id=review.id,
        offering=offering,
        meter=meter,
        condition_key=conditions,
        source=source,
        published_at=review.time,
        rule=review.rule,
        against=review.against,
        slip=review.slip,
        old=old,
        new=review.new_amount or Decimal(0),
        currency=review.currency,
        per=review.per_quantity,
        opened_at=review.opened_at,
        repeated=len(lists[source]) - bisect_left(lists[source], review.time),
        effect=_effect(review, old, published, held if review.outcome is None else {}),
        decided=_decided(review),
    )


def _decided(review: Review) -> Decided | None:
    if review.outcome is None or review.closed_at is None or review.decided_by is None:
        return None
    return Decided(review.outcome, review.decided_by, review.closed_at, review.note)


def _effect(review: Review, old: Decimal | None, published: _UnitPrices, held: _UnitPrices) -> Effect:
    """On a million tokens in and 200,000 out where the price is one of the two; else on the meter's usual quantity."""
    meter, conditions = ComponentKey.parse(review.component)
    quantity = WORKLOAD.get(meter, METERS[meter].per)
    before = _costs(old, review.per_quantity, quantity)
    after = _costs(review.new_amount or Decimal(0), review.per_quantity, quantity) or Fraction(0)
    workload = f"{quantity:,} {meter}"
    if meter in WORKLOAD:
        (other,) = WORKLOAD.keys() - {meter}
        keys = [(review.offering_id, other, key) for key in (conditions, "")]
        accepted = published | held
        rest, rest_after = (_unit_price(prices, keys, review.currency) for prices in (published, accepted))
        if rest_after is None:
            workload += f" ({other} have no price)"
        else:
            workload = " + ".join(f"{count:,} {name}" for name, count in WORKLOAD.items())
            after += rest_after * WORKLOAD[other]
            before = None if before is None or rest is None else before + rest * WORKLOAD[other]
        if next((key for key in keys if key in accepted), None) in held:
            workload += f" ({other} wait too: taken as accepted)"
    return Effect(workload, None if before is None else quantise(before), quantise(after))


def _costs(amount: Decimal | None, per: int, quantity: int) -> Fraction | None:
    return None if amount is None else Fraction(amount) * quantity / per


def _unit_price(prices: _UnitPrices, keys: Iterable[tuple[int, str, str]], currency: str) -> Fraction | None:
    """The first of these prices that there is, if it is in that currency."""
    unit, found_in = next((prices[key] for key in keys if key in prices), (None, currency))
    return unit if found_in == currency else None


def _published(session: Session, offerings: set[int], now: datetime) -> _UnitPrices:
    query = select(
        PriceRow.offering_id,
        PriceRow.meter,
        PriceRow.condition_key,
        PriceRow.amount,
        PriceRow.per_quantity,
        PriceRow.currency,
    ).where(
        PriceRow.offering_id.in_(offerings),
        PriceRow.state.in_((State.PRICED, State.FREE)),
        PriceRow.valid.contains(now),
        PriceRow.current(),
    )
    return {
        (offering, meter, key): (Fraction(amount or 0) / per, currency)
        for offering, meter, key, amount, per, currency in session.execute(query)
    }
