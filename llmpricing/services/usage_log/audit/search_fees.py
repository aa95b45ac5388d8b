"""The fees of web searches, which logs state within a request and invoices in a line of their own."""

from __future__ import annotations

from decimal import Decimal

from llmpricing.domain.names.identities import identity
from llmpricing.domain.quotes.charges import money
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.formats.record import UsageRecord

SEARCHES = "web search"  # the place of such a line, where others have a model
_METER = "web_searches"
_WORDS = frozenset({"web", "search"})


def is_search_line(name: str) -> bool:
    """Whether a line is of web searches, such as "Web Search Usage" or "web search tool calls"."""
    return frozenset(identity(name).words) >= _WORDS


def search_fee(uses: AuditedUses, record: UsageRecord) -> Decimal:
    """What the searches of a record cost by themselves, in USD; nothing where it states none."""
    if record.usage is None or not record.usage.stated.get(_METER):
        return Decimal(0)
    use = uses.use(record)
    alone = (use.counted({_METER: use.stated(_METER)}) or use) if use else None  # a record of searches alone stays
    units = alone.units() if alone else None
    return Decimal(0) if units is None else money(units)
