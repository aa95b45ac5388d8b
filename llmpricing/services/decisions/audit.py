"""Who decided what, and when: written in the transaction of the decision, never changed."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import AuditEvent


def note_event(session: Session, at: datetime, actor: str, action: str, subject: str, **details: Any) -> None:
    """Log a decision. ``details`` are JSON: money as text; those that are None are left out."""
    stated = {name: value for name, value in details.items() if value is not None}
    session.add(AuditEvent(at=at, actor=actor, action=action, subject=subject, details=stated))


def account_name() -> str:
    """Who decides where nobody says a name: the account that runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as containers have
        return f"uid {os.getuid()}"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it was logged; ``details`` are JSON, money as text."""

    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]


class EventFilter(NamedTuple):
    """Which decisions: not before ``since``, by ``actor``, of this ``action``, on a subject that holds ``about``."""

    since: datetime | None = None
    actor: str | None = None
    action: str | None = None
    about: str | None = None


def list_events(session: Session, wanted: EventFilter, limit: int) -> list[Decision]:
    """The newest ``limit`` decisions that match, the newest first."""
    query = select(AuditEvent).order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(limit)
    if wanted.since is not None:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.actor is not None:
        query = query.where(AuditEvent.actor == wanted.actor)
    if wanted.action is not None:
        query = query.where(AuditEvent.action == wanted.action)
    if wanted.about is not None:
        query = query.where(AuditEvent.subject.contains(wanted.about, autoescape=True))
    return [Decision(one.at, one.actor, one.action, one.subject, one.details) for one in session.scalars(query)]
