"""Which other id of the same seller names the same model, so that what one lacks the other may tell."""

from __future__ import annotations

from collections.abc import Iterator

from llmpricing.domain.names.identities import identity
from llmpricing.domain.names.index import IndexedOffering, NameIndex, Seller


def claimed_by(index: NameIndex, slug: str) -> str | None:
    """The offering of the same seller whose clause means this one's id too: of the same model, and of the same date or
    of none, so that a snapshot stands on its alias and never an alias on a snapshot.
    """
    provider, _, api_id = slug.partition("/")
    seller = index.sellers.get(provider)
    if seller is None:
        return None
    own = identity(api_id)
    for entry in _claiming(seller, api_id.lower()):
        if entry.slug == slug:
            return None  # the list itself tells them apart
        other = identity(entry.api_id)
        is_plainer = other.date in ("", own.date) and other.build in ("", own.build)
        if other.model == own.model and other.place == own.place and is_plainer:
            return entry.slug
    return None


def claims(index: NameIndex, slug: str) -> tuple[str, ...]:
    """The offerings of the same seller that stand on this one, such as its snapshots."""
    provider, _, api_id = slug.partition("/")
    seller = index.sellers.get(provider)
    alike = seller.by_model.get(identity(api_id).model, ()) if seller else ()
    return tuple(entry.slug for entry in alike if entry.slug != slug and claimed_by(index, entry.slug) == slug)


def _claiming(seller: Seller, text: str) -> Iterator[IndexedOffering]:
    if text in seller.by_exact_clause:
        yield seller.by_exact_clause[text]
    yield from (entry for clause, entry in seller.loose if clause(text))
