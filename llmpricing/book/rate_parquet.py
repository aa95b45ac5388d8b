"""A table of flat rates as Parquet, whose numbers are exact decimals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from llmpricing.domain.quotes.flat_rates import FlatRate

_NUMBER = pa.decimal128(38, 18)  # the widest that all readers of Parquet know
_PLACES, _EXACT = Decimal(1).scaleb(-18), Context(prec=38, rounding=ROUND_HALF_EVEN)
_TIME = pa.timestamp("us", tz="UTC")
_TYPES = {
    "valid_from": _TIME,
    "valid_until": _TIME,
    "is_flat": pa.bool_(),
    "offering": pa.string(),
    "provider": pa.string(),
    "currency": pa.string(),
    "beside": pa.string(),
}
_SCHEMA = pa.schema([pa.field(field.name, _TYPES.get(field.name, _NUMBER)) for field in fields(FlatRate)])


def rates_parquet(rates: Sequence[FlatRate]) -> bytes:
    """The rates as one table; numbers to 18 places, times in UTC."""
    columns = list(zip(*map(astuple, rates), strict=True)) or [()] * len(_SCHEMA)
    arrays = [pa.array(map(_exact, column), field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(arrays, schema=_SCHEMA), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _exact(value: Any) -> Any:
    return value.quantize(_PLACES, context=_EXACT) if isinstance(value, Decimal) else value
