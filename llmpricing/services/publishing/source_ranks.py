"""How far each source is believed on the prices of each provider: its own rank, or the one that people set there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import Offering, ProviderTrust, Source


def ranks_by_offering(session: Session) -> dict[int, Mapping[str, int]]:
    """The sources' ranks for each offering, those of its provider; the lowest is believed first."""
    sources = {source.id: source for source in session.scalars(select(Source))}
    usual = {source.slug: source.trust_rank for source in sources.values()}
    own: dict[int, dict[str, int]] = defaultdict(dict)
    for trust in session.scalars(select(ProviderTrust)):
        own[trust.provider_id][sources[trust.source_id].slug] = trust.trust_rank
    ranks = {provider: ranks_with(usual, set_here) for provider, set_here in own.items()}
    offerings = session.execute(select(Offering.id, Offering.provider_id))
    return {offering: ranks.get(provider, usual) for offering, provider in offerings}


def ranks_with(usual: Mapping[str, int], own: Mapping[str, int]) -> dict[str, int]:
    """Ranks by which no two sources are equal: of those with the same one, the source for which it was set goes first.

    So 1 is believed first, whatever holds that rank elsewhere; prices held by hand, of rank 0, come before all.
    """
    order = sorted(usual, key=lambda slug: (own.get(slug, usual[slug]), slug not in own, usual[slug], slug))
    return {slug: place for place, slug in enumerate(order)}
