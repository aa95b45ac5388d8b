"""Keep providers, models and offerings as the sources describe them, each fact from the best source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from llmpricing.domain.observations import ObservedOffering, ObservedProvider
from llmpricing.models import Model, Offering, Provider, Source
from llmpricing.models.session import ONE_INSERT

_FACTS = (
    "name",
    "lab",
    "mode",
    "status",
    "region",
    "context_window",
    "max_output_tokens",
    "capabilities",
    "input_modalities",
    "output_modalities",
    "deprecated_on",
)
_CHUNK = 1000


def keep_providers(
    session: Session, observed: Sequence[ObservedProvider], slugs: Iterable[str], *, is_newest: bool
) -> dict[str, int]:
    """Provider ids by slug, after adding the missing ones; the name of a full description replaces another.

    A list that is not the source's newest names only those that bear no name yet.
    """
    known = {row.slug: row for row in session.scalars(select(Provider))}
    described = {provider.slug: provider for provider in observed}
    for slug in sorted(set(slugs) | set(described)):
        provider = described.get(slug)
        row = known.get(slug)
        if row is None:
            row = known[slug] = Provider(slug=slug, name=slug)
            session.add(row)
        if provider is not None and (is_newest or row.name == row.slug):
            _name(row, provider)
    session.flush()
    return {slug: row.id for slug, row in known.items()}


def _name(row: Provider, provider: ObservedProvider) -> None:
    """Take over the name and where the prices stand; what the list leaves out stays as another list said it."""
    if provider.name and (provider.api_pattern is not None or row.name == row.slug):
        row.name = provider.name
    if provider.pricing_urls:
        row.pricing_urls = list(provider.pricing_urls)


def keep_offerings(
    session: Session, source: Source, observed: Sequence[ObservedOffering], published_at: datetime, now: datetime
) -> dict[str, int]:
    """Ids of all offerings by slug, after adding the missing ones and what the source says of each."""
    ranks = {slug: rank for slug, rank in session.execute(select(Source.slug, Source.trust_rank))}
    known = {row.slug: row for row in session.execute(select(Offering.id, Offering.slug, Offering.facts))}
    providers = dict(session.execute(select(Provider.slug, Provider.id)).all())
    models = _keep_models(session, observed, set(known))
    added, changed = [], []
    for offering in observed:
        row = known.get(offering.slug)
        facts = _with_facts(row.facts if row else {}, source.slug, offering, published_at)
        if row is not None and facts == row.facts:
            continue
        values = _picked(facts, ranks, offering) | {"facts": facts, "updated_at": now}
        if row is not None:
            changed.append(values | {"id": row.id})
        else:
            added.append(
                values
                | {
                    "slug": offering.slug,
                    "provider_id": providers[offering.provider],
                    "api_id": offering.api_id,
                    "model_id": models[model_slug(offering.api_id)],
                    "created_at": now,
                }
            )
    for start in range(0, len(added), _CHUNK):
        session.execute(insert(Offering), added[start : start + _CHUNK], execution_options=ONE_INSERT)
    if changed:
        session.execute(update(Offering), changed)
    return {slug: id_ for slug, id_ in session.execute(select(Offering.slug, Offering.id))}


def model_slug(api_id: str) -> str:
    """The model behind an offering: the last part of its API id, without a seller's suffix such as ``:free``."""
    return api_id.rsplit("/", 1)[-1].split(":", 1)[0].lower() or api_id.lower()


def _keep_models(session: Session, observed: Sequence[ObservedOffering], known: set[str]) -> dict[str, int]:
    ids = {slug: id_ for slug, id_ in session.execute(select(Model.slug, Model.id))}
    missing = {
        model_slug(offering.api_id): offering
        for offering in reversed(observed)
        if offering.slug not in known and model_slug(offering.api_id) not in ids
    }
    if missing:
        rows = [{"slug": s, "name": o.name or o.api_id, "lab": o.lab} for s, o in sorted(missing.items())]
        session.execute(insert(Model), rows, execution_options=ONE_INSERT)
        ids = {slug: id_ for slug, id_ in session.execute(select(Model.slug, Model.id))}
    return ids


def _with_facts(
    facts: Mapping[str, Any], source: str, offering: ObservedOffering, published_at: datetime
) -> dict[str, Any]:
    """All sources' facts with this source's newest; an older list never overrides a newer one."""
    stated = {name: _plain(getattr(offering, name)) for name in _FACTS if getattr(offering, name) is not None}
    before = facts.get(source)
    if before is not None and {k: v for k, v in before.items() if k != "published_at"} == stated:
        return dict(facts)
    if before is not None and before["published_at"] > published_at.isoformat():
        return dict(facts)
    return {**facts, source: stated | {"published_at": published_at.isoformat()}}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _picked(facts: Mapping[str, Any], ranks: Mapping[str, int], offering: ObservedOffering) -> dict[str, Any]:
    """The offering's columns: each fact of the most trusted source that states it."""
    best_first = sorted(facts, key=lambda source: ranks.get(source, len(ranks) + 1))
    picked = {
        name: next((facts[source][name] for source in best_first if name in facts[source]), None) for name in _FACTS
    }
    picked["name"] = picked["name"] or offering.api_id
    if picked["deprecated_on"]:
        picked["deprecated_on"] = date.fromisoformat(picked["deprecated_on"])
    return picked
