"""Keep providers, models and offerings as the sources describe them, each fact from the best source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from llmpricing.domain.choice.abilities import abilities_text
from llmpricing.domain.names.companies import OWN_NAMES
from llmpricing.domain.names.model_groups import LATEST, changes_model
from llmpricing.domain.observations import ObservedOffering, ObservedProvider
from llmpricing.models import Model, Offering, OfferingPast, Provider, Source
from llmpricing.models.inserting import insert_all

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
    "released_on",
    "knowledge_cutoff",
)
_OF_ALIAS = frozenset({"name", "lab", "mode", "region"})  # facts of the alias itself, whatever it names by and by
_STILL_OF_NOW = timedelta(days=7)  # before the newest list: who reads the lists day by day reads some of them earlier
_STATED = (*_FACTS, "denied_capabilities")
_COLUMNS = (*_FACTS, "stated_abilities")
_PUBLISHED = "published_at"  # the newest list that said it, beside each source's facts


def keep_providers(
    session: Session, observed: Sequence[ObservedProvider], slugs: Iterable[str], *, is_newest: bool
) -> dict[str, int]:
    """Provider ids by slug, after adding the missing ones; the name of a full description replaces another, and the
    one that a company writes itself stands before those of all lists.

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
        row.name = OWN_NAMES.get(slug, row.name)
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
    ranks = _ranks(session)
    known = {row.slug: row for row in session.execute(select(Offering.id, Offering.slug, Offering.facts))}
    providers = dict(session.execute(select(Provider.slug, Provider.id)).all())
    models = _keep_models(session, observed, set(known))
    added, changed, repeated = [], [], []
    for offering in observed:
        row = known.get(offering.slug)
        facts = row.facts if row else {}
        before, stated = facts.get(source.slug), _stated(offering, published_at)
        if before and before[_PUBLISHED] >= stated[_PUBLISHED]:
            continue
        facts = {**facts, source.slug: stated}
        values = _picked(facts, ranks, offering.api_id) | {"facts": facts, "updated_at": now}
        if row is None:
            identity = {"slug": offering.slug, "provider_id": providers[offering.provider], "api_id": offering.api_id}
            added.append(values | identity | {"model_id": models[model_slug(offering.api_id)], "created_at": now})
        elif before and before == stated | {_PUBLISHED: before[_PUBLISHED]}:
            repeated.append(row.id)
        else:
            changed.append(values | {"id": row.id})
    insert_all(session, Offering, added)
    if changed:
        _keep_past(session, changed, now)
        session.execute(update(Offering), changed)
    if repeated:
        _date_facts(session, source, Offering.id.in_(repeated), published_at)
    _settle_aliases(session, ranks, now)
    return {slug: id_ for slug, id_ in session.execute(select(Offering.slug, Offering.id))}


def _keep_past(session: Session, changed: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """Keep what was believed until now of offerings of which something else is believed from now on.

    Of several lists that land at once the first finds what was believed before; the others change what nobody saw.
    """
    stated = {values["id"]: tuple(values[name] for name in _COLUMNS) for values in changed}
    columns = [Offering.__table__.c[name] for name in _COLUMNS]
    before = session.execute(select(Offering.id, *columns).where(Offering.id.in_(stated), Offering.created_at < now))
    past = [
        {"offering_id": id_, "until": now} | dict(zip(_COLUMNS, facts, strict=True))
        for id_, *facts in before
        if tuple(facts) != stated[id_]
    ]
    if past:
        session.execute(upsert(OfferingPast).on_conflict_do_nothing(), past)


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
        insert_all(session, Model, rows)
        ids = {slug: id_ for slug, id_ in session.execute(select(Model.slug, Model.id))}
    return ids


def repeat_facts(session: Session, source: Source, earlier: datetime, published_at: datetime, now: datetime) -> None:
    """Note that the source's list of an earlier time was published again, unchanged."""
    said_then = Offering.facts[source.slug][_PUBLISHED].astext == _at(earlier)
    _date_facts(session, source, said_then, published_at)
    _settle_aliases(session, _ranks(session), now)


def _ranks(session: Session) -> dict[str, int]:
    return {slug: rank for slug, rank in session.execute(select(Source.slug, Source.trust_rank))}


def _settle_aliases(session: Session, ranks: Mapping[str, int], now: datetime) -> None:
    """Believe of aliases that change their model what lists of now say: another list's day alone may end what an older
    one said of the model before.
    """
    columns = [Offering.__table__.c[name] for name in _COLUMNS]
    found = session.execute(
        select(Offering.id, Offering.api_id, Offering.facts, *columns).where(Offering.api_id.icontains(LATEST))
    )
    changed = []
    for id_, api_id, facts, *believed in found:
        if changes_model(api_id):
            values = _picked(facts, ranks, api_id)
            if [values[name] for name in _COLUMNS] != believed:
                changed.append(values | {"id": id_, "updated_at": now})
    if changed:
        _keep_past(session, changed, now)
        session.execute(update(Offering), changed)


def _date_facts(session: Session, source: Source, which: ColumnElement[bool], published_at: datetime) -> None:
    """Let facts count as said at that time: a list between it and their first one never overrides them."""
    path = cast([source.slug, _PUBLISHED], ARRAY(Text))
    facts = func.jsonb_set(Offering.facts, path, cast(_at(published_at), JSONB))
    session.execute(update(Offering).where(which).values(facts=facts), execution_options={"synchronize_session": False})


def _stated(offering: ObservedOffering, published_at: datetime) -> dict[str, Any]:
    """What the list says of the offering, and when it was published: the source's newest list counts."""
    facts = {name: _plain(getattr(offering, name)) for name in _STATED if getattr(offering, name) is not None}
    return facts | {_PUBLISHED: _at(published_at)}


def _at(published_at: datetime) -> str:
    """The time as facts keep it: texts that compare as the times do."""
    return published_at.astimezone(UTC).isoformat()


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _of_now(facts: Mapping[str, Any], api_id: str) -> Mapping[str, Any]:
    """What the lists say that speak of the model which the id names now: all do, but of an alias that changes it."""
    if not facts or not changes_model(api_id):
        return facts
    newest = max(datetime.fromisoformat(said[_PUBLISHED]) for said in facts.values())
    since = newest - _STILL_OF_NOW
    return {source: said for source, said in facts.items() if datetime.fromisoformat(said[_PUBLISHED]) >= since}


def _picked(facts: Mapping[str, Any], ranks: Mapping[str, int], api_id: str) -> dict[str, Any]:
    """The offering's columns: each fact of the most trusted source that states it; capabilities of all of them, for
    each list has flags of its own and none denies what another one's flag says.
    """
    of_now = _of_now(facts, api_id)
    best_first = sorted(facts, key=lambda source: ranks.get(source, len(ranks) + 1))
    alias, now = [facts[source] for source in best_first], [facts[source] for source in best_first if source in of_now]
    picked = {
        name: next((said[name] for said in (alias if name in _OF_ALIAS else now) if name in said), None)
        for name in _FACTS
    }
    picked["name"] = picked["name"] or api_id
    flags = [said["capabilities"] for said in of_now.values() if "capabilities" in said]
    picked["capabilities"] = sorted({flag for stated in flags for flag in stated}) if flags else None
    picked["stated_abilities"] = abilities_text(of_now)
    for name in ("deprecated_on", "released_on"):
        if stated := picked[name]:
            picked[name] = date.fromisoformat(stated)
    return picked
