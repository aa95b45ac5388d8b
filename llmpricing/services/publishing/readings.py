"""When each source was read, and the newest list of any source about a seller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.observations import READ
from llmpricing.services.price_book import BookRead, Reads

_NEVER = datetime.min.replace(tzinfo=UTC)


def lists_of(reads: Reads, known_at: datetime | None = None) -> dict[str, list[datetime]]:
    """The published times of all lists of each source that were read for their prices by ``known_at`` (None: now),
    unchanged ones too, in order.
    """
    found: dict[str, list[datetime]] = defaultdict(list)
    for slug, published in readings(reads, known_at):
        found[slug].append(published)
    return found


@BookRead
def readings(book: PriceBook, known_at: datetime | None) -> Iterable[tuple[str, datetime]]:
    """Each source with the published time of each of its lists that was read by ``known_at`` (None: now), in order."""
    until = book.last_change if known_at is None else known_at
    return sorted(
        {
            (book.sources[row.source_id].slug, row.published_at)
            for row in book.records("source_fetch")
            if row.outcome in READ and row.fetched_at <= until and (row.undone_at is None or row.undone_at > until)
        }
    )


@BookRead
def sources_by_provider(book: PriceBook, providers: Collection[int]) -> dict[int, set[str]]:
    """The sources that ever priced an offering of each of these providers."""
    found: dict[int, set[str]] = defaultdict(set)
    of = {number: provider for number, provider in book.stored("offering", "id", "provider_id")}
    for offering, source in set(book.stored("newest_observation", "offering_id", "source_id")):
        if of[offering] in providers:
            found[of[offering]].add(book.sources[source].slug)
    return found


def newest_list(lists: Mapping[str, Sequence[datetime]], sources: Collection[str]) -> datetime:
    """The newest of these sources' lists."""
    return max((lists[source][-1] for source in sources if lists.get(source)), default=_NEVER)
