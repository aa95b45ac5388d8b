"""The newest list of a source as it came, over which a feed lays the published prices."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from llmpricing.book.price_book import UP_TO_A_TIME, PriceBook
from llmpricing.models import KeptList, Source, SourceFetch
from llmpricing.services.price_book import Reads


class NewestList(NamedTuple):
    """A list that was accepted and stands: its bytes, digest and published time, and under which licence it comes."""

    data: bytes
    sha256: str
    published_at: datetime
    licence: str


class NoListError(Exception):
    """No list of the source is kept; the message names the command that brings one."""


def newest_kept(reads: Reads, slug: str, known_at: datetime) -> NewestList:
    """The list of the source that was published last, of those read by ``known_at`` and not taken back by then.

    Raises NoListError.
    """
    found = max(_kept(reads, slug, known_at), default=None)
    if found is None and isinstance(reads, PriceBook) and reads.version == UP_TO_A_TIME:
        raise NoListError(
            f"the list of {slug} that this feed is laid over is in no book of what was known at a time. "
            "Next: llmpricing book export FILE"
        )
    if found is None:
        raise NoListError(
            f"no list of {slug} was imported, and this feed is that list with the published prices laid over it. "
            f"Next: llmpricing import {slug}"
        )
    published_at, _, sha256, licence, data = found
    return NewestList(gzip.decompress(data), sha256, published_at, licence)


def _kept(reads: Reads, slug: str, known_at: datetime) -> Iterable[tuple[datetime, int, str, str, bytes]]:
    if isinstance(reads, PriceBook):
        source = next((row for row in reads.sources.values() if row.slug == slug), None)
        if source is None:
            return
        kept = dict(reads.rows("kept_list", ("sha256", "data"), [source.id]))
        for row in reads.records("source_fetch", [source.id]):
            if row.sha256 in kept and _stands(row, known_at):
                yield row.published_at, row.id, row.sha256, source.licence or "", kept[row.sha256]
        return
    query = (
        select(SourceFetch.published_at, SourceFetch.id, SourceFetch.sha256, Source.licence, KeptList.data)
        .join(Source, Source.id == SourceFetch.source_id)
        .join(KeptList, (KeptList.source_id == SourceFetch.source_id) & (KeptList.sha256 == SourceFetch.sha256))
        .where(Source.slug == slug, SourceFetch.fetched_at <= known_at)
        .where(SourceFetch.undone_at.is_(None) | (SourceFetch.undone_at > known_at))
        .order_by(SourceFetch.published_at.desc(), SourceFetch.id.desc())
        .limit(1)
    )
    for published_at, number, sha256, licence, data in reads.execute(query):
        yield published_at, number, sha256, licence or "", data


def _stands(row: object, known_at: datetime) -> bool:
    fetched_at, undone_at = row.fetched_at, row.undone_at  # type: ignore[attr-defined]  # a record of the book
    return bool(fetched_at <= known_at and (undone_at is None or undone_at > known_at))
