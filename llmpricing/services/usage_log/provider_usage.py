"""Usage in a provider's own words, row by row: read by the code that reads it for a quote."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.usage.formats import Usage, UsageError, UsageFormat, read_usage
from llmpricing.services.usage_log.cells import cells
from llmpricing.services.usage_log.columns import OURS, CountColumns
from llmpricing.services.usage_log.layout import Layout

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_TEXTS = frozenset(
    {"service_tier", "serviceTier", "speed", "inference_geo", "trafficType", "traffic_type", "search_context_size"}
)


def stated_usage(usage_format: UsageFormat, count_columns: CountColumns, row: Mapping[str, Any]) -> Usage | UsageError:
    """What the row says was used, or why that cannot be read: all of it must be, for a log shows no warnings."""
    try:
        usage = read_usage(_raw(count_columns, row), usage_format)
    except UsageError as error:
        return error
    if usage.told and (remarks := usage.told.remarks):
        return UsageError(remarks[0].field, remarks[0].what)
    return usage


def usage_of_table(layout: Layout, table: pa.Table) -> list[Usage | UsageError] | None:
    """The same of all rows; None where the log counts in our own words."""
    if layout.usage_format == OURS:
        return None
    columns = [cells(table.column(name)) for name in layout.fields]
    rows = (dict(zip(layout.fields, row, strict=True)) for row in zip(*columns, strict=True))
    return [stated_usage(layout.usage_format, layout.count_columns, row) for row in rows]


def _raw(count_columns: CountColumns, row: Mapping[str, Any]) -> Mapping[str, Any]:
    if count_columns.whole is None:
        stated = ((name, field, row.get(name)) for name, field in count_columns.fields.items())
        return {field: _value(name, field, cell) for name, field, cell in stated if cell is not None and cell != ""}
    found = row.get(count_columns.whole)
    if isinstance(found, str):
        found = _json(count_columns.whole, found)
    if not isinstance(found, Mapping):
        raise UsageError(count_columns.whole, "must be an object of counts")
    return found


def _value(name: str, field: str, cell: Any) -> Any:
    """The cell as usage objects hold it; texts of numbers and of JSON are read."""
    if not isinstance(cell, str) or field in _TEXTS:
        return cell
    if cell.lstrip()[:1] in ("{", "["):
        return _json(name, cell)
    try:
        return parse_decimal(cell)
    except MoneyError:
        raise UsageError(name, f"is {cell[:40]!r}, not a number") from None


def _json(name: str, text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, ArithmeticError, RecursionError):
        raise UsageError(name, f"is {text[:40]!r}, not JSON that can be read") from None
