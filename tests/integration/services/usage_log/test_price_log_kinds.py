"""Columns of every kind that can say what is asked are understood, in the words of any provider."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.formats import read_usage
from llmpricing.services.quotes.quoting import Asked, quote_many
from tests.priced_logs import priced, total, write_csv

AT = "2025-03-01T12:00:00Z"
MODELS = [f"motley/m{number}" for number in range(1, 41)]
ANTHROPIC = {"input_tokens": 100, "cache_read_input_tokens": 5000, "output_tokens": 10}


@pytest.fixture(scope="module")
def costs(motley_book) -> list[str]:
    """What 1000 input tokens cost for those models that have a price, each by its own quote."""
    return quoted(motley_book, {"input_tokens": 1000})


def quoted(book, usage: Any, usage_format: Any = "llmpricing") -> list[str]:
    """What the usage costs for those models that have a price for it."""
    asked = [Asked(model, read_usage(usage, usage_format), datetime.fromisoformat(AT)) for model in MODELS]
    found = [cost for cost in map(total, quote_many(book, asked)) if cost]
    assert found
    return found


def log_costs(book, path, columns: dict[str, Any], **how: Any) -> list[str]:
    """What the rows of a Parquet log cost."""
    rows = {"model": MODELS, "at": [AT] * len(MODELS), "input_tokens": [1000] * len(MODELS)} | columns
    parquet.write_table(pa.table({name: cells for name, cells in rows.items() if cells is not None}), path)
    _, out = priced(book, path, **how)
    return [to_text(row["cost"]) for row in parquet.read_table(out).to_pylist() if row.get("cost") is not None]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.large_string())])
@pytest.mark.parametrize("name", ["model", "at"])
def test_texts_of_every_kind_are_read(motley_book, tmp_path, costs, kind, name):
    cells = pa.array({"model": MODELS, "at": [AT] * len(MODELS)}[name]).cast(kind)
    assert log_costs(motley_book, tmp_path / "log.parquet", {name: cells}) == costs


def test_a_column_of_nothing_states_nothing(motley_book, tmp_path, costs):
    nothing = pa.nulls(len(MODELS))
    columns = {"region": nothing, "service_tier": nothing, "output_tokens": nothing}
    assert log_costs(motley_book, tmp_path / "log.parquet", columns) == costs


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_bare_timestamps_are_utc_where_that_is_said(motley_book, tmp_path, costs, unit):
    at = pa.array([datetime.fromisoformat(AT).replace(tzinfo=None)] * len(MODELS), pa.timestamp(unit))
    assert log_costs(motley_book, tmp_path / "log.parquet", {"at": at}, assume_utc=True) == costs
    summary, _ = priced(motley_book, tmp_path / "log.parquet")
    assert dict(summary.unpriced) == {"at needs an offset: end it with Z for UTC": len(MODELS)}


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.int8(), pa.null()])
def test_counts_of_every_width_are_read(motley_book, tmp_path, kind):
    cells = pa.nulls(len(MODELS)) if pa.types.is_null(kind) else pa.array([100] * len(MODELS)).cast(kind)
    usage = {"input_tokens": 1000} | ({} if pa.types.is_null(kind) else {"output_tokens": 100})
    found = log_costs(motley_book, tmp_path / "log.parquet", {"output_tokens": cells})
    assert found == quoted(motley_book, usage)


def test_a_providers_csv_can_become_parquet(motley_book, tmp_path):
    expected = quoted(motley_book, ANTHROPIC, "anthropic")
    write_csv(tmp_path / "log.csv", [{"model": model, "at": AT, **ANTHROPIC} for model in MODELS])
    _, out = priced(motley_book, tmp_path / "log.csv", ".parquet", usage_format="anthropic")
    table = parquet.read_table(out).to_pylist()
    assert [to_text(row["cost"]) for row in table] == expected
    assert table[0]["cache_read_input_tokens"] == "5000"


def test_usage_nested_too_deeply_is_told_and_costs_no_other_row(motley_book, tmp_path):
    good = [msgspec.json.encode({"model": model, "at": AT, "usage": ANTHROPIC}) for model in MODELS]
    deep = [
        b'{"model":"motley/m3","usage":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
        for depth in (1, 5, 300, *range(900, 1010), 5000)
    ]
    (tmp_path / "log.ndjson").write_bytes(b"\n".join([*good[:5], *deep, *good[5:]]))
    summary, out = priced(motley_book, tmp_path / "log.ndjson", usage_format="anthropic")
    found = [msgspec.json.decode(text)["cost"] for text in out.read_bytes().splitlines()]
    assert found == quoted(motley_book, ANTHROPIC, "anthropic")
    assert summary.rows == len(good) + len(deep)
    assert sum(rows for reason, rows in summary.unpriced.items() if "may mean money" in reason) == 2
    nested = [rows for reason, rows in summary.unpriced.items() if reason.startswith("the line is nested too deeply: ")]
    assert sum(nested) > 1


def test_a_flat_line_among_nested_ones_takes_no_tier_from_them(motley_book, tmp_path):
    asked = [
        Asked(m, read_usage(ANTHROPIC, "anthropic"), datetime.fromisoformat(AT), None, context("batch")) for m in MODELS
    ]
    expected = [cost for cost in map(total, quote_many(motley_book, asked)) if cost]
    assert expected != quoted(motley_book, ANTHROPIC, "anthropic")
    stated = {"at": AT, "service_tier": "batch"}
    rows: list[dict[str, Any]] = [{"model": model, **stated, "usage": ANTHROPIC} for model in MODELS]
    rows.insert(7, {"model": MODELS[0], **stated, **ANTHROPIC})
    (tmp_path / "log.ndjson").write_bytes(b"\n".join(map(msgspec.json.encode, rows)))
    summary, out = priced(motley_book, tmp_path / "log.ndjson", usage_format="anthropic")
    assert [msgspec.json.decode(text)["cost"] for text in out.read_bytes().splitlines()] == expected
    assert summary.unpriced["the line has its usage in columns of its own, unlike the first one"] == 1
