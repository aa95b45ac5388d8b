"""The SQL of what offerings can do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import Offering
from llmpricing.services.catalogue import offered_facts
from llmpricing.services.catalogue.offered_facts import COLUMNS


@offered_facts.facts_told.in_database
def facts_told(session: Session) -> Iterable[Any]:
    """The values of COLUMNS of all offerings."""
    return session.execute(select(*(getattr(Offering, name) for name in COLUMNS)))
