"""Verdicts on suspicious observations, and pins. Each lands whole, with its audit event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.money import to_text
from llmpricing.domain.names.matching import Ambiguous, Resolution
from llmpricing.domain.observations import State
from llmpricing.domain.publishing.verdicts import Verdict
from llmpricing.models import Offering, Pin, Review, ReviewOutcome, Source
from llmpricing.models.bitemporal import since as believed_since
from llmpricing.services.clocks import Clocks
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.names.resolving import resolve_name
from llmpricing.services.price_book.changes import begin_change, end_change
from llmpricing.services.publishing import publish
from llmpricing.services.publishing.pins import condition_keys, keep_manual_source, keys_not_held, pins_on


class DecisionRefused(Exception):
    """The decision does not fit the price book; the message says why and what to do, ``field`` what of it is at fault
    where that is one thing.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


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
    """A price to hold: ``amount`` in ``currency`` per ``per`` units; ``since`` None means from now on, ``until`` None
    for good.

    ``offering`` is its id or any name that resolves; ``component`` is the meter and its conditions.
    """

    offering: str
    component: ComponentKey
    amount: Decimal
    per: int
    currency: str = "USD"
    since: datetime | None = None
    until: datetime | None = None


def decide(session: Session, reviews: Sequence[int], verdict: Verdict, by: Decider) -> int:
    """Accept or reject observations that wait, and publish their offerings anew; returns how many were decided.

    A verdict may be replaced by another. Raises DecisionRefused, and decides nothing, where one cannot be decided.
    """
    at = begin_change(session, by.at)
    query = (
        select(Review, Offering.slug, Source.slug)
        .join(Offering, Offering.id == Review.offering_id)
        .join(Source, Source.id == Review.source_id)
        .where(Review.id.in_(reviews))
        .order_by(Review.id)
    )
    rows = session.execute(query).all()
    found = {review.id: review for review, *_ in rows}
    for number in reviews:
        if number not in found:
            raise DecisionRefused(f"There is no review {number}. See llmpricing review list.")
        if found[number].outcome is ReviewOutcome.SUPERSEDED:
            raise DecisionRefused(f"Review {number} is closed: its source says something else by now, or others agree.")
    for review, offering, source in rows:
        _close(session, review, verdict, by, at, offering, source)
    _publish(session, {review.offering_id for review in found.values()}, at)
    return len(found)


def reopen(session: Session, reviews: Sequence[int], by: Decider) -> int:
    """Take back verdicts: the observations wait again, unless no guard stops them any more. Returns how many.

    What was decided stays in the audit log. Raises DecisionRefused, and reopens nothing, where one was not decided.
    """
    at = begin_change(session, by.at)
    query = select(Review, Offering.slug).join(Offering, Offering.id == Review.offering_id)
    found = {review.id: (review, slug) for review, slug in session.execute(query.where(Review.id.in_(reviews)))}
    for number in reviews:
        if number not in found:
            raise DecisionRefused(f"There is no review {number}. See llmpricing review list --decided.")
        if found[number][0].outcome not in (ReviewOutcome.ACCEPTED, ReviewOutcome.REJECTED):
            raise DecisionRefused(f"Review {number} was not decided by a person. See llmpricing review list --decided.")
    for review, slug in found.values():
        was, who = review.outcome, review.decided_by
        review.outcome = review.closed_at = review.decided_by = review.note = None
        subject = f"{slug} {review.component}"
        note_event(session, at, by.name, "review_reopened", subject, review=review.id, was=was, by=who, note=by.note)
    session.flush()
    _publish(session, {review.offering_id for review, _ in found.values()}, at)
    return len(found)


def hold_price(session: Session, price: HeldPrice, by: Decider, *, replaces: bool = True) -> Held:
    """Pin a price from its date on, in place of what was pinned there; earlier pins stay until that date.

    Without ``replaces`` other pins stand, which the caller knows to hold at other times. Raises DecisionRefused for an
    unknown offering, and for conditions under which it has no price at all.
    """
    at = begin_change(session, by.at)
    since = price.since or at
    if price.until is not None and price.until <= since:
        raise DecisionRefused("A price is held until a time after it begins to be. Choose a later end.", "until")
    offering, slug = meant(session, price.offering, by.at)
    _refuse_unknown_conditions(session, slug, offering, price.component.conditions)
    for held in pins_on(session, offering, price.component) if replaces else ():
        _end(session, held, since, at)
    keep_manual_source(session)
    session.add(
        Pin(
            offering_id=offering,
            component=price.component.text,
            state=State.PRICED if price.amount else State.FREE,
            amount=price.amount,
            currency=price.currency,
            per_quantity=price.per,
            valid=Range(since, price.until),
            recorded=believed_since(at),
            pinned_by=by.name,
            note=by.note,
        )
    )
    amount = f"{to_text(price.amount)} {price.currency} per {price.per}"
    subject = f"{slug} {price.component.text}"
    times = {"since": since.isoformat()} | ({"until": price.until.isoformat()} if price.until else {})
    note_event(session, at, by.name, "pin_added", subject, price=amount, **times, note=by.note)
    _publish(session, {offering}, at)
    return Held(slug, keys_not_held(session, offering, price.component, since))


def release_price(session: Session, name: str, component: ComponentKey, by: Decider, *, void: bool = False) -> str:
    """End a pin now, so that the sources count again; ``void`` undoes it for the past too, as if it had never been.

    Returns the offering's id. Raises DecisionRefused where nothing is pinned.
    """
    at = begin_change(session, by.at)
    offering, slug = meant(session, name, by.at)
    standing = [held for held in pins_on(session, offering, component) if void or held.reaches(at)]
    if not standing:
        raise DecisionRefused(f"No price of {slug} is pinned there. See llmpricing pin --list.")
    for held in standing:
        _end(session, held, None if void else at, at)
    action = "pin_voided" if void else "pin_removed"
    note_event(session, at, by.name, action, f"{slug} {component.text}", note=by.note)
    _publish(session, {offering}, at)
    return slug


def meant(session: Session, name: str, now: datetime) -> tuple[int, str]:
    """The offering that the name means now, as row and public id; raises DecisionRefused, naming what comes near."""
    # An exact id always means its offering; only another name is worth reading all names of the price book for.
    known = select(Offering.id, Offering.slug)
    exact = session.execute(known.where(Offering.slug == name, Offering.created_at <= now)).one_or_none()
    id_, slug = exact or session.execute(known.where(Offering.slug == _resolved(session, name, now))).one()
    return id_, slug


def _resolved(session: Session, name: str, now: datetime) -> str:
    found = resolve_name(session, Clocks(now, now), name)
    if isinstance(found, Resolution):
        if found.rule == "fallback":
            raise DecisionRefused(
                f"{name} is not in the price book; quotes take {found.slug} for it. Name that one, if you mean it.",
                "offering",
            )
        return found.slug
    if isinstance(found, Ambiguous):
        raise DecisionRefused(f"{name} may mean {', '.join(found.candidates)}: name one of them.", "offering")
    near = f" Near it are {', '.join(found.suggestions)}." if found.suggestions else ""
    raise DecisionRefused(f"No offering is called {name}.{near}", "offering")


def _close(
    session: Session, review: Review, verdict: Verdict, by: Decider, at: datetime, offering: str, source: str
) -> None:
    review.outcome, review.closed_at = ReviewOutcome(verdict), at
    review.decided_by, review.note = by.name, by.note
    old, new = (None if amount is None else to_text(amount) for amount in (review.old_amount, review.new_amount))
    note_event(
        session,
        at,
        by.name,
        f"review_{verdict.value}",
        f"{offering} {review.component}",
        review=review.id,
        source=source,
        published=review.time.isoformat(),
        rule=review.rule,
        old=old,
        new=new,
        note=by.note,
    )


def _refuse_unknown_conditions(session: Session, slug: str, offering: int, key: str) -> None:
    """A key that no price has would be a slip of the pen; the base price alone may be one that no source states."""
    known = condition_keys(session, offering)
    if key and key not in known:
        named = f"those with conditions are: {', '.join(known)}" if known else "none of its prices has conditions"
        raise DecisionRefused(f"{slug} has no price for {key}; {named}.", "conditions")


def _end(session: Session, held: Pin, until: datetime | None, recorded: datetime) -> None:
    """Let a pin end at ``until``, None meaning that it never was."""
    if until is None:
        held.close(session, recorded)
    elif held.reaches(until):
        held.end(session, until, recorded)


def _publish(session: Session, offerings: set[int], at: datetime) -> None:
    publish.publish(session, offerings, at)
    end_change(session, at)
