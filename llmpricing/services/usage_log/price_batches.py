"""Usage logs as batches of Arrow, in and out: for engines that bring their own reading and writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from llmpricing.services.price_book import Reads
from llmpricing.services.usage_log import cost_columns
from llmpricing.services.usage_log.batch import Batch
from llmpricing.services.usage_log.known_facts import known_facts
from llmpricing.services.usage_log.layout import ColumnRoles, Layout
from llmpricing.services.usage_log.pricer import LogPricer, Priced
from llmpricing.services.usage_log.provider_usage import usage_of_table
from llmpricing.services.usage_log.read.parquet import check_types, plain_texts

_BEHIND = ("reason", "book")


def price_batches(
    reads: Reads,
    batches: Iterable[pa.RecordBatch],
    columns: Mapping[str, Any],
    now: datetime,
    known_at: datetime | None,
    digest: str,
) -> Iterator[pa.RecordBatch]:
    """Each batch with its costs and what is said of them; every batch of the columns of the first. Raises LogError."""
    roles = ColumnRoles(facts=known_facts(reads), **columns)
    pricer = LogPricer(reads, now, known_at)
    layout: Layout | None = None
    line = 1
    for batch in batches:
        if layout is None:
            layout = roles.layout(batch.schema.names)
            check_types(layout, batch.schema)
        table = plain_texts(pa.Table.from_batches([batch])).combine_chunks()
        lines = np.arange(line, line + table.num_rows)
        line += table.num_rows
        if not table.num_rows:
            continue
        read = Batch(layout, table, lines, usage=usage_of_table(layout, table))
        yield from _told(read, pricer.price(read), digest).combine_chunks().to_batches()


def _told(batch: Batch, priced: Priced, digest: str) -> pa.Table:
    table, refused = batch.table, pa.array(priced.refused)
    costs = cost_columns.decimals(priced.units, priced.totals)
    cost, *names = batch.layout.added
    table = table.append_column(cost, compute.if_else(refused, pa.scalar(None, costs.type), costs))
    which = pa.array(priced.which.astype(np.int32))
    said = [(name, [answer[place] for answer in priced.answers]) for place, name in enumerate(names, 1)]
    said.append((batch.layout.behind(_BEHIND)[0], [answer.reason for answer in priced.answers]))
    for name, texts in said:
        table = table.append_column(name, pa.array(texts, pa.string()).take(which))
    return table.append_column(batch.layout.behind(_BEHIND)[1], pa.repeat(digest, table.num_rows))
