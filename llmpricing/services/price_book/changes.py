"""How a change of the price book begins and ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from llmpricing.models import BookVersion
from llmpricing.models.revisions import IMPORT_LOCK

_TICK = timedelta(microseconds=1)  # two changes at one recorded time would leave an answer that nobody can ask for


def begin_change(session: Session, now: datetime) -> datetime:
    """Wait until nobody else changes the price book, and keep others waiting until this transaction ends.

    Returns the time at which the change is recorded: ``now`` and what was waited since, later than the last change
    whatever the clocks say.
    """
    recorded = now + _lock(session)
    last = session.scalar(select(BookVersion.changed_at).with_for_update())
    return recorded if last is None else max(recorded, last + _TICK)


def _lock(session: Session) -> timedelta:
    """How long the lock kept us waiting; nothing where it was free."""
    if session.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK}):
        return timedelta()
    began = monotonic()
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})
    return timedelta(seconds=monotonic() - began)


def end_change(session: Session, recorded: datetime) -> None:
    """Raise the version in the change's own transaction: tells caches and clients that answers have changed."""
    first = upsert(BookVersion).values(id=1, version=1, changed_at=recorded)
    raised = {"version": BookVersion.version + 1, "changed_at": recorded}
    session.execute(first.on_conflict_do_update(index_elements=["id"], set_=raised))
