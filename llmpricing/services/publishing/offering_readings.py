"""When the sources of offerings were read, and what their lists left out, for publishing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, text
from sqlalchemy.orm import Session

from llmpricing.domain.observations import READ
from llmpricing.domain.publishing.sightings import Readings
from llmpricing.services.publishing.readings import newest_list, sources_by_provider

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
