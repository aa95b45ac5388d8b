"""Which schema this code needs."""

from __future__ import annotations

from llmpricing.health.database import ExpectedSchema
from llmpricing.models import (
    Base,
    BookVersion,
    ContractRateRow,
    ExchangeRate,
    MatchRule,
    Offering,
    OfferingAlias,
    OtherPriceRow,
    PriceRow,
    Provider,
    ProviderDescription,
    Source,
    SourceFetch,
)
from llmpricing.models.revisions import known_revisions

__all__ = ["expected"]

# A process that remembers none of them needs all; the first is read by every request.
_READ_BY_QUOTES = (
    BookVersion,
    Source,
    Provider,
    ProviderDescription,
    Offering,
    OfferingAlias,
    MatchRule,
    PriceRow,
    OtherPriceRow,
    SourceFetch,
    ContractRateRow,
    ExchangeRate,
)


def expected() -> ExpectedSchema:
    """The revisions and tables that this code knows, and those without which no quote is answered."""
    read_by_quotes = [model.__tablename__ for model in _READ_BY_QUOTES]
    return ExpectedSchema(known_revisions(), sorted(Base.metadata.tables), read_by_quotes)
