"""Usage files of tests/fixtures/usage and their twins: the same records, written in the other ways of tools."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

FOLDER = Path(__file__).parent / "fixtures" / "usage"
EXPECTED: Mapping[str, Mapping[str, Any]] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
NAMES = sorted(EXPECTED)
DAY = datetime(2026, 11, 20, 10, tzinfo=UTC)  # of the files, and of those that tell none
CSV_NAMES = [name for name in NAMES if name.endswith(".csv")]
LINES = [name for name in NAMES if name.endswith((".jsonl", ".ndjson"))]
DOCUMENTS = [name for name in NAMES if name.endswith(".json")]

Text = Callable[[bytes], bytes]


def content(name: str) -> bytes:
    """The file as it is."""
    return (FOLDER / name).read_bytes()


def documents(name: str) -> list[Any]:
    """The JSON documents of a file: its lines, or its one document; rows of a table as objects."""
    data = content(name).decode("utf-8-sig")
    if name.endswith(".csv"):
        return list(csv.DictReader(io.StringIO(data)))
    if name.endswith(".json"):
        return [json.loads(data, parse_float=Decimal)]
    return [json.loads(line, parse_float=Decimal) for line in data.splitlines() if line.strip()]


def lines(found: list[Any]) -> bytes:
    """The documents, one a line."""
    return b"".join(_dumped(one) + b"\n" for one in found)


def pretty(found: list[Any]) -> bytes:
    """The documents one after the other, over many lines each."""
    return b"\n".join(json.dumps(one, indent=2, default=_number).encode() for one in found)


def array(found: list[Any]) -> bytes:
    """The documents as one array."""
    return b"[" + b",\n ".join(map(_dumped, found)) + b"]"


def _dumped(one: Any) -> bytes:
    return json.dumps(one, default=_number).encode()


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value))


def reversed_keys(value: Any) -> Any:
    """The same objects with their names in the other order."""
    if isinstance(value, dict):
        return {name: reversed_keys(value[name]) for name in reversed(value)}
    return [reversed_keys(one) for one in value] if isinstance(value, list) else value


def numbers_as_texts(value: Any) -> Any:
    """The same objects with every number as a text."""
    if isinstance(value, dict):
        return {name: numbers_as_texts(one) for name, one in value.items()}
    if isinstance(value, list):
        return [numbers_as_texts(one) for one in value]
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return format(Decimal(str(value)), "f") if is_number else value


def with_unknown_text(value: Any) -> Any:
    """The same objects with a further field of no meaning, and one that is null."""
    if isinstance(value, dict):
        return {"note": "x", "zz_empty": None, **value}
    return value


def with_nothing_as(word: str, value: Any) -> Any:
    """The same objects with a word where nothing is stated, and a text of JSON with it inside."""
    if isinstance(value, dict):
        return {name: with_nothing_as(word, one) for name, one in value.items()}
    if isinstance(value, list):
        return [with_nothing_as(word, one) for one in value]
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(with_nothing_as(word, json.loads(value)))
    return word if value is None or value == "" else value


_MONEY = frozenset(
    {"cost", "spend", "Spend", "total_cost", "totalCost", "calculatedTotalCost", "costUSD", "cost_total", "cost_usd"}
    | {"line_item_unblended_cost", "BilledCost", "net_amount", "costInBillingCurrency"}
)


def with_dollars(written: str, value: Any) -> Any:
    """The same objects with amounts of money written so, such as ``${}``."""
    if isinstance(value, dict):
        return {
            name: written.format(one)
            if name in _MONEY and isinstance(one, str | int | Decimal) and one != ""
            else with_dollars(written, one)
            for name, one in value.items()
        }
    return [with_dollars(written, one) for one in value] if isinstance(value, list) else value


def table(rows: list[Mapping[str, Any]], divider: str = ",") -> bytes:
    """Rows as a table."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), delimiter=divider)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data)


def zstandard(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)


def crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def marked(data: bytes) -> bytes:
    """With a byte-order mark."""
    return b"\xef\xbb\xbf" + data.removeprefix(b"\xef\xbb\xbf")


def tabbed(rows: list[Mapping[str, str]]) -> bytes:
    """A table divided by tabs, its columns in the other order, each cell quoted."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(reversed(rows[0])), dialect="excel-tab", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def as_parquet(rows: list[Mapping[str, Any]]) -> bytes:
    """A table as Parquet, of texts, or of what Arrow takes the values for."""
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(rows)), file)
    return file.getvalue()
