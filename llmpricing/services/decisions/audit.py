"""Who decided what, and when: written in the transaction of the decision, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from llmpricing.models import AuditEvent


def note_event(session: Session, at: datetime, actor: str, action: str, subject: str, **details: Any) -> None:
    """Log a decision. ``details`` are JSON: money as text; those that are None are left out."""
    stated = {name: value for name, value in details.items() if value is not None}
    session.add(AuditEvent(at=at, actor=actor, action=action, subject=subject, details=stated))
