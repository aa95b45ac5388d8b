"""The SQL of when the prices of offerings changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session

from llmpricing.models import OtherPriceRow, PriceRow
from llmpricing.services.publishing import change_log


@change_log.changes_after.in_database
def changes_after(session: Session, time: datetime) -> Iterable[Any]:
    """The offerings whose prices began or ended after a time, each followed by when."""
    return session.execute(union(*(_changed(table, time) for table in (PriceRow, OtherPriceRow))))


def _changed(table: type[PriceRow] | type[OtherPriceRow], time: datetime) -> Select[Any]:
    begun, ended = func.lower(table.recorded), func.upper(table.recorded)
    return select(table.offering_id, begun, ended).where(or_(begun > time, ended > time)).distinct()
