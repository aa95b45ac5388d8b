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
from llmpricing.domain.observations import Amount, State
from llmpricing.models import Offering, Review, ReviewOutcome, Source
from llmpricing.services.decisions.effects import standing_prices
from llmpricing.services.publishing.readings import lists_of

WORKLOAD: Mapping[str, int] = {"input_tokens": 1_000_000, "output_tokens": 200_000}
_StandingPrices = Mapping[tuple[str, ComponentKey], Amount]  # by offering and component


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
    """An observation that a guard stopped; ``said_before`` and ``new`` are in ``currency`` per ``per`` of the meter.

    ``stands`` is what is published today, None where that is unknown; ``said_before`` the source's own value before,
    else that of the list that the guard held it against. ``repeated`` is how many lists of the source say so by now,
    the first one among them.
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
    stands: Amount | None
    said_before: Decimal | None
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
    def old(self) -> Decimal | None:
        """What stands, per ``per`` units; None where it is unknown, not sold by the unit or in another currency."""
        unit = self.stands.unit_price if self.stands and self.stands.currency == self.currency else None
        return None if unit is None else quantise(unit * self.per)

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
    standing = standing_prices(session, {slug for _, slug, _ in found}, now)
    held = _held((slug, review) for review, slug, _ in found)
    lists = lists_of(session)
    return [
        _waiting(review, slug, source, standing, held[slug, review.source_id], lists) for review, slug, source in found
    ]


def _held(reviews: Iterable[tuple[str, Review]]) -> dict[tuple[str, int], _StandingPrices]:
    """What waits, by offering and source; of one component only a source's last observation does."""
    found: dict[tuple[str, int], dict[tuple[str, ComponentKey], Amount]] = defaultdict(dict)
    for slug, review in reviews:
        found[slug, review.source_id][slug, ComponentKey.parse(review.component)] = _asked(review)
    return defaultdict(dict, found)


def _asked(review: Review) -> Amount:
    state = State.PRICED if review.new_amount else State.FREE
    return Amount(state, review.new_amount or None, review.per_quantity, review.currency)


def _waiting(
    review: Review,
    offering: str,
    source: str,
    standing: _StandingPrices,
    held: _StandingPrices,
    lists: Mapping[str, Sequence[datetime]],
) -> Waiting:
    meter, conditions = component = ComponentKey.parse(review.component)
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
        stands=standing.get((offering, component)),
        said_before=review.old_amount,
        new=review.new_amount or Decimal(0),
        currency=review.currency,
        per=review.per_quantity,
        opened_at=review.opened_at,
        repeated=len(lists[source]) - bisect_left(lists[source], review.time),
        effect=_effect(review, offering, standing, held if review.outcome is None else {}),
        decided=_decided(review),
    )


def _decided(review: Review) -> Decided | None:
    if review.outcome is None or review.closed_at is None or review.decided_by is None:
        return None
    return Decided(review.outcome, review.decided_by, review.closed_at, review.note)


def _effect(review: Review, offering: str, standing: _StandingPrices, held: _StandingPrices) -> Effect:
    """On a million tokens in and 200,000 out where the price is one of the two; else on the meter's usual quantity."""
    meter, conditions = component = ComponentKey.parse(review.component)
    quantity = WORKLOAD.get(meter, METERS[meter].per)
    unit = _unit_price(standing, [(offering, component)], review.currency)
    before = None if unit is None else unit * quantity
    after = Fraction(review.new_amount or 0) * quantity / review.per_quantity
    workload = f"{quantity:,} {meter}"
    if meter in WORKLOAD:
        (other,) = WORKLOAD.keys() - {meter}
        keys = [(offering, ComponentKey(other, key)) for key in (conditions, "")]
        accepted = {**standing, **held}
        rest, rest_after = (_unit_price(prices, keys, review.currency) for prices in (standing, accepted))
        if rest_after is None:
            workload += f" ({other} have no price)"
        else:
            workload = " + ".join(f"{count:,} {name}" for name, count in WORKLOAD.items())
            after += rest_after * WORKLOAD[other]
            before = None if before is None or rest is None else before + rest * WORKLOAD[other]
        if next((key for key in keys if key in accepted), None) in held:
            workload += f" ({other} wait too: taken as accepted)"
    return Effect(workload, None if before is None else quantise(before), quantise(after))


def _unit_price(prices: _StandingPrices, keys: Iterable[tuple[str, ComponentKey]], currency: str) -> Fraction | None:
    """The first of these prices that there is, if it is sold by the unit and in that currency."""
    found = next((prices[key] for key in keys if key in prices), None)
    return found.unit_price if found and found.currency == currency else None
