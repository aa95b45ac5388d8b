"""Which published prices a reading may change besides those whose value it changes: where a source turned silent, spoke
again, or leaves an offering out. An unchanged daily list touches nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.domain.observations import FetchOutcome
from llmpricing.domain.publishing.market import Lists
from llmpricing.models import NewestObservationRow, Offering, Source, SourceFetch
from llmpricing.services.publishing.readings import lists_of, newest_list, sources_by_provider


def left_out_or_back(session: Session, source: Source, fetch: SourceFetch) -> set[int]:
    """Offerings that this imported list has and a neighbouring one of its source has not, or the other way round."""
    lists = select(SourceFetch.listed, SourceFetch.zeroed).where(
        SourceFetch.source_id == source.id, SourceFetch.outcome == FetchOutcome.IMPORTED, SourceFetch.is_reading()
    )
    before = lists.where(SourceFetch.published_at < fetch.published_at).order_by(SourceFetch.published_at.desc())
    after = lists.where(SourceFetch.published_at > fetch.published_at).order_by(SourceFetch.published_at)
    own = {*fetch.listed, *fetch.zeroed}
    found: set[int] = set()
    for query in (before, after):
        neighbour = session.execute(query.limit(1)).one_or_none()
        if neighbour is not None:
            found |= own ^ {*neighbour.listed, *neighbour.zeroed}
    return found


def of_other_standing(session: Session, before: Lists, grace: timedelta) -> set[int]:
    """Offerings of sources that speak for the present and did not with the readings ``before``, or the other way round.

    A source speaks while its last list is at most the grace older than the newest list of any source about the seller.
    A source that does not is carried from its last list, so that one touches too.
    """
    now = lists_of(session)
    if now == before:
        return set()
    providers = set(session.scalars(select(Offering.provider_id).distinct()))
    touched: dict[str, set[int]] = {}
    for provider, sources in sources_by_provider(session, providers).items():
        for source in sources:
            if _changes_standing(source, before, now, sources, grace):
                touched.setdefault(source, set()).add(provider)
    found: set[int] = set()
    for source, sellers in touched.items():
        newest = NewestObservationRow
        query = select(newest.offering_id).join(Source).join(Offering, Offering.id == newest.offering_id)
        found |= set(session.scalars(query.where(Source.slug == source, Offering.provider_id.in_(sellers)).distinct()))
    return found


def _changes_standing(source: str, before: Lists, now: Lists, sources: Collection[str], grace: timedelta) -> bool:
    if not before.get(source):
        return False  # all that its first list states is new
    spoke = before[source][-1] + grace >= newest_list(before, sources)
    speaks = now[source][-1] + grace >= newest_list(now, sources)
    return spoke != speaks or (not speaks and before[source][-1] != now[source][-1])
