"""The SQL of the further conditions that prices ask for."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.models import PriceRow
from llmpricing.services.usage_log import known_facts as in_book


@in_book.known_facts.in_database
def known_facts(session: Session) -> frozenset[str]:
    """The further conditions that any price asks for."""
    return frozenset(session.scalars(select(func.jsonb_object_keys(PriceRow.extra)).distinct()))
