"""The words that wait for a person, with what is needed to decide: old, new, source, rule and effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.domain.meters import METERS
from llmpricing.domain.money import quantise
from llmpricing.models import Offering, PriceRow, Review, Source

WORKLOAD: Mapping[str, int] = {"input_tokens": 1_000_000, "output_tokens": 200_000}
_Prices = dict[tuple[int, str, str], tuple[Fraction, str]]  # offering, meter, conditions: unit price and currency


@dataclass(frozen=True, slots=True)
class Effect:
    """What a workload costs before and after, in the review's currency; before is None where there is no price."""

    workload: str
    before: Decimal | None
    after: Decimal


@dataclass(frozen=True, slots=True)
class Waiting:
    """A word that a guard stopped: ``old`` and ``new`` are in ``currency`` per ``per`` units of the meter.

    ``old`` is what the source said before, else what is published; None where nobody said anything yet.
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
    effect: Effect

    @property
    def factor(self) -> Fraction | None:
        """new / old; None where one of them is unknown or free."""
        return Fraction(self.new) / Fraction(self.old) if self.old and self.new else None


def waiting_reviews(session: Session, now: datetime) -> list[Waiting]:
    """All open reviews, by offering, meter and conditions."""
    query = (
        select(Review, Offering.slug, Source.slug)
        .join(Offering, Offering.id == Review.offering_id)
        .join(Source, Source.id == Review.source_id)
        .where(Review.closed_at.is_(None))
        .order_by(Offering.slug, Review.component.collate("C"), Review.time, Review.id)
    )
    found = session.execute(query).all()
    published = _published(session, {review.offering_id for review, *_ in found}, now)
    return [_waiting(review, offering, source, published) for review, offering, source in found]


def _waiting(review: Review, offering: str, source: str, published: _Prices) -> Waiting:
    meter, _, conditions = review.component.partition("|")
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
        effect=_effect(review, meter, conditions, old, published),
    )


def _effect(review: Review, meter: str, conditions: str, old: Decimal | None, published: _Prices) -> Effect:
    """On a million tokens in and 200,000 out where the price is one of the two; else on the meter's usual quantity."""
    if meter not in WORKLOAD:
        quantity, rest, workload = METERS[meter].per, Fraction(0), f"{METERS[meter].per:,} {meter}"
    else:
        (other,) = WORKLOAD.keys() - {meter}
        keys = ((review.offering_id, other, key) for key in (conditions, ""))
        price = next((published[key][0] for key in keys if key in published), None)
        quantity, rest = WORKLOAD[meter], (price or Fraction(0)) * WORKLOAD[other]
        workload = "1,000,000 input_tokens + 200,000 output_tokens"
        if price is None:
            workload = f"{quantity:,} {meter} ({other} have no price)"
    before, after = (
        None if amount is None else quantise(Fraction(amount) * quantity / review.per_quantity + rest)
        for amount in (old, review.new_amount or Decimal(0))
    )
    return Effect(workload, before, after or Decimal(0))


def _published(session: Session, offerings: set[int], now: datetime) -> _Prices:
    query = select(
        PriceRow.offering_id,
        PriceRow.meter,
        PriceRow.condition_key,
        PriceRow.amount,
        PriceRow.per_quantity,
        PriceRow.currency,
    ).where(
        PriceRow.offering_id.in_(offerings),
        PriceRow.state.in_(("priced", "free")),
        PriceRow.valid.contains(now),
        func.upper_inf(PriceRow.recorded),
    )
    return {
        (offering, meter, key): (Fraction(amount or 0) / per, currency)
        for offering, meter, key, amount, per, currency in session.execute(query)
    }
