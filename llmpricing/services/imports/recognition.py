"""Keep how sources recognise sellers and offerings: descriptions, rules, aliases, with the time each was believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from llmpricing.domain.observations import ObservedProvider, PriceList
from llmpricing.models import MatchRule, OfferingAlias, ProviderDescription, Source
from llmpricing.models.bitemporal import since
from llmpricing.models.inserting import insert_all

_ALWAYS: Range[datetime] = Range(None, None, bounds="()")
_DESCRIBES = ("api_pattern", "provider_match", "model_match", "fallback_providers")


def keep_descriptions(
    session: Session,
    source: Source,
    observed: Sequence[ObservedProvider],
    ids: Mapping[str, int],
    now: datetime,
    *,
    is_newest: bool,
) -> None:
    """Record how the list says that sellers are recognised; a bare name is no description and ends none.

    A list that is not the source's newest adds descriptions and changes none.
    """
    stated = {
        ids[provider.slug]: (provider.api_pattern, *_trees(provider), list(provider.fallback_providers))
        for provider in observed
        if any(getattr(provider, name) for name in _DESCRIBES)
    }
    rows = session.scalars(
        select(ProviderDescription).where(ProviderDescription.source_id == source.id, ProviderDescription.current())
    )
    current = {row.provider_id: row for row in rows}
    same = {id_ for id_, row in current.items() if stated.get(id_) == tuple(getattr(row, name) for name in _DESCRIBES)}
    ended = set(current) & set(stated) - same if is_newest else set()
    ProviderDescription.close_all(session, [current[id_].id for id_ in ended], now)
    added = [
        {"provider_id": id_, "source_id": source.id, "recorded": since(now)} | dict(zip(_DESCRIBES, facts, strict=True))
        for id_, facts in stated.items()
        if id_ not in current or id_ in ended
    ]
    insert_all(session, ProviderDescription, added)


def _trees(provider: ObservedProvider) -> list[dict[str, Any] | None]:
    return [None if tree is None else dict(tree) for tree in (provider.provider_match, provider.model_match)]


def keep_names(
    session: Session, source: Source, price_list: PriceList, ids: Mapping[str, int], now: datetime, *, is_newest: bool
) -> None:
    """Record the list's rules and aliases; those that changed end their recorded range, none is lost.

    A list that is not the source's newest adds names and changes none.
    """
    _keep_rules(session, source, price_list, ids, now, is_newest)
    _keep_aliases(session, source, price_list, ids, now, is_newest)


def _keep_rules(
    session: Session, source: Source, price_list: PriceList, ids: Mapping[str, int], now: datetime, is_newest: bool
) -> None:
    stated = {
        ids[offering.slug]: (position, dict(offering.match))
        for position, offering in enumerate(price_list.offerings)
        if offering.match is not None
    }
    current = session.scalars(select(MatchRule).where(MatchRule.source_id == source.id, MatchRule.current())).all()
    ended = [
        row
        for row in current
        if is_newest and row.offering_id in stated and stated[row.offering_id] != (row.position, row.clause)
    ]
    kept = {row.offering_id for row in current} - {row.offering_id for row in ended}
    MatchRule.close_all(session, [row.id for row in ended], now)
    added = [
        {
            "offering_id": offering,
            "source_id": source.id,
            "position": position,
            "clause": clause,
            "recorded": since(now),
        }
        for offering, (position, clause) in stated.items()
        if offering not in kept
    ]
    insert_all(session, MatchRule, added)


def _keep_aliases(
    session: Session, source: Source, price_list: PriceList, ids: Mapping[str, int], now: datetime, is_newest: bool
) -> None:
    stated = {
        (namespace, alias): ids[slug]
        for namespace, alias, slug in [
            *price_list.aliases,
            *((source.slug, alias, offering.slug) for offering in price_list.offerings for alias in offering.aliases),
        ]
        if slug in ids
    }
    # A name that two sources give is kept from the one that came first; own aliases are none of an import's business.
    current = session.execute(
        select(
            OfferingAlias.id,
            OfferingAlias.namespace,
            OfferingAlias.alias,
            OfferingAlias.offering_id,
            OfferingAlias.source_id,
        ).where(OfferingAlias.namespace.in_({namespace for namespace, _ in stated}), OfferingAlias.current())
    ).all()
    taken = {(row.namespace, row.alias): row for row in current}
    moved = [
        row.id
        for key, row in taken.items()
        if is_newest and row.source_id == source.id and stated.get(key, row.offering_id) != row.offering_id
    ]
    OfferingAlias.close_all(session, moved, now)
    added = [
        {
            "namespace": key[0],
            "alias": key[1],
            "offering_id": offering,
            "source_id": source.id,
            "valid": _ALWAYS,
            "recorded": since(now),
        }
        for key, offering in stated.items()
        if key not in taken or taken[key].id in moved
    ]
    insert_all(session, OfferingAlias, added)
