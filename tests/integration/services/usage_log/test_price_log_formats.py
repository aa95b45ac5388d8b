"""Logs in a provider's words cost what quotes of the same usage say, and no count is left out in silence."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy.orm import Session

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.formats import UsageError, read_usage
from llmpricing.services.quotes.quoting import Asked, quote_many
from llmpricing.services.usage_log.columns import LogError, UncountedError
from llmpricing.services.usage_log.read import ndjson as ndjson_log
from tests import motley
from tests.priced_logs import priced, read_csv, total, write_csv

FIELDS = {
    "anthropic": (
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "cache_creation.ephemeral_5m_input_tokens",
        "cache_creation.ephemeral_1h_input_tokens",
        "server_tool_use.web_search_requests",
        "service_tier",
        "speed",
        "inference_geo",
    ),
    "openai": (
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_tokens_details.cached_tokens",
        "prompt_tokens_details.audio_tokens",
        "completion_tokens_details.reasoning_tokens",
    ),
    "google": ("promptTokenCount", "cachedContentTokenCount", "candidatesTokenCount", "thoughtsTokenCount"),
}
SMALL = ("cache_creation.", "server_tool_use.", "prompt_tokens_details.", "completion_tokens_details.", "cachedContent")


def usage_log(usage_format: str, rows: int = 400) -> list[dict[str, Any]]:
    """Rows with flat usage; some contradict themselves, some have none."""
    chance = random.Random(usage_format)  # noqa: S311 - the same log every time
    return [_row(chance, usage_format) for _ in range(rows)]


def _row(chance: random.Random, usage_format: str) -> dict[str, Any]:
    row: dict[str, Any] = {"model": f"motley/m{chance.randint(1, motley.OFFERINGS)}", "at": "2025-03-01T12:00:00Z"}
    for field in chance.sample(FIELDS[usage_format], chance.randint(0, len(FIELDS[usage_format]))):
        row[field] = chance.choice([0, 7, chance.randint(1, 40 if field.startswith(SMALL) else 300_000)])
    if "service_tier" in row:
        row["service_tier"] = chance.choice(["standard", "batch"])
    if "speed" in row:  # which says more than the tier does
        row["speed"] = chance.choice(["standard", "batch"])
    if "inference_geo" in row:
        row["inference_geo"] = chance.choice(["eu", "global"])
    return row


def nested(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its usage as the provider's object."""
    usage: dict[str, Any] = {}
    for field, value in row.items():
        if field not in ("model", "at"):
            above, _, name = field.rpartition(".")
            (usage.setdefault(above, {}) if above else usage)[name] = value
    return {"model": row["model"], "at": row["at"], "usage": usage}


def quotes(motley_book: Session, usage_format: Any, rows: list[dict[str, Any]]) -> list[str | None]:
    """What each row's own quote says of its nested usage."""
    asked = []
    for row in rows:
        try:
            usage = read_usage(nested(row)["usage"], usage_format)
        except UsageError:
            asked.append(None)
        else:
            asked.append(Asked(row["model"], usage, datetime.fromisoformat(row["at"]), None, context()))
    answers = iter(quote_many(motley_book, [one for one in asked if one]))
    return [total(next(answers)) if one else None for one in asked]


@pytest.mark.parametrize("usage_format", FIELDS)
def test_flat_columns_of_a_provider_cost_what_its_usage_objects_do(motley_book, tmp_path, usage_format):
    rows = usage_log(usage_format)
    expected = quotes(motley_book, usage_format, rows)
    write_csv(tmp_path / "log.csv", [{"id": number} | row for number, row in enumerate(rows)])
    summary, out = priced(motley_book, tmp_path / "log.csv", usage_format=usage_format)
    costs = {int(row["id"]): row["cost"] for row in read_csv(out)}
    assert [costs.get(number) for number in range(len(rows))] == expected
    assert len(costs) > 40
    assert sum(summary.unpriced.values()) == len(rows) - len(costs)


@pytest.mark.parametrize("usage_format", FIELDS)
@pytest.mark.parametrize("shape", [dict, nested])
def test_json_lines_of_a_provider_cost_what_its_usage_objects_do(motley_book, tmp_path, usage_format, shape):
    rows = usage_log(usage_format)
    expected = quotes(motley_book, usage_format, rows)
    lines = [msgspec.json.encode({"id": number} | shape(row)) for number, row in enumerate(rows)]
    (tmp_path / "log.ndjson").write_bytes(b"\n".join(lines))
    _, out = priced(motley_book, tmp_path / "log.ndjson", usage_format=usage_format)
    costs = {row["id"]: row["cost"] for row in map(msgspec.json.decode, out.read_bytes().splitlines())}
    assert [costs.get(number) for number in range(len(rows))] == expected


@pytest.mark.parametrize("usage_format", FIELDS)
@pytest.mark.parametrize("shape", [dict, nested])
def test_parquet_of_a_provider_costs_what_its_usage_objects_do(motley_book, tmp_path, usage_format, shape):
    rows = [row for row in usage_log(usage_format) if len(row) > 2]
    expected = quotes(motley_book, usage_format, rows)
    table = [{"id": number} | shape(row) for number, row in enumerate(rows)]
    names = dict.fromkeys(name for row in table for name in row)
    columns = {name: pa.array([row.get(name) for row in table]) for name in names}
    parquet.write_table(pa.table(columns), tmp_path / "log.parquet")
    _, out = priced(motley_book, tmp_path / "log.parquet", usage_format=usage_format)
    costs = {row["id"]: to_text(row["cost"]) for row in parquet.read_table(out).to_pylist()}
    assert [costs.get(number) for number in range(len(rows))] == expected


def test_usage_as_json_in_a_cell_and_under_dotted_names_counts_too(motley_book, tmp_path):
    rows = usage_log("google")
    expected = [cost for cost in quotes(motley_book, "google", rows) if cost is not None]
    cells = [nested(row) for row in rows]
    write_csv(tmp_path / "log.csv", [row | {"usage": msgspec.json.encode(row["usage"]).decode()} for row in cells])
    assert [
        row["cost"] for row in read_csv(priced(motley_book, tmp_path / "log.csv", usage_format="google")[1])
    ] == expected
    named = [{name if name in ("model", "at") else f"usage.{name}": row[name] for name in row} for row in rows]
    write_csv(tmp_path / "log.csv", named)
    assert [
        row["cost"] for row in read_csv(priced(motley_book, tmp_path / "log.csv", usage_format="google")[1])
    ] == expected


@pytest.mark.parametrize(
    ("header", "usage_format", "named"),
    [
        ("input_tokens,cache_read_input_tokens,cache_creation_input_tokens", "llmpricing", "usage_format"),
        ("prompt_tokens,cached_tokens", "llmpricing", "cached_tokens is probably cache_read_tokens"),
        ("prompt_tokens,total_tokens", "llmpricing", r'or say columns=\{"ignored": \["total_tokens"\]\}'),
        ("INPUT_TOKENS,output_tokens", "llmpricing", "INPUT_TOKENS is probably input_tokens"),
        ("prompt_tokens,prompt_tokens_details.cached_tokens", "llmpricing", "prompt_tokens_details.cached_tokens"),
        ("prompt_tokens,prompt_tokens_details", "llmpricing", "prompt_tokens_details: "),
        ("input_tokens,usage", "llmpricing", "usage: "),
        ("usage_metadata", "llmpricing", "usage_metadata: "),
        ("input_tokens,tokens_in_images", "anthropic", "tokens_in_images: "),
    ],
)
def test_a_log_with_counts_that_nobody_bills_is_refused_and_says_what_to_do(
    motley_book, tmp_path, header, usage_format, named
):
    (tmp_path / "log.csv").write_text(f"model,{header}\n")
    with pytest.raises(UncountedError, match=named):
        priced(motley_book, tmp_path / "log.csv", usage_format=usage_format)
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize("usage", [{"usage": {"input_tokens": 5}}, {"input_tokens": 5, "usage": {"x": 1}}])
@pytest.mark.parametrize("suffix", [".ndjson", ".parquet"])
def test_usage_objects_are_refused_where_our_own_words_are_expected(motley_book, tmp_path, usage, suffix):
    row = {"model": "our-model", "at": "2025-03-01T12:00:00Z"} | usage
    log = (tmp_path / "log").with_suffix(suffix)
    if suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist([row]), log)
    else:
        log.write_bytes(msgspec.json.encode(row))
    with pytest.raises(UncountedError, match="usage_format"):
        priced(motley_book, log)


def test_columns_that_say_nothing_of_usage_are_kept(motley_book, tmp_path):
    row = {"model": "motley/m3", "at": "2025-03-01T12:00:00Z", "input_tokens": 9, "warnings": "x"}
    write_csv(tmp_path / "log.csv", [row | {"search_context_size": "low", "usage_format": "openai"}])
    (found,) = read_csv(priced(motley_book, tmp_path / "log.csv")[1])
    assert (found["warnings"], found["search_context_size"], found["usage_format"]) == ("x", "low", "openai")


def test_usage_beside_its_object_is_refused(motley_book, tmp_path):
    (tmp_path / "log.csv").write_text("model,usage,output_tokens\n")
    with pytest.raises(LogError, match=r'or say columns=\{"ignored": \["output_tokens"\]\}'):
        priced(motley_book, tmp_path / "log.csv", usage_format="anthropic")


def test_ignored_columns_are_kept_and_never_counted(motley_book, tmp_path):
    row = {"model": "motley/m3", "at": "2025-03-01T12:00:00Z", "input_tokens": "1000", "max_tokens": "4096"}
    write_csv(tmp_path / "log.csv", [row | {"output_tokens": "50"}])
    _, out = priced(motley_book, tmp_path / "log.csv", ignored=("max_tokens", "output_tokens"))
    asked = Asked("motley/m3", read_usage({"input_tokens": Decimal(1000)}), datetime.fromisoformat(row["at"]))
    (found,) = read_csv(out)
    assert (found["max_tokens"], found["output_tokens"]) == ("4096", "50")
    assert [found["cost"]] == [total(answer) for answer in quote_many(motley_book, [asked])]


def test_a_column_that_looks_like_the_time_is_not_passed_over(motley_book, tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("model,timestamp,input_tokens\nour-model,2025-03-01T00:00:00Z,10\n")
    with pytest.raises(
        LogError,
        match=r'timestamp looks like the time of each row: rename it at, or name it with columns=\{"at": "timestamp"\}',
    ):
        priced(motley_book, log)


def test_times_that_are_to_be_ignored_are_ignored_in_every_block(motley_book, tmp_path, monkeypatch):
    monkeypatch.setattr(ndjson_log, "BLOCK", 50)
    log = tmp_path / "log.ndjson"
    log.write_text('{"model": "our-model", "at": "2026-03-01T00:00:00Z", "input_tokens": 10}\n' * 5)
    summary, _ = priced(motley_book, log, ignored={"at"})
    assert summary.rows == 5
    assert not [reason for reason in summary.unpriced if "states a time" in reason]


WHOLE: tuple[dict[str, Any], ...] = (
    {"inputTokens": 20, "outputTokens": 5, "cacheReadInputTokens": 400},
    {"input_tokens": 500, "cached_input_tokens": 400, "output_tokens": 7},
    {"gen_ai.usage.input_tokens": 500, "gen_ai.usage.output_tokens": 7},
    {"prompt_tokens": 500, "cache_read_input_tokens": 400, "completion_tokens": 7},
    {"prompt_tokens": 500, "completion_tokens": 7, "service_tier": "batch"},
    {
        "input_tokens": 5,
        "output_tokens": 1,
        "iterations": [
            {"type": "compaction", "input_tokens": 300_000, "output_tokens": 9},
            {"type": "message", "input_tokens": 5, "output_tokens": 1},
        ],
    },
    {"prompt_tokens": 500, "completion_tokens": 7, "quantum_tokens": 3},
)


def test_each_row_of_a_log_may_be_of_another_format_and_what_is_not_understood_is_not_priced(motley_book, tmp_path):
    models = [f"motley/m{number}" for number in range(1, motley.OFFERINGS + 1)]
    rows = [{"model": model, "at": "2025-03-01T12:00:00Z", "usage": usage} for model in models for usage in WHOLE]
    known = [row for row in rows if "quantum_tokens" not in row["usage"]]
    asked = [
        Asked(row["model"], read_usage(row["usage"], "auto"), datetime.fromisoformat(row["at"]), None, context())
        for row in known
    ]
    expected = [total(answer) for answer in quote_many(motley_book, asked)]
    log = tmp_path / "log.ndjson"
    log.write_bytes(b"\n".join(msgspec.json.encode({"id": number} | row) for number, row in enumerate(rows)))
    summary, out = priced(motley_book, log, usage_format="auto")
    costs = {row["id"]: row["cost"] for row in map(msgspec.json.decode, out.read_bytes().splitlines())}
    assert [costs.get(number) for number, row in enumerate(rows) if row in known] == expected
    assert len(costs) > len(models)
    (unread,) = [rows for reason, rows in summary.unpriced.items() if reason.startswith("quantum_tokens was not read")]
    assert unread == len(models)


@pytest.mark.parametrize("suffix", [".csv", ".ndjson"])
def test_a_sum_of_requests_costs_in_a_log_what_its_quote_says(motley_book, tmp_path, suffix):
    chance = random.Random(suffix)  # noqa: S311 - the same log every time
    rows = [
        {
            "model": f"motley/m{chance.randint(1, motley.OFFERINGS)}",
            "at": "2025-03-01T12:00:00Z",
            "input_tokens": chance.randint(1, 900_000),
            "output_tokens": chance.randint(0, 900),
            "requests": chance.choice([1, 2, 3, 20]),
        }
        for _ in range(300)
    ]
    asked = []
    for row in rows:
        usage = read_usage({name: row[name] for name in ("input_tokens", "output_tokens", "requests")})
        asked.append(Asked(row["model"], usage, datetime.fromisoformat(row["at"]), None, context()))
    expected = [total(answer) for answer in quote_many(motley_book, asked)]
    log = (tmp_path / "log").with_suffix(suffix)
    if suffix == ".csv":
        write_csv(log, [{"id": number} | row for number, row in enumerate(rows)])
    else:
        log.write_bytes(b"\n".join(msgspec.json.encode({"id": number} | row) for number, row in enumerate(rows)))
    _, out = priced(motley_book, log)
    found = read_csv(out) if suffix == ".csv" else map(msgspec.json.decode, out.read_bytes().splitlines())
    costs = {int(row["id"]): row["cost"] for row in found}
    assert [costs.get(number) for number in range(len(rows))] == expected
    assert len(costs) > 40
