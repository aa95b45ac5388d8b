"""Imports that an operator asks for: what the audit log tells of them, and whether one runs now, whoever began it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from llmpricing.models import AuditEvent

# Names of sessions are seen by every role, and a program that ends or dies takes its own along.
_RUNNING = text(
    "select exists(select from pg_stat_activity where application_name = :name and datname = current_database())"
)
_PROGRAM = "llmpricing import"  # as the command names its sessions


def import_runs(session: Session) -> bool:
    """Whether some import works on this price book: of a command line, or for an operator of another server."""
    return bool(session.scalar(_RUNNING, {"name": _PROGRAM}))


def note_asked(session: Session, actor: str, source: str, at: datetime) -> None:
    """Log that somebody has a list read."""
    session.add(AuditEvent(at=at, actor=actor, action="import_asked", subject=source, details={}))


def keep_end(engine: Engine, actor: str, source: str, at: datetime, told: Mapping[str, Any]) -> None:
    """Log what came of it, in a transaction of its own; ``told`` is JSON."""
    with Session(engine) as session, session.begin():
        session.add(AuditEvent(at=at, actor=actor, action="import_ended", subject=source, details=dict(told)))
