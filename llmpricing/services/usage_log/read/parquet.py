"""Usage logs as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from llmpricing.services.usage_log.batch import Batch
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.layout import ColumnRoles, Layout
from llmpricing.services.usage_log.provider_usage import usage_of_table
from llmpricing.services.usage_log.whole_files import check_all_rows

_ROWS = 131_072
# By their names: Arrow knows them from 16 on, and clusters have older ones.
_VIEWS = {"string_view": pa.large_string(), "binary_view": pa.large_binary()}


def read_parquet(path: Path, columns: ColumnRoles, rows: int = _ROWS) -> Iterator[Batch]:
    """The rows of the file, numbered from 1; raises LogError where its columns do not tell what to price."""
    try:
        with parquet.ParquetFile(path) as file:
            layout = columns.layout(file.schema_arrow.names)
            check_types(layout, file.schema_arrow)
            known = file.metadata
        texts = [name for name in layout.named if name]
        line = 1
        with parquet.ParquetFile(path, metadata=known, read_dictionary=texts, pre_buffer=False) as file:
            for batch in file.iter_batches(rows):
                table = plain_texts(pa.Table.from_batches([batch]))
                numbers = np.arange(line, line + table.num_rows)
                yield Batch(layout, table, numbers, usage=usage_of_table(layout, table))
                line += table.num_rows
            check_all_rows(file, line - 1)
    except (pa.ArrowException, OSError):
        raise LogError(f"{path} is no Parquet file that can be read.") from None


def plain_texts(table: pa.Table) -> pa.Table:
    """The same with plain texts for views on texts, of which Arrow can choose no rows."""
    for place, field in enumerate(table.schema):
        if (kind := _VIEWS.get(str(field.type))) is not None:
            table = table.set_column(place, field.with_type(kind), table.column(place).cast(kind))
    return table


def check_types(layout: Layout, schema: pa.Schema) -> None:
    """Raise LogError where no row can be priced, because of what a column holds."""
    for names, fits, wanted in (
        (layout.named, _is_text, "text"),
        (layout.meters, lambda kind: _is_text(kind) or _is_number(kind), "numbers"),
        ((layout.at,), lambda kind: _is_text(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind), "times"),
    ):
        for name in names:
            if name is not None and not fits(kind := schema.field(name).type):
                raise LogError(f"The log's column {name} holds {kind}, not {wanted}: write it as {wanted}.")


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return any(is_one(kind) for is_one in _TEXTS)


def _is_number(kind: pa.DataType) -> bool:
    return any(is_one(kind) for is_one in _NUMBERS)


_Test = Callable[[pa.DataType], bool]
_TEXTS: tuple[_Test, ...] = (
    pa.types.is_string,
    pa.types.is_large_string,
    lambda kind: str(kind) == "string_view",
    pa.types.is_null,
)
_NUMBERS: tuple[_Test, ...] = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
