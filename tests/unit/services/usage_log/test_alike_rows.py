"""Rows that are alike are understood once for all: their records are those that reading row by row makes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats import file_reader
from llmpricing.services.usage_log.formats.files import UsageFiles
from llmpricing.services.usage_log.formats.own_columns import own_shape
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.registry import BY_NAME
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.usage_file import UsageFile
from tests.longer_logs import longer, places, rows_of, written

FILES = {
    "litellm-spendlogs.csv": "litellm-spend-logs",
    "litellm-spendlogs.ndjson": "litellm-spend-logs",
    "litellm-spendlogs.json": "litellm-spend-logs",
    "helicone.csv": "helicone",
    "langfuse-observations.csv": "langfuse",
    "langfuse-blob.jsonl": "langfuse",
    "langsmith-runs.csv": "langsmith",
    "openrouter-activity.csv": "openrouter-activity",
    "openrouter-generations.ndjson": "openrouter-generations",
    "vercel-gateway-generations.ndjson": "vercel-gateway-generations",
    "otel-flat.ndjson": "otel-spans",
    "otel-old-names.ndjson": "otel-spans",
    "openinference.ndjson": "openinference",
    "vercel-ai-sdk.ndjson": "vercel-ai-sdk",
    "bedrock-invocation-log.ndjson": "bedrock-invocation-log",
    "portkey.jsonl": "portkey",
    "claude-code-session.jsonl": "claude-code-sessions",
}
LEAST = {  # of the rows that become columns, where it is less than nine tenths
    "langsmith-runs.csv": 0.7,  # chains leave their charge out, and count more than their calls where counts are made
    "openinference.ndjson": 0.7,  # so do agents
    "vercel-ai-sdk.ndjson": 0.7,
    "claude-code-session.jsonl": 0.6,  # those that the tool made, of which it has few
    "bedrock-invocation-log.ndjson": -1,  # with the answers in it, of which no two are alike
}
OWN = """
model = "model"
at = "request_created_at"
provider = "provider"
charged = "cost"
id = "request_id"
cached = "beside input"
[counts]
input_tokens = "prompt_tokens"
output_tokens = "completion_tokens"
cache_read_tokens = "prompt_cache_read_tokens"
[labels]
user = "user_id"
"""
BLOCK = 40
LEAVES: tuple[Any, ...] = (
    None,
    "",
    0,
    1,
    -3,
    7.5,
    "12",
    " 5 ",
    "0.25",
    "x",
    "N/A",
    "-",
    "$ 0.5",
    float("nan"),
    True,
    10**14,
    [3, 4],
    {"a_tokens": 2},
)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "_ROWS", BLOCK)


def said(path: Path, shape: Shape, *, one_by_one: bool) -> tuple[list[UsageRecord], str]:
    """The records, and why the file is refused."""
    found: list[UsageRecord] = []
    try:
        found += UsageFiles([UsageFile(path, shape)], one_by_one=one_by_one).records()
    except LogError as error:
        return found, str(error)
    return found, ""


def in_columns(path: Path, shape: Shape) -> float:
    """The part of the records that became columns."""
    batches = list(UsageFiles([UsageFile(path, shape)]).batches())
    alike = sum(len(batch.columns) for batch in batches if batch.columns is not None)
    return alike / (alike + sum(len(batch.others) for batch in batches))


@pytest.mark.parametrize("name", FILES)
def test_rows_that_differ_in_counts_alone_become_columns_and_the_same_records(tmp_path: Path, name: str) -> None:
    shape, is_table = BY_NAME[FILES[name]], name.endswith(".csv")
    rows = longer(rows_of(name), Random(5), 5 * BLOCK)  # noqa: S311 - rows for a test
    path = written(tmp_path / "log", rows, is_table=is_table)
    assert in_columns(path, shape) > LEAST.get(name, 0.9)
    records, refusal = said(path, shape, one_by_one=False)
    assert (records, refusal) == said(path, shape, one_by_one=True)
    assert len(records) > len(rows) / 2
    assert any(record.outcome.kind.name == "REPEATED" for record in records)


def test_own_columns_become_columns_unless_a_row_stands_for_many_requests(tmp_path: Path) -> None:
    rows = longer(rows_of("helicone.csv"), Random(5), 5 * BLOCK)  # noqa: S311 - rows for a test
    mapped = [{name: text for name, text in row.items() if f'"{name}"' in OWN} for row in rows]
    path = written(tmp_path / "log.csv", mapped, is_table=True)
    sums = written(tmp_path / "sums.csv", [{**row, "calls": 2} for row in mapped], is_table=True)
    (tmp_path / "map.toml").write_text(OWN, "utf-8")
    (tmp_path / "sums.toml").write_text(OWN.replace("[counts]", '[counts]\nrequests = "calls"'), "utf-8")
    plain, summed = own_shape(tmp_path / "map.toml"), own_shape(tmp_path / "sums.toml")
    assert in_columns(path, plain) > 0.9
    assert in_columns(sums, summed) == 0
    for file, own in ((path, plain), (sums, summed)):
        records, refusal = said(file, own, one_by_one=False)
        assert (records, refusal) == said(file, own, one_by_one=True)
        assert (len(records), refusal) == (5 * BLOCK, "")


def test_a_field_that_only_some_rows_have_tells_kinds_apart_as_nothing_in_it_does_not(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = longer(rows_of("helicone.csv"), Random(5), 4 * BLOCK)  # noqa: S311 - rows for a test
    rows = [
        {name: cell for name, cell in row.items() if name != "provider" or place % 2} for place, row in enumerate(rows)
    ]
    rows = [{**row, "provider": None} if "provider" in row else row for row in rows]
    shape, path = BY_NAME["helicone"], written(tmp_path / "log", rows, is_table=False)
    records, refusal = said(path, shape, one_by_one=False)
    assert (records, refusal) == said(path, shape, one_by_one=True)
    assert in_columns(path, shape) > 0.9
    assert {bool(record.remark) for record in records} == {True, False}


def test_a_table_of_parquet_becomes_columns(tmp_path: Path) -> None:
    rows = longer(rows_of("litellm-spendlogs.csv"), Random(5), 4 * BLOCK)  # noqa: S311 - rows for a test
    packed = [
        {name: json.dumps(cell, default=float) if isinstance(cell, dict | list) else cell for name, cell in row.items()}
        for row in rows
    ]
    shape, path = BY_NAME["litellm-spend-logs"], tmp_path / "log.parquet"
    parquet.write_table(pa.Table.from_pylist(packed), path)
    records, refusal = said(path, shape, one_by_one=False)
    assert (records, refusal) == said(path, shape, one_by_one=True)
    assert in_columns(path, shape) > 0.9
    assert len(records) == len(rows)


def test_an_invocation_log_without_its_answers_becomes_columns(tmp_path: Path) -> None:
    rows = [row for row in rows_of("bedrock-invocation-log.ndjson") if "outputBodyJson" not in str(row)]
    shape, rng = BY_NAME["bedrock-invocation-log"], Random(5)  # noqa: S311 - rows for a test
    one = {"accountId": "111122223333"}
    made = [{**row, **one, "requestId": f"b{rng.randrange(200)}"} for row in longer(rows, rng, 4 * BLOCK)]
    path = written(tmp_path / "log", made, is_table=False)
    records, refusal = said(path, shape, one_by_one=False)
    assert (records, refusal) == said(path, shape, one_by_one=True)
    assert in_columns(path, shape) > 0.9
    assert any(record.outcome.kind.name == "REPEATED" for record in records)


def test_a_span_with_attributes_of_its_own_is_read_as_if_it_had_them_beside_its_fields(tmp_path: Path) -> None:
    rows = longer(rows_of("otel-flat.ndjson"), Random(5), 4 * BLOCK)  # noqa: S311 - rows for a test
    for row in rows[BLOCK + 3 :: 7]:
        row["attributes"] = {"gen_ai.usage.output_tokens": row.pop("gen_ai.usage.output_tokens", 7)}
    shape, path = BY_NAME["otel-spans"], written(tmp_path / "log", rows, is_table=False)
    records, refusal = said(path, shape, one_by_one=False)
    assert (records, refusal) == said(path, shape, one_by_one=True)
    assert len(records) == len(rows)


@pytest.mark.parametrize("hidden", ["errorDetail", "note"])
def test_a_count_hidden_in_a_field_that_nobody_reads_is_found_as_row_by_row(tmp_path: Path, hidden: str) -> None:
    rows = [row for row in rows_of("bedrock-invocation-log.ndjson") if "outputBodyJson" not in str(row)]
    rows = longer(rows, Random(5), 3 * BLOCK)  # noqa: S311 - rows for a test
    for place, row in enumerate(rows):
        row["output"] = {}
        row[hidden] = None if place % 3 else {"outputTokenCount": 5}
    shape, path = BY_NAME["bedrock-invocation-log"], written(tmp_path / "log", rows, is_table=False)
    assert said(path, shape, one_by_one=False) == said(path, shape, one_by_one=True)


@pytest.mark.parametrize("seed", range(3))
def test_sessions_of_a_tool_are_read_in_columns_as_line_by_line_over_several_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(file_reader, "_ROWS", 25 * BLOCK)
    rng, shape = Random(seed), BY_NAME["claude-code-sessions"]  # noqa: S311 - rows for a test
    texts = ([] if seed % 2 else [{"type": "text", "text": "usage"}], None, [{"input_tokens": 5}])
    some = rows_of("claude-code-session.jsonl")
    kinds = ("msg_", "msg_", "msg_", "msg_bdrk_", "msg_vrtx_", "", None)
    files = []
    for number in range(3):
        rows: list[dict[str, Any]] = []
        for place in range(25 * BLOCK):
            row = copy.deepcopy(rng.choice(some[1:6]))
            message = row["message"]
            if "usage" in message:
                kind = rng.choice(kinds)
                message["id"] = None if kind is None else f"{kind}{rng.randrange(60)}"
                message["content"] = rng.choice(texts)
                message["usage"]["output_tokens"] = rng.randrange(500)
                if rng.random() < 0.1:
                    del message["usage"]["cache_creation"]
                row["timestamp"] = rng.choice(["2025-08-31T23:59:59.999Z", "2025-09-01T00:00:00Z", row["timestamp"]])
            row |= rng.choice([{}, {"toolUseResult": {"n": place}}, {"costUSD": place / 100}, {"gitBranch": ""}])
            if rng.random() < 0.1:
                row.pop("requestId", None)
            rows.append(row)
        rows[BLOCK + 5 : BLOCK + 15] = rows_of("codex-session.jsonl")[:10]
        rows += longer(some, rng, 25 * BLOCK)
        rows[3 * BLOCK] = {
            "type": "assistant",
            "message": json.dumps(message),
            "sessionId": "s",
            "timestamp": "2026-01-01",
        }
        files.append(UsageFile(written(tmp_path / f"{number}.jsonl", rows, is_table=False), shape))
    records, measure = (list(UsageFiles(files, one_by_one=one).records()) for one in (False, True))
    assert records == measure
    assert {one.outcome.kind.name for one in records} >= {"BILLED", "REPEATED", "UNPRICED"}
    assert {one.provider for one in records} == {"anthropic", None}
    assert in_columns(files[0].path, shape) > 0.3


def test_half_a_sign_as_cut_logs_have_it_is_read(tmp_path: Path) -> None:
    rows = longer(rows_of("litellm-spendlogs.ndjson"), Random(7), 3 * BLOCK)  # noqa: S311 - rows for a test
    rows[BLOCK + 3]["metadata"]["note"] = "cut \ud83d"
    shape, path = BY_NAME["litellm-spend-logs"], tmp_path / "log.json"
    path.write_text(json.dumps(rows, default=float), "utf-8")
    records, refusal = said(path, shape, one_by_one=False)
    assert (records, refusal) == said(path, shape, one_by_one=True)
    assert (len(records), refusal) == (3 * BLOCK, "")


@pytest.mark.parametrize("is_nested", [True, False], ids=["in the usage", "beside it"])
def test_a_count_that_nobody_knows_stops_the_file_though_it_is_zero_in_all_rows_but_one(
    tmp_path: Path, is_nested: bool
) -> None:
    rows = longer(rows_of("litellm-spendlogs.ndjson"), Random(7), 3 * BLOCK)  # noqa: S311 - rows for a test
    rows = [row for row in rows if "usage_object" in row["metadata"]]
    counted = [row["metadata"]["usage_object"] if is_nested else row for row in rows]
    for holder in counted:
        holder["holograms_tokens"] = 0
    shape = BY_NAME["litellm-spend-logs"]
    path = written(tmp_path / "log", rows, is_table=False)
    assert said(path, shape, one_by_one=False) == said(path, shape, one_by_one=True)
    assert in_columns(path, shape) > 0.9
    counted[BLOCK + 17]["holograms_tokens"] = 5
    records, refusal = said(written(path, rows, is_table=False), shape, one_by_one=False)
    assert (records, refusal) == said(path, shape, one_by_one=True)
    assert "holograms_tokens" in refusal


@pytest.mark.hypothesis
@pytest.mark.parametrize("name", [*FILES, "own"])
@settings(
    max_examples=max(settings.default.max_examples // 12, 1),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 12))
@example(seed=40, changes=5)  # Langfuse: a call told twice, first with what makes no column
def test_whatever_single_cells_hold_the_records_and_the_refusal_are_those_of_row_by_row(
    tmp_path: Path, name: str, seed: int, changes: int
) -> None:
    rng = Random(seed)  # noqa: S311 - rows for a test
    file = "helicone.csv" if name == "own" else name
    rows = longer(rows_of(file), rng, 3 * BLOCK)
    for _ in range(changes):
        holder, field = rng.choice(list(places(rng.choice(rows))))
        holder[field] = copy.deepcopy(rng.choice(LEAVES))
    if name == "own":
        (tmp_path / "map.toml").write_text(OWN, "utf-8")
    shape = own_shape(tmp_path / "map.toml") if name == "own" else BY_NAME[FILES[name]]
    path = written(tmp_path / "log", rows, is_table=file.endswith(".csv"))
    assert said(path, shape, one_by_one=False) == said(path, shape, one_by_one=True)
