"""Verdicts on suspicious observations, and pins. Each lands whole, with its audit event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.money import to_text
from llmpricing.domain.names.matching import Ambiguous, Resolution
from llmpricing.domain.observations import State
from llmpricing.domain.publishing.verdicts import Verdict
from llmpricing.models import Offering, Pin, Review, Source
from llmpricing.services.clocks import Clocks
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.names.resolving import resolve_name
from llmpricing.services.price_book import begin_change, end_change
from llmpricing.services.publishing import publish
from llmpricing.services.publishing.pins import condition_keys, keep_manual_source, keys_not_held, pins_on
from llmpricing.services.publishing.reviews import SUPERSEDED


class DecisionRefused(Exception):
    """The decision does not fit the price book; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, when, and why."""

    name: str
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What was pinned: the offering's id, and the conditions' keys of the meter's prices that sources still state."""

    offering: str
    not_held: Sequence[str]


@dataclass(frozen=True, slots=True)
class HeldPrice:
    """A price to hold: ``amount`` in ``currency`` per ``per`` units; ``since`` None means from now on.

    ``offering`` is its id or any name that resolves; ``component`` is the meter and its conditions.
    """

    offering: str
    component: ComponentKey
    amount: Decimal
    per: int
    currency: str = "USD"
    since: datetime | None = None


def decide(session: Session, reviews: Sequence[int], verdict: Verdict, by: Decider) -> int:
    """Accept or reject observations that wait, and publish their offerings anew; returns how many were decided.

    A verdict may be replaced by another. Raises DecisionRefused, and decides nothing, where one cannot be decided.
    """
    at = begin_change(session, by.at)
    found = {review.id: review for review in session.scalars(select(Review).where(Review.id.in_(reviews)))}
    for number in reviews:
        if number not in found:
            raise DecisionRefused(f"There is no review {number}. See llmpricing review list.")
        if found[number].outcome == SUPERSEDED:
            raise DecisionRefused(f"Review {number} is closed: its source says something else by now, or others agree.")
    slugs = dict(session.execute(select(Source.id, Source.slug)).all())
    for review in found.values():
        _close(session, review, verdict, by, at, slugs[review.source_id])
    _publish(session, {review.offering_id for review in found.values()}, at)
    return len(found)


def hold_price(session: Session, price: HeldPrice, by: Decider) -> Held:
    """Pin a price from its date on, in place of what was pinned there; earlier pins stay until that date.

    Raises DecisionRefused for an unknown offering, and for conditions under which it has no price at all.
    """
    at = begin_change(session, by.at)
    since = price.since or at
    slug = meant(session, price.offering, by.at)
    offering = _id_of(session, slug)
    _refuse_unknown_conditions(session, slug, offering, price.component.conditions)
    for held in pins_on(session, offering, price.component):
        _cut(session, held, since, at)
    keep_manual_source(session)
    values = {
        "state": State.PRICED.value if price.amount else State.FREE.value,
        "amount": price.amount,
        "currency": price.currency,
        "per_quantity": price.per,
        "pinned_by": by.name,
        "note": by.note,
    }
    _add_pin(session, offering, price.component.text, Range(since, None), at, values)
    amount = f"{to_text(price.amount)} {price.currency} per {price.per}"
    subject = f"{slug} {price.component.text}"
    note_event(session, at, by.name, "pin_added", subject, price=amount, since=since.isoformat(), note=by.note)
    _publish(session, {offering}, at)
    return Held(slug, keys_not_held(session, offering, price.component, since))


def release_price(session: Session, name: str, component: ComponentKey, by: Decider, *, void: bool = False) -> str:
    """End a pin now, so that the sources speak again; ``void`` undoes it for the past too, as if it had never been.

    Returns the offering's id. Raises DecisionRefused where nothing is pinned.
    """
    at = begin_change(session, by.at)
    slug = meant(session, name, by.at)
    offering = _id_of(session, slug)
    standing = [held for held in pins_on(session, offering, component) if void or _holds_after(held, at)]
    if not standing:
        raise DecisionRefused(f"No price of {slug} is pinned there. See llmpricing pin --list.")
    for held in standing:
        _cut(session, held, None if void else at, at)
    action = "pin_voided" if void else "pin_removed"
    note_event(session, at, by.name, action, f"{slug} {component.text}", note=by.note)
    _publish(session, {offering}, at)
    return slug


def meant(session: Session, name: str, now: datetime) -> str:
    """The id of the offering that the name means now; raises DecisionRefused, naming what comes near."""
    found = resolve_name(session, Clocks(now, now), name)
    if isinstance(found, Resolution):
        if found.rule == "fallback":
            raise DecisionRefused(
                f"{name} is not in the price book; quotes take {found.slug} for it. Name that one, if you mean it."
            )
        return found.slug
    if isinstance(found, Ambiguous):
        raise DecisionRefused(f"{name} may mean {', '.join(found.candidates)}: name one of them.")
    near = f" Near it are {', '.join(found.suggestions)}." if found.suggestions else ""
    raise DecisionRefused(f"No offering is called {name}.{near}")


def _close(session: Session, review: Review, verdict: Verdict, by: Decider, at: datetime, source: str) -> None:
    review.outcome, review.closed_at = verdict.value, at
    review.decided_by, review.note = by.name, by.note
    slug = session.scalars(select(Offering.slug).where(Offering.id == review.offering_id)).one()
    old, new = (None if amount is None else to_text(amount) for amount in (review.old_amount, review.new_amount))
    note_event(
        session,
        at,
        by.name,
        f"review_{verdict.value}",
        f"{slug} {review.component}",
        review=review.id,
        source=source,
        published=review.time.isoformat(),
        rule=review.rule,
        old=old,
        new=new,
        note=by.note,
    )


def _id_of(session: Session, slug: str) -> int:
    return session.scalars(select(Offering.id).where(Offering.slug == slug)).one()


def _refuse_unknown_conditions(session: Session, slug: str, offering: int, key: str) -> None:
    """A key that no price has would be a slip of the pen; the base price alone may be one that no source states."""
    known = condition_keys(session, offering)
    if key and key not in known:
        named = f"those with conditions are: {', '.join(known)}" if known else "none of its prices has conditions"
        raise DecisionRefused(f"{slug} has no price for {key}; {named}.")


def _holds_after(held: Pin, at: datetime) -> bool:
    return held.valid.upper is None or held.valid.upper > at


def _cut(session: Session, held: Pin, until: datetime | None, at: datetime) -> None:
    """End what is known of a pin; what it held before ``until`` is known anew, None leaving nothing of it."""
    if until is not None and not _holds_after(held, until):
        return
    held.recorded = Range(held.recorded.lower, at)
    session.flush()  # before its remainder comes, which it must not overlap
    if until is not None and (held.valid.lower is None or held.valid.lower < until):
        kept = ("state", "amount", "currency", "per_quantity", "pinned_by", "note")
        values = {name: getattr(held, name) for name in kept}
        _add_pin(session, held.offering_id, held.component, Range(held.valid.lower, until), at, values)


def _add_pin(
    session: Session, offering: int, component: str, valid: Range[datetime], at: datetime, values: dict[str, Any]
) -> None:
    session.add(Pin(offering_id=offering, component=component, valid=valid, recorded=Range(at, None), **values))
    session.flush()


def _publish(session: Session, offerings: set[int], at: datetime) -> None:
    publish.publish(session, offerings, at)
    end_change(session, at)
