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
_ROWS, _BYTES = 100_000, 1 << 25  # that are priced together: grouping and looking up take the same for few rows


def price_batches(
    reads: Reads,
    batches: Iterable[pa.RecordBatch],
    columns: Mapping[str, Any],
    now: datetime,
    known_at: datetime | None,
    digest: str,
) -> Iterator[pa.RecordBatch]:
    """Each batch that has rows, with its costs and what is said of them; every batch of the columns of the first. Small
    ones are priced together, so that some are taken before the first is given. Raises LogError.
    """
    roles = ColumnRoles(facts=known_facts(reads), **columns)
    pricer = LogPricer(reads, now, known_at)
    layout: Layout | None = None
    line = 1
    for together in _together(batches):
        schema = together[0].schema
        if layout is None:
            layout = roles.layout(schema.names)
            check_types(layout, schema)
        table = plain_texts(pa.Table.from_batches(together)).combine_chunks()
        lines = np.arange(line, line + table.num_rows)
        line += table.num_rows
        if not table.num_rows:
            continue
        read = Batch(layout, table, lines, usage=usage_of_table(layout, table))
        told, start = _told(read, pricer.price(read), digest).combine_chunks(), 0
        for batch in together:
            yield from told.slice(start, batch.num_rows).to_batches()
            start += batch.num_rows


def _together(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Batches of the same columns in their order, of few rows and bytes together, or one alone."""
    found: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if found and (rows > _ROWS or size > _BYTES or batch.schema != found[0].schema):
            yield found
            found, rows, size = [], batch.num_rows, batch.nbytes
        found.append(batch)
    if found:
        yield found


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
