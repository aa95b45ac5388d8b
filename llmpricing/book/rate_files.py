"""A table of flat rates as files: CSV, and Parquet whose numbers are exact decimals."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, fields
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.flat_rates import FlatRate

_NAMES = tuple(field.name for field in fields(FlatRate))


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
    from llmpricing.book import rate_parquet  # Arrow, which takes 36 MiB of a process that serves

    return rate_parquet.rates_parquet(rates)


WRITERS: Mapping[str, Callable[[Sequence[FlatRate]], bytes]] = MappingProxyType(
    {"prices.csv": rates_csv, "prices.parquet": rates_parquet}
)
