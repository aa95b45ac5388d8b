"""Since when the price book of a database knows anything."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.models import Offering
from llmpricing.services.price_book.began import began


@began.in_database
def in_database(session: Session) -> datetime | None:
    """When its first offering became known."""
    return session.scalar(select(func.min(Offering.created_at)))
