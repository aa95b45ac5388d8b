"""Where sources differ now from what is published, and by how much; nothing is averaged, every observation is shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import CTE, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.observations import Amount, State
from llmpricing.models import NewestObservationRow, Offering, PriceRow, Provider, Review, ReviewOutcome, Source

_SAME = 1 + Fraction(1, 10**9)  # closer than this is the same number written otherwise
_ROUNDING, _SEVERE = Fraction(1005, 1000), Fraction(4)


class DisagreementKind(StrEnum):
    """How far apart two prices are."""

    ROUNDING = "rounding"  # less than 0.5 %
    DIFFERENCE = "difference"
    SEVERE = "severe"  # four times or more, or a price where the other says free


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What ``source`` states for a component whose published price comes from another source, ``published_source``.

    ``review`` is open where a guard stopped that observation, rejected where a person did.
    """

    offering: str
    provider: str
    component: ComponentKey
    published: Amount
    published_source: str
    observed: Amount
    source: str
    observed_at: datetime
    review: str | None

    @property
    def factor(self) -> Fraction | None:
        """Theirs / ours; None where one is free, has no unit price, or is in another currency."""
        return self.observed.factor(self.published)

    @property
    def distance(self) -> Fraction | None:
        """The factor or its inverse, whichever is above 1."""
        return max(self.factor, 1 / self.factor) if self.factor else None

    @property
    def kind(self) -> DisagreementKind:
        if self.distance is None:
            ours, theirs = self.published.unit_price, self.observed.unit_price
            is_free_for_one = ours is not None and theirs is not None and bool(ours) != bool(theirs)
            return DisagreementKind.SEVERE if is_free_for_one else DisagreementKind.DIFFERENCE
        if self.distance < _ROUNDING:
            return DisagreementKind.ROUNDING
        return DisagreementKind.SEVERE if self.distance >= _SEVERE else DisagreementKind.DIFFERENCE


def disagreements(session: Session, now: datetime, offerings: Collection[str] | None = None) -> list[Disagreement]:
    """All of them, the farthest apart first: prices against free, then by factor; ``offerings`` asks for some only."""
    found = [_disagreement(row) for row in session.execute(_query(now, offerings))]
    apart = [d for d in found if d.distance is None or d.distance >= _SAME]
    return sorted(apart, key=_order)


def _order(found: Disagreement) -> tuple[bool, Fraction, str, str, str]:
    is_beyond_factor = found.distance is None and found.kind is DisagreementKind.SEVERE
    return (not is_beyond_factor, -(found.distance or Fraction(0)), found.offering, found.component.text, found.source)


def _query(now: datetime, offerings: Collection[str] | None) -> Select[Any]:
    theirs, ours = NewestObservationRow.__table__, _published(now)
    them, us = aliased(Source), aliased(Source)
    observation = (
        getattr(Review, name) == theirs.c[name] for name in ("offering_id", "component", "source_id", "time")
    )
    query = (
        select(
            Offering.slug.label("offering"),
            Provider.slug.label("provider"),
            theirs.c.component,
            *(ours.c[name] for name in ("state", "amount", "currency", "per_quantity")),
            us.slug.label("published_source"),
            *(theirs.c[name].label(f"observed_{name}") for name in ("state", "value", "currency", "per_quantity")),
            them.slug.label("source"),
            theirs.c.time.label("observed_at"),
            Review.id.label("review_id"),
            Review.outcome.label("verdict"),
        )
        .join(ours, and_(ours.c.offering_id == theirs.c.offering_id, ours.c.component == theirs.c.component))
        .join(Offering, Offering.id == theirs.c.offering_id)
        .join(Provider, Provider.id == Offering.provider_id)
        .join(them, them.id == theirs.c.source_id)
        .join(us, us.id == ours.c.source_id)
        .outerjoin(Review, and_(*observation))
    )
    if offerings is not None:
        query = query.where(Offering.slug.in_(offerings))
    return query.where(
        theirs.c.state.not_in((State.WITHDRAWN, State.ZERO)),
        or_(theirs.c.stated_from.is_(None), theirs.c.stated_from <= now),
        or_(theirs.c.stated_until.is_(None), theirs.c.stated_until > now),
        ours.c.source_id != theirs.c.source_id,
        _differs(theirs, ours),
    )


def _published(now: datetime) -> CTE:
    """Every component's price now. Materialised: PostgreSQL underrates the observations and would look each one up."""
    component = (PriceRow.meter + "|" + PriceRow.condition_key).label("component")
    query = select(component, PriceRow.__table__).where(
        PriceRow.valid.contains(now), PriceRow.current(), PriceRow.state != State.UNKNOWN
    )
    return query.cte("ours").prefix_with("MATERIALIZED")


def _differs(theirs: Any, ours: Any) -> Any:
    """As same_value of the domain has it: prices are compared for one quantity, without dividing."""
    our_amount, their_amount = ours.c.amount * theirs.c.per_quantity, theirs.c.value * ours.c.per_quantity
    return or_(
        ours.c.state != theirs.c.state,
        ours.c.currency != theirs.c.currency,
        our_amount.is_distinct_from(their_amount),
        ours.c.minimum_quantity.is_distinct_from(theirs.c.minimum_quantity),
    )


def _disagreement(row: Any) -> Disagreement:
    return Disagreement(
        offering=row.offering,
        provider=row.provider,
        component=ComponentKey.parse(row.component),
        published=Amount(row.state, row.amount, row.per_quantity, row.currency),
        published_source=row.published_source,
        observed=Amount(row.observed_state, row.observed_value, row.observed_per_quantity, row.observed_currency),
        source=row.source,
        observed_at=row.observed_at,
        review=_review(row),
    )


def _review(row: Any) -> str | None:
    if row.review_id is None or row.verdict in (ReviewOutcome.ACCEPTED, ReviewOutcome.SUPERSEDED):
        return None
    return row.verdict or "open"
