"""What one's own usage costs at each offering: what there is to lose where a price is wrong or moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from llmpricing.domain.quotes.charges import money
from llmpricing.services.usage_log.bill import billed, priced_records
from llmpricing.services.usage_log.formats.files import UnknownShape, UsageFiles, usage_file
from llmpricing.services.usage_log.known_facts import known_facts
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.price_log import batches_of
from llmpricing.services.usage_log.pricer import LogPricer

_HOME = "USD"


def spent(session: Session, path: Path, now: datetime) -> Mapping[str, Decimal]:
    """The cost of a usage file in USD by offering, whatever of its tool or a plain table with usual columns.

    What has no price, or one in another currency, counts for nothing. Raises LogError where the file cannot be read.
    """
    pricer = LogPricer(session, now, None)
    try:
        bill = billed(priced_records(pricer, UsageFiles([usage_file(path, None)], ()).records()))
    except UnknownShape:
        return _of_table(session, pricer, path)
    return {offering: model.cost[_HOME] for offering, model in bill.models.items() if _HOME in model.cost}


def _of_table(session: Session, pricer: LogPricer, path: Path) -> Mapping[str, Decimal]:
    columns = ColumnRoles(known_facts(session), "model", None, "llmpricing", frozenset())
    found: dict[str, Decimal] = defaultdict(Decimal)
    for batch in batches_of(path, (path,), columns):
        if not batch.table.num_rows:
            continue
        priced = pricer.price(batch)
        for row, (which, units) in enumerate(zip(priced.which.tolist(), priced.units.tolist(), strict=True)):
            answer = priced.answers[which]
            if answer.reason is None and answer.currency == _HOME:
                found[answer.offering] += priced.totals[row] if row in priced.totals else money(units)
    return found
