"""A table of flat rates as files: CSV, and Parquet whose numbers are exact decimals."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, fields
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.flat_rates import FlatRate

_NAMES = tuple(field.name for field in fields(FlatRate))
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
_SCHEMA = pa.schema([pa.field(name, _TYPES.get(name, _NUMBER)) for name in _NAMES])


def rates_csv(rates: Sequence[FlatRate]) -> bytes:
    """The rates with a line of names above; nothing stands for what is not known, and no cell begins a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_NAMES)
    writer.writerows([_cell(value) for value in astuple(rate)] for rate in rates)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, Decimal):
        return to_text(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text else text


def rates_parquet(rates: Sequence[FlatRate]) -> bytes:
    """The rates as one table; numbers to 18 places, times in UTC."""
    columns = list(zip(*map(astuple, rates), strict=True)) or [()] * len(_NAMES)
    arrays = [pa.array(map(_exact, column), field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(arrays, schema=_SCHEMA), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _exact(value: Any) -> Any:
    return value.quantize(_PLACES, context=_EXACT) if isinstance(value, Decimal) else value


WRITERS: Mapping[str, Callable[[Sequence[FlatRate]], bytes]] = MappingProxyType(
    {"prices.csv": rates_csv, "prices.parquet": rates_parquet}
)
