"""The offerings that were known at a recorded time, with the facts that were believed of them then."""

from __future__ import annotations

from sqlalchemy import FromClause, case, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from llmpricing.models import Offering, OfferingPast
from llmpricing.services.clocks import Clocks

_OFFERING, _PAST = Offering.__table__, OfferingPast.__table__
_FACTS = [column.name for column in _PAST.columns if not column.primary_key]
_LASTING = ("id", "slug", "provider_id", "api_id", "model_id", "created_at")


def offerings_then(session: Session, clocks: Clocks) -> FromClause:
    """A table like ``offering``, as it was at ``known_at``: what is read of now costs no look into the past."""
    if session.scalar(select(OfferingPast.until).where(OfferingPast.until > clocks.known_at).limit(1)) is None:
        return select(_OFFERING).where(Offering.created_at <= clocks.known_at).subquery("offerings")
    past = (
        select(_PAST)
        .where(OfferingPast.until > clocks.known_at)
        .ext(distinct_on(OfferingPast.offering_id))
        .order_by(OfferingPast.offering_id, OfferingPast.until)
        .subquery("past")
    )
    facts = [
        case((past.c.offering_id.is_not(None), past.c[name]), else_=_OFFERING.c[name]).label(name) for name in _FACTS
    ]
    return (
        select(*(_OFFERING.c[name] for name in _LASTING), *facts)
        .outerjoin(past, past.c.offering_id == Offering.id)
        .where(Offering.created_at <= clocks.known_at)
        .subquery("offerings")
    )
