"""Which schema this code needs."""

from __future__ import annotations

from llmpricing.health.database import ExpectedSchema
from llmpricing.models import Base
from llmpricing.models.migrations import known_revisions

__all__ = ["expected"]


def expected() -> ExpectedSchema:
    """The revisions and tables that this code knows."""
    return ExpectedSchema(known_revisions(), sorted(Base.metadata.tables))
