"""Events by OpenTelemetry: a request of Claude Code, Codex or Gemini CLI is one record, whatever surrounds it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import UnknownShape, UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from tests import usage_twins as twins

NAMES = ("otlp-logs.jsonl", "agent-events.ndjson")


def records(folder: Path, rows: list[Any]) -> list[UsageRecord]:
    path = folder / "upload"
    path.write_bytes(twins.lines(rows))
    return list(UsageFiles([usage_file(path)]).records())


def counted(record: UsageRecord) -> dict[str, Any]:
    assert record.usage is not None, record.outcome
    return {name: number for name, number in record.usage.stated.items() if number}


@pytest.mark.parametrize("name", NAMES)
def test_each_tool_counts_in_its_own_way(tmp_path: Path, name: str) -> None:
    found = [one for one in records(tmp_path, twins.documents(name)) if one.outcome.kind is OutcomeKind.BILLED]
    claude, fast, codex, gemini = found
    assert counted(claude) == {
        "input_tokens": 56912,
        "cache_read_tokens": 40000,
        "cache_write_tokens": 16906,
        "cache_write_5m_tokens": 16906,
        "output_tokens": 185,
    }
    assert (claude.charged, claude.labels["session"]) == (Decimal("0.0260635"), "s-1")
    assert fast.context.service_tier == "fast"
    assert (counted(codex)["input_tokens"], counted(codex)["cache_read_tokens"]) == (23318, 20000)
    assert codex.at == datetime(2026, 11, 20, 11, 0, 2, 123000, UTC)
    assert (counted(gemini)["output_tokens"], counted(gemini)["output_reasoning_tokens"]) == (350, 250)


@pytest.mark.parametrize("name", NAMES)
def test_an_event_that_was_exported_twice_is_billed_once(tmp_path: Path, name: str) -> None:
    once, rows = records(tmp_path, twins.documents(name)), twins.documents(name)
    twice = records(tmp_path, [*rows, *rows])
    billed = [one for one in twice if one.outcome.kind is OutcomeKind.BILLED]
    assert len(billed) == sum(one.outcome.kind is OutcomeKind.BILLED for one in once)


def attributes(**found: Any) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in found.items()}


OPERATION = {
    "timestamp": "2026-11-20T12:00:02Z",
    "attributes": attributes(
        service__name="gemini-cli",
        event__name="gen_ai.client.inference.operation.details",
        gen_ai__usage__input_tokens=6000,
    ),
}


def test_the_second_event_of_gemini_cli_about_a_request_is_not_billed(tmp_path: Path) -> None:
    found = records(tmp_path, [*twins.documents("agent-events.ndjson"), OPERATION])
    assert found[-1].outcome.reason == "told by its gemini_cli.api_response too"


def test_an_event_that_counts_tokens_and_is_not_known_has_no_price(tmp_path: Path) -> None:
    other = {"timestamp": "2026-11-20T12:00:02Z", "attributes": attributes(event__name="acme.call", input_tokens=5)}
    found = records(tmp_path, [*twins.documents("agent-events.ndjson"), other])
    assert found[-1].outcome.kind is OutcomeKind.UNPRICED
    assert "counts tokens and is not known" in found[-1].outcome.reason


def test_a_stream_that_broke_is_not_billed_and_one_that_counted_nothing_is_said(tmp_path: Path) -> None:
    row = next(one for one in twins.documents("agent-events.ndjson") if "input_token_count" in one["attributes"])
    facts = {name: one for name, one in row["attributes"].items() if not name.endswith("_token_count")}
    broken = {**row, "attributes": {**facts, "error.message": "stream closed"}}
    silent = {**row, "attributes": facts}
    kinds = [one.outcome.kind for one in records(tmp_path, [row, broken, silent])]
    assert kinds == [OutcomeKind.BILLED, OutcomeKind.NOT_BILLED, OutcomeKind.UNPRICED]


@pytest.mark.parametrize("name", NAMES)
def test_a_request_of_codex_whose_kind_of_event_was_cut_is_billed_all_the_same(tmp_path: Path, name: str) -> None:
    (whole, cut) = (records(tmp_path, [without(one, drop) for one in twins.documents(name)]) for drop in ("", "kind"))
    assert [one.usage for one in cut if one.usage] == [one.usage for one in whole if one.usage]


def without(value: Any, end: str) -> Any:
    """The document without attributes whose name ends so."""
    if isinstance(value, list):
        return [without(one, end) for one in value if not (end and str(dict(one).get("key", "")).endswith(f".{end}"))]
    if isinstance(value, dict):
        return {name: without(one, end) for name, one in value.items() if not (end and name.endswith(f".{end}"))}
    return value


def test_a_speed_that_is_not_known_is_a_tier_of_its_own(tmp_path: Path) -> None:
    row = next(one for one in twins.documents("agent-events.ndjson") if "speed" in one["attributes"])
    speeds = ["normal", "fast", "warp"]
    rows = [
        {**row, "attributes": {**row["attributes"], "speed": speed, "request_id": f"req_{speed}"}} for speed in speeds
    ]
    assert [one.context.service_tier for one in records(tmp_path, rows)] == [None, "fast", "warp"]


def billed(*names: str) -> list[UsageRecord]:
    """The billed records of these samples together."""
    found = UsageFiles([usage_file(twins.FOLDER / name) for name in names]).records()
    return [one for one in found if one.outcome.kind is OutcomeKind.BILLED]


def test_an_event_that_lies_in_files_of_both_shapes_is_billed_once() -> None:
    both = billed(*NAMES)
    assert [one.usage for one in both] == [one.usage for one in billed(NAMES[0])]
    assert len(billed(*NAMES[::-1])) == len(both)
    assert not [one for one in both if "SHAPES_OVERLAP" in one.codes]


@pytest.mark.parametrize("name", ["claude-code-session.jsonl", "codex-session.jsonl", "gemini-cli-session.jsonl"])
def test_events_beside_the_sessions_of_their_tools_say_that_they_may_tell_of_the_same(name: str) -> None:
    assert {"SHAPES_OVERLAP" in one.codes for one in billed(name, NAMES[0])} == {False, True}


@pytest.mark.parametrize("spans", ["otel-spans.json", "otel-flat.ndjson", "openinference.ndjson"])
def test_events_beside_spans_say_that_they_may_tell_of_the_same_in_any_order(spans: str) -> None:
    for names in ((NAMES[0], spans), (spans, NAMES[0])):
        assert {"SHAPES_OVERLAP" in one.codes for one in billed(*names)} == {False, True}
    assert {"SHAPES_OVERLAP" in one.codes for one in billed(spans)} == {False}


def test_metrics_alone_are_refused_with_what_tells_of_requests(tmp_path: Path) -> None:
    (path := tmp_path / "metrics.json").write_bytes(twins.lines([{"resourceMetrics": [{"scopeMetrics": []}]}]))
    with pytest.raises(UnknownShape, match=r"sums without requests: give its events"):
        usage_file(path)
