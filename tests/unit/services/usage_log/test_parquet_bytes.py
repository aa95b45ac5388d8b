"""Priced rows give the same bytes of Parquet each time, so that a job may compare files instead of rows."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa

from llmpricing.services.usage_log.batch import Batch
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.pricer import Priced
from llmpricing.services.usage_log.row_by_row import RowAnswer
from llmpricing.services.usage_log.write.parquet import ParquetWriter

SAID = [RowAnswer(None, "USD", "priced", f"{place % 3}", f"a/{place % 2}", "DATE_UNKNOWN") for place in range(6)]
ROWS = [2, 0, 5, 2, 1, 4, 3, 0]


def written(answers: list[RowAnswer]) -> bytes:
    """The rows as a file; which of the answers each has is found by what it says."""
    table = pa.table({"model": [f"m{row}" for row in ROWS], "input_tokens": ROWS})
    layout, rows = ColumnRoles().layout(table.schema.names), np.arange(len(ROWS))
    which = np.array([answers.index(SAID[row]) for row in ROWS])
    nothing = np.zeros(len(ROWS), np.bool_)
    priced = Priced(rows, {}, which, answers, nothing.astype(np.int64), [], nothing)
    file = io.BytesIO()
    writer = ParquetWriter(file, refused=False)
    writer.begin(layout)
    writer.rows(Batch(layout, table, rows + 1), priced, ~nothing)
    writer.close()
    return file.getvalue()


def test_the_order_in_which_answers_were_found_is_not_seen() -> None:
    unused = RowAnswer(None, "EUR", "free", "9", "b/9")
    assert written(SAID) == written(SAID[::-1]) == written([unused, *SAID[3:], *SAID[:3]])
