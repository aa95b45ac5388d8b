"""The SQL of the schedules that components name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import ScheduleRow
from llmpricing.services.publishing import kept_components


@kept_components.schedule_rows.in_database
def schedule_rows(session: Session) -> Iterable[Any]:
    """All schedules."""
    return session.scalars(select(ScheduleRow))
