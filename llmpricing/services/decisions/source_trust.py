"""Trust ranks of sources on the prices of one provider, set and cleared, each with its audit event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import Offering, Provider, ProviderTrust, Source
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.decisions.reviews_and_pins import Decider, DecisionRefused
from llmpricing.services.price_book.changes import begin_change, end_change
from llmpricing.services.publishing import publish


@dataclass(frozen=True, slots=True)
class Trust:
    """A source's rank on the prices of one provider, and ``usual``, its rank elsewhere; 1 is believed first."""

    provider: str
    source: str
    rank: int
    usual: int


def trusts(session: Session) -> list[Trust]:
    """Where sources are believed otherwise than elsewhere, by provider and rank."""
    query = (
        select(Provider.slug, Source.slug, ProviderTrust.trust_rank, Source.trust_rank)
        .join(Provider, Provider.id == ProviderTrust.provider_id)
        .join(Source, Source.id == ProviderTrust.source_id)
        .order_by(Provider.slug, ProviderTrust.trust_rank, Source.slug)
    )
    return [Trust(*row) for row in session.execute(query)]


def set_trust(session: Session, by: Decider, provider: str, source: str, rank: int) -> int:
    """Believe a source at that rank, of 1 or more, on a provider's prices; returns how many offerings it sells.

    They are published anew. Raises DecisionRefused for a provider or source that the price book does not know.
    """
    at = begin_change(session, by.at)
    key = _key(session, provider, source)
    held = session.get(ProviderTrust, key)
    before = held.trust_rank if held else None
    session.merge(ProviderTrust(provider_id=key[0], source_id=key[1], trust_rank=rank))
    note_event(session, at, by.name, "trust_set", f"{provider} {source}", rank=rank, before=before, note=by.note)
    return _publish(session, key[0], at)


def clear_trust(session: Session, by: Decider, provider: str, source: str) -> int:
    """Believe a source on a provider's prices as elsewhere; returns how many offerings were published anew.

    Raises DecisionRefused where nothing else was set.
    """
    at = begin_change(session, by.at)
    key = _key(session, provider, source)
    held = session.get(ProviderTrust, key)
    if held is None:
        raise DecisionRefused(f"{source} has its usual rank at {provider}. See: llmpricing trust list")
    session.delete(held)
    note_event(session, at, by.name, "trust_cleared", f"{provider} {source}", before=held.trust_rank, note=by.note)
    return _publish(session, key[0], at)


def _key(session: Session, provider: str, source: str) -> tuple[int, int]:
    seller = session.scalar(select(Provider.id).where(Provider.slug == provider))
    if seller is None:
        raise DecisionRefused(
            f"No provider has the id {provider}. Ids look like openai; GET /api/v1/providers has all.", "provider"
        )
    source_id = session.scalar(select(Source.id).where(Source.slug == source))
    if source_id is None:
        raise DecisionRefused(f"Nothing of {source} was read so far. First: llmpricing import {source}", "source")
    return seller, source_id


def _publish(session: Session, provider: int, at: datetime) -> int:
    offerings = set(session.scalars(select(Offering.id).where(Offering.provider_id == provider)))
    session.flush()
    publish.publish(session, offerings, at)
    end_change(session, at)
    return len(offerings)
