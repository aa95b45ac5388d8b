"""Reviews of observations that guards stopped: opened by publishing, closed by a person or by newer lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.domain.meters import METERS
from llmpricing.domain.money import to_text
from llmpricing.domain.observations import DatedPrice
from llmpricing.domain.publishing.flags import Flag
from llmpricing.domain.publishing.verdicts import ObservationKey, Verdict
from llmpricing.models import Review, ReviewOutcome, Source
from llmpricing.models.inserting import insert_all
from llmpricing.services.publishing.kept_components import KeptComponents

_OPEN = {"closed_at": None, "outcome": None}
_ReviewKey = tuple[int, str, int, datetime]  # offering, component, source, time


def reviews_of(session: Session, offerings: Collection[int]) -> Sequence[Review]:
    """All reviews of these offerings, open or closed."""
    return session.scalars(select(Review).where(Review.offering_id.in_(offerings))).all()


def verdicts_in(
    reviews: Iterable[Review], components: KeptComponents, sources: Mapping[int, Source]
) -> dict[int, dict[ObservationKey, Verdict]]:
    """The verdicts on observations, by offering; ``sources`` by id."""
    found: dict[int, dict[ObservationKey, Verdict]] = defaultdict(dict)
    for review in reviews:
        if review.outcome in (ReviewOutcome.ACCEPTED, ReviewOutcome.REJECTED):
            key = ObservationKey(components.read(review.component), sources[review.source_id].slug, review.time)
            found[review.offering_id][key] = Verdict(str(review.outcome))
    return found


def keep_reviews(
    session: Session,
    reviews: Iterable[Review],
    flags: Mapping[int, Iterable[Flag]],
    source_ids: Mapping[str, int],
    now: datetime,
) -> None:
    """Open a review for each new pending flag, close those whose observation no guard stops any more, and bring the
    others up to their flag: an older list may have come between, or another source's. ``reviews`` are all those of
    the offerings.
    """
    pending = {
        (offering, flag.key.component.text, source_ids[flag.key.source], flag.key.time): flag
        for offering, found in flags.items()
        for flag in found
        if flag.is_pending
    }
    known = {(review.offering_id, review.component, review.source_id, review.time): review for review in reviews}
    for key, review in known.items():
        if key in pending:
            for name, value in (_columns(pending[key]) | _OPEN).items():
                setattr(review, name, value)
        elif review.closed_at is None:
            review.closed_at, review.outcome = now, ReviewOutcome.SUPERSEDED
    session.flush()
    added = (_identity(key) | _columns(flag) | {"opened_at": now} for key, flag in pending.items() if key not in known)
    insert_all(session, Review, added)


def _identity(key: _ReviewKey) -> dict[str, Any]:
    return dict(zip(("offering_id", "component", "source_id", "time"), key, strict=True))


def _columns(flag: Flag) -> dict[str, Any]:
    """The columns of a review that tell of the flag."""
    return {
        "rule": flag.finding.rule,
        "against": _against(flag),
        "slip": flag.finding.slip,
        "old_amount": _old_amount(flag),
        "new_amount": flag.new.amount or Decimal(0),  # no amount is free
        "currency": flag.new.currency,
        "per_quantity": flag.new.per,
    }


def _old_amount(flag: Flag) -> Decimal | None:
    """The source's value before, else another source's, for the new value's quantity."""
    measured = flag.finding.old if flag.finding.against not in METERS else None
    return _amount_per(flag.old or measured, flag.new)


def _against(flag: Flag) -> str:
    """What the new value was measured against; another meter with its price for the new value's quantity."""
    amount = _amount_per(flag.finding.old, flag.new) if flag.finding.against in METERS else None
    return flag.finding.against if amount is None else f"{flag.finding.against} at {to_text(amount)}"


def _amount_per(segment: DatedPrice | None, new: DatedPrice) -> Decimal | None:
    if segment is None or segment.amount is None or segment.currency != new.currency:
        return None
    per = Fraction(new.per, segment.per)
    return segment.amount * per.numerator / per.denominator
