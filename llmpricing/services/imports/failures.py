"""Why a source's list could not be had, since when: kept beside its readings, so that everybody sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.models import Source, SourceFailure, SourceFetch
from llmpricing.services.imports.fetches import keep_source
from llmpricing.services.price_book.changes import begin_change, end_change
from llmpricing.sources.declaration import SourceInfo

MOST_LETTERS = 500


@dataclass(frozen=True, slots=True)
class Failing:
    """A source of which nothing was read since ``since``; tried last at ``tried_at``, in vain for ``reason``."""

    since: datetime
    tried_at: datetime
    reason: str


def keep_failure(session: Session, info: SourceInfo, reason: str, now: datetime) -> None:
    """Note that the list could not be had; the caller commits. The first failure and another reason are news of the
    price book, a repetition is none.
    """
    source, reason = keep_source(session, info), reason[:MOST_LETTERS]
    row = session.get(SourceFailure, source.id)
    goes_on = row is not None and _still_fails(row.tried_at, _last_read(session).get(source.id))
    if row is not None and goes_on and row.reason == reason:
        row.tried_at = now
        return
    recorded = begin_change(session, now)
    since = row.since if row is not None and goes_on else now
    session.merge(SourceFailure(source_id=source.id, since=since, tried_at=now, reason=reason))
    end_change(session, recorded)


def failing_sources(session: Session) -> dict[str, Failing]:
    """By source what stands in the way of its list, where nothing was read since it was tried last."""
    read = _last_read(session)
    rows = session.execute(select(Source.slug, SourceFailure).join(Source, Source.id == SourceFailure.source_id))
    return {
        slug: Failing(row.since, row.tried_at, row.reason)
        for slug, row in rows
        if _still_fails(row.tried_at, read.get(row.source_id))
    }


def _still_fails(tried_at: datetime, last_read: datetime | None) -> bool:
    return last_read is None or tried_at > last_read


def _last_read(session: Session) -> dict[int, datetime]:
    query = select(SourceFetch.source_id, func.max(SourceFetch.fetched_at)).group_by(SourceFetch.source_id)
    return {source: at for source, at in session.execute(query)}
