"""How far each source is believed on the prices of each provider: its own rank, or the one set for that provider."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import ProviderTrust, Source


def ranks_by_provider(
    session: Session, providers: Collection[int], sources: Mapping[int, Source]
) -> dict[int, Mapping[str, int]]:
    """The sources' ranks for each of these providers, the lowest is believed first; ``sources`` by id."""
    usual = {source.slug: source.trust_rank for source in sources.values()}
    own: dict[int, dict[str, int]] = defaultdict(dict)
    for trust in session.scalars(select(ProviderTrust).where(ProviderTrust.provider_id.in_(providers))):
        own[trust.provider_id][sources[trust.source_id].slug] = trust.trust_rank
    return {provider: ranks_with(usual, own[provider]) if provider in own else usual for provider in providers}


def ranks_with(usual: Mapping[str, int], own: Mapping[str, int]) -> dict[str, int]:
    """Ranks by which no two sources are equal: of those with the same one, the source for which it was set goes first.

    So 1 is believed first, whatever holds that rank elsewhere; prices held by hand, of rank 0, come before all.
    """
    order = sorted(usual, key=lambda slug: (own.get(slug, usual[slug]), slug not in own, usual[slug], slug))
    return {slug: place for place, slug in enumerate(order)}
