"""Offerings of one seller that one name may mean: a moving alias beside its model, two products with one bare id."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from llmpricing.domain.names.answers import Ambiguous, Resolution
from llmpricing.domain.names.index import IndexedOffering, NameIndex, Seller
from llmpricing.domain.names.moments import Moment

# Seller's own words before an id that name another surface of it, or its kind of machine.
OTHER_SURFACE = frozenset({"claude_platform", "streaming", "tee", "unsloth"})
LATEST = "-latest"


def twins(index: NameIndex) -> Iterator[tuple[str, str]]:
    """The pairs of offerings of which the prices decide what a name means."""
    for seller in index.sellers.values():
        for api_id, entry in seller.by_id.items():
            for other in _namesakes(seller, api_id):
                yield entry.slug, other.slug
        for entries in seller.by_identity.values():
            yield from combinations([entry.slug for entry in entries], 2)


def with_twins(index: NameIndex, found: Resolution, moment: Moment) -> Resolution | Ambiguous:
    """What a bare name means, and what else it may mean where that has another price at that moment."""
    seller = index.sellers[found.provider]
    api_id = found.slug.partition("/")[2].lower()
    others = [other.slug for other in _namesakes(seller, api_id) if moment.differ(found.slug, other.slug)]
    return Ambiguous((found.slug, *others)) if others else found


def _namesakes(seller: Seller, api_id: str) -> Iterator[IndexedOffering]:
    """The newest of that name, which a list prices apart; what a clause says that a moving name is; other products."""
    entry = seller.by_id.get(api_id)
    claimed = seller.by_exact_clause.get(api_id) if api_id.endswith(LATEST) else None
    products = (seller.by_id.get(f"{word}/{api_id}") for word in sorted(OTHER_SURFACE))
    for other in (seller.by_id.get(api_id + LATEST), claimed, *products):
        if other is not None and other is not entry:
            yield other
