"""Own aliases of offerings, such as names of deployments: for a time, on both clocks, each with who gave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.domain.names.index import OWN
from llmpricing.domain.names.matching import MAX_LENGTH
from llmpricing.models import Offering, OfferingAlias
from llmpricing.models.bitemporal import since
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.decisions.contract_rates import times_of, valid_range
from llmpricing.services.decisions.reviews_and_pins import Decider, DecisionRefused, meant
from llmpricing.services.price_book.changes import begin_change, end_change


@dataclass(frozen=True, slots=True)
class OwnAlias:
    """A name that this installation gave an offering, for a time."""

    name: str
    offering: str
    valid_from: datetime | None
    valid_until: datetime | None


def add_alias(
    session: Session,
    by: Decider,
    name: str,
    offering: str,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> OwnAlias:
    """Let ``name`` mean an offering, given by its id or any name that resolves; raises DecisionRefused."""
    valid = valid_range(valid_from, valid_until)
    recorded = begin_change(session, by.at)
    if not name.strip() or len(name) > MAX_LENGTH or not name.isprintable():
        raise DecisionRefused(f"A name has 1 to {MAX_LENGTH} printable characters.", "name")
    if session.scalar(select(Offering.id).where(func.lower(Offering.slug) == name.lower()).limit(1)):
        raise DecisionRefused(f"{name} is an offering's id, which always means that offering.", "name")
    if any(row.valid.overlaps(valid) for row in _called(session, name)):
        message = f"{name} means something in that time already. End that: llmpricing alias end {name}"
        raise DecisionRefused(message, "name")
    id_, slug = meant(session, offering, by.at)
    session.add(OfferingAlias(namespace=OWN, alias=name, offering_id=id_, valid=valid, recorded=since(recorded)))
    note_event(session, recorded, by.name, "alias_added", name, offering=slug, **times_of(valid), note=by.note)
    end_change(session, recorded)
    return OwnAlias(name, slug, valid_from, valid_until)


def end_alias(session: Session, by: Decider, name: str, at: datetime) -> None:
    """Let an own alias mean nothing from ``at`` on; raises DecisionRefused where it means nothing then or later."""
    recorded = begin_change(session, by.at)
    rows = [row for row in _called(session, name) if row.reaches(at)]
    if not rows:
        raise DecisionRefused(f"{name} is no name of your own then or later. See: llmpricing alias list")
    for row in rows:
        row.end(session, at, recorded)
    note_event(session, recorded, by.name, "alias_ended", name, ends=at.isoformat(), note=by.note)
    end_change(session, recorded)


def own_aliases(session: Session) -> list[OwnAlias]:
    """All own aliases as they are believed now, in order."""
    query = (
        select(OfferingAlias.alias, Offering.slug, OfferingAlias.valid)
        .join(Offering, Offering.id == OfferingAlias.offering_id)
        .where(OfferingAlias.namespace == OWN, OfferingAlias.current())
        .order_by(OfferingAlias.alias, func.lower(OfferingAlias.valid).nulls_first())
    )
    return [OwnAlias(alias, slug, valid.lower, valid.upper) for alias, slug, valid in session.execute(query)]


def _called(session: Session, name: str) -> Sequence[OfferingAlias]:
    query = select(OfferingAlias).where(
        OfferingAlias.namespace == OWN,
        func.lower(OfferingAlias.alias) == name.lower(),
        OfferingAlias.current(),
    )
    return session.scalars(query).all()
