"""When each source was read, what its lists left out, and the newest list of any source about a seller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, select, text
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.publishing.sightings import Readings
from llmpricing.models import NewestObservationRow, Offering, Source, SourceFetch
from llmpricing.services.price_book import Reads
from llmpricing.services.publishing.observations import READ

_NEVER = datetime.min.replace(tzinfo=UTC)

# Every list that was read for its prices, the newest first, with those of some offerings that it prices; a list that
# was read again unchanged has none of its own.
_LISTS = text("""
    select source.slug, source_fetch.published_at, source_fetch.sha256, outcome = 'imported' as imported,
    undone_at is null as stands, array(
        select unnest(listed || zeroed) intersect select unnest(:offerings)
    ) as listed
    from source_fetch join source on source.id = source_fetch.source_id where outcome = any(:read)
    order by source_fetch.published_at desc, source_fetch.id desc
""").bindparams(bindparam("offerings", type_=ARRAY(BigInteger)), bindparam("read", type_=ARRAY(Text)))


def lists_of(reads: Reads, known_at: datetime | None = None) -> dict[str, list[datetime]]:
    """The published times of all lists of each source that were read for their prices by ``known_at`` (None: now),
    unchanged ones too, in order.
    """
    rows: Iterable[Any]
    if isinstance(reads, PriceBook):
        rows = sorted(_readings_in(reads, reads.last_change if known_at is None else known_at))
    else:
        query = select(Source.slug, SourceFetch.published_at).join(Source).where(SourceFetch.is_reading(known_at))
        rows = reads.execute(query.distinct().order_by(Source.slug, SourceFetch.published_at))
    found: dict[str, list[datetime]] = defaultdict(list)
    for slug, published in rows:
        found[slug].append(published)
    return found


def _readings_in(book: PriceBook, known_at: datetime) -> set[tuple[str, datetime]]:
    return {
        (book.sources[row.source_id].slug, row.published_at)
        for row in book.records("source_fetch")
        if row.outcome in READ and row.fetched_at <= known_at and (row.undone_at is None or row.undone_at > known_at)
    }


def sources_by_provider(reads: Reads, providers: Collection[int]) -> dict[int, set[str]]:
    """The sources that ever priced an offering of each of these providers."""
    found: dict[int, set[str]] = defaultdict(set)
    if isinstance(reads, PriceBook):
        of = {number: provider for number, provider in reads.stored("offering", "id", "provider_id")}
        for offering, source in set(reads.stored("newest_observation", "offering_id", "source_id")):
            if of[offering] in providers:
                found[of[offering]].add(reads.sources[source].slug)
        return found
    query = (
        select(Offering.provider_id, Source.slug)
        .join(NewestObservationRow, NewestObservationRow.offering_id == Offering.id)
        .join(Source, Source.id == NewestObservationRow.source_id)
        .where(Offering.provider_id.in_(providers))
        .distinct()
    )
    for provider, slug in reads.execute(query):
        found[provider].add(slug)
    return found


def newest_list(lists: Mapping[str, Sequence[datetime]], sources: Collection[str]) -> datetime:
    """The newest of these sources' lists."""
    return max((lists[source][-1] for source in sources if lists.get(source)), default=_NEVER)


@dataclass
class ReadingsOf:
    """The readings of offerings that are published together; what all of a seller share is read once."""

    session: Session
    grace: timedelta
    _sources: dict[int, set[str]] = field(default_factory=dict)  # by provider

    def __call__(self, provider_of: Mapping[int, int]) -> dict[int, Readings]:
        """The readings of these offerings; ``provider_of`` tells each one's provider."""
        found = self.session.execute(_LISTS, {"offerings": list(provider_of), "read": list(READ)}).all()
        lists: dict[str, list[datetime]] = defaultdict(list)
        for slug, time in sorted({(row.slug, row.published_at) for row in found if row.stands}):
            lists[slug].append(time)
        providers = set(provider_of.values())
        if unknown := providers - self._sources.keys():
            self._sources |= {provider: set() for provider in unknown} | sources_by_provider(self.session, unknown)
        newest = {provider: newest_list(lists, self._sources[provider]) for provider in providers}
        left_out = _left_out(found, provider_of.keys())
        return {
            offering: Readings(lists, newest[provider], left_out.get(offering, {}), self.grace)
            for offering, provider in provider_of.items()
        }


def _left_out(lists: Sequence[Any], offerings: Collection[int]) -> dict[int, dict[str, datetime]]:
    """By offering and source the first of the source's last lists, in an unbroken row, that leave the offering out."""
    listed = {(row.slug, row.sha256): set(row.listed) for row in lists if row.imported}
    missing: dict[str, set[int]] = {}
    found: dict[int, dict[str, datetime]] = defaultdict(dict)
    for row in (row for row in lists if row.stands):
        absent = missing.setdefault(row.slug, set(offerings))
        absent -= listed.get((row.slug, row.sha256), set())
        for offering in absent:
            found[offering][row.slug] = row.published_at
    return found
