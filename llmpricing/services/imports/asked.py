"""Imports that operators ask for, as the audit log and the locks tell of them: the same in every process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from llmpricing.models import AuditEvent
from llmpricing.services.imports.running import RunningImports

_ASKED, _ENDED = "import_asked", "import_ended"
_UNKNOWN_END = (
    "Its server stopped before it could keep what came of it. Next: look below whether it was read meanwhile, or ask "
    "again."
)


@dataclass(frozen=True, slots=True)
class AskedImport:
    """An import that somebody asked for: of a running one when it was asked for and how many offerings are published so
    far, of one that ended when that was and what came of it.
    """

    source: str
    actor: str
    begun: datetime | None = None
    done: int = 0
    total: int = 0
    ended: datetime | None = None
    outcome: str = ""
    reason: str = ""  # of a failure, in words
    counts: Mapping[str, int] = field(default_factory=dict)


def newest_asked(session: Session, running: RunningImports) -> AskedImport | None:
    """The one that was asked for last; one that runs no more and has no end in the log failed when it was asked for.

    Ask the locks before: an import keeps its end before it lets go of them.
    """
    query = select(AuditEvent).where(AuditEvent.action.in_((_ASKED, _ENDED))).order_by(AuditEvent.id.desc()).limit(1)
    if (event := session.scalar(query)) is None:
        return None
    if event.action == _ASKED:
        if running.is_asked:
            return AskedImport(event.subject, event.actor, event.at, running.done, running.total)
        event = _end_since(session, event) or event
    told: dict[str, Any] = {"outcome": "failed", "reason": _UNKNOWN_END}
    if event.action == _ENDED:
        told = dict(event.details)
    outcome, reason = told.pop("outcome", ""), told.pop("reason", "")
    return AskedImport(event.subject, event.actor, ended=event.at, outcome=outcome, reason=reason, counts=told)


def _end_since(session: Session, asked: AuditEvent) -> AuditEvent | None:
    """The end of this import as the log tells it by now: the session's transaction may have begun before it was kept,
    while locks are read as they are.
    """
    query = select(AuditEvent).where(AuditEvent.action == _ENDED, AuditEvent.id > asked.id)
    with Session(session.get_bind().engine) as later:
        return later.scalar(query.order_by(AuditEvent.id).limit(1))


def note_asked(session: Session, actor: str, source: str, at: datetime) -> None:
    """Log that somebody has a list read; who holds the place says so. One before without an end gets it."""
    before = newest_asked(session, RunningImports())
    if before is not None and before.reason == _UNKNOWN_END:
        _note_end(session, before.actor, before.source, at, {"outcome": before.outcome, "reason": before.reason})
        session.flush()  # the log is read in the order of its numbers
    session.add(AuditEvent(at=at, actor=actor, action=_ASKED, subject=source, details={}))


def keep_end(engine: Engine, actor: str, source: str, at: datetime, told: Mapping[str, Any]) -> None:
    """Log what came of it, in a transaction of its own; ``told`` is JSON."""
    with Session(engine) as session, session.begin():
        _note_end(session, actor, source, at, told)


def _note_end(session: Session, actor: str, source: str, at: datetime, told: Mapping[str, Any]) -> None:
    session.add(AuditEvent(at=at, actor=actor, action=_ENDED, subject=source, details=dict(told)))
