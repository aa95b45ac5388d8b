"""Usage files that lack a column which their tool always writes: said of every record, and never of a whole file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.notices import Code
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.lacking import COLUMN_MISSING
from llmpricing.services.usage_log.formats.own_columns import own_shape
from llmpricing.services.usage_log.formats.record import BILLED, OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.registry import BY_NAME, SHAPES
from llmpricing.services.usage_log.formats.shape import RECORD_ID
from llmpricing.services.usage_log.formats.usage_file import UsageFile
from tests import usage_twins as twins

# A line of these has one quantity or none: without it the line has no price, and says so.
ONE_QUANTITY = {"openai-costs", "aws-cur", "aws-cur-legacy", "aws-focus", "azure-cost", "azure-focus", "gcp-billing"}
NO_QUANTITY = {"anthropic-console-cost", "anthropic-cost-report", "github-copilot-premium", "litellm-spend"}
SAID = "export it anew, whole"


def records_of(path: Path, data: bytes) -> list[UsageRecord]:
    path.write_bytes(data)
    return list(UsageFiles([usage_file(path, now=twins.DAY)]).records())


def without(value: Any, names: frozenset[str]) -> Any:
    """The document without the fields of these names, at any depth, in texts of JSON and in OTLP's attributes."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return json.dumps(without(json.loads(value), names))
    if isinstance(value, dict):
        return {name: without(one, names) for name, one in value.items() if name not in names}
    if isinstance(value, list):
        return [without(one, names) for one in value if not (isinstance(one, dict) and one.get("key") in names)]
    return value


def shape_of(name: str) -> Any:
    return usage_file(twins.FOLDER / name).shape


def leaves(name: str, field: str) -> frozenset[str]:
    """The names under which a file keeps what its shape always writes: whole ones, or their last part."""
    shape = shape_of(name)
    fields = (*shape.always.get(field, ()), *shape.sometimes.get(field, ()))
    return frozenset(fields) | {
        one.rpartition(".")[2] for one in fields if not one.startswith(("gen_ai", "ai.", "llm"))
    }


def told_fields(name: str) -> list[str]:
    shape = shape_of(name)
    return [field for field in {**shape.always, **shape.sometimes} if field != RECORD_ID]


CASES = [(name, field) for name in twins.NAMES for field in told_fields(name)]


@pytest.mark.parametrize(("name", "field"), CASES)
def test_a_file_that_was_cut_by_a_column_says_so_of_each_record_that_lost_by_it(
    tmp_path: Path, name: str, field: str
) -> None:
    whole = records_of(tmp_path / "whole", twins.lines(twins.documents(name)))
    cut = twins.lines([without(one, leaves(name, field)) for one in twins.documents(name)])
    try:
        found = records_of(tmp_path / "cut", cut)
    except LogError:
        return  # refused, with what is missing
    assert len(found) == len(whole)
    for before, after in zip(whole, found, strict=True):
        lost = before.usage is not None and before.usage.stated.get(field, 0) and before.usage != after.usage
        lost = lost or (field not in METERS and replace(after, remark="", codes=()) != before)
        if not lost or before.outcome.kind is not OutcomeKind.BILLED or after.outcome.kind is OutcomeKind.REPEATED:
            continue
        if after.outcome.kind is OutcomeKind.UNPRICED:
            assert field in METERS
        else:
            assert SAID in after.remark
            assert COLUMN_MISSING in after.codes


@pytest.mark.parametrize(("name", "field"), [case for case in CASES if case[1] in ("input_tokens", "output_tokens")])
def test_a_file_that_was_cut_by_its_input_or_output_has_no_total_of_what_is_left(
    tmp_path: Path, name: str, field: str
) -> None:
    """Unless its tool leaves out what it did not count, or keeps the same count elsewhere too."""
    cut = twins.lines([without(one, leaves(name, field)) for one in twins.documents(name)])
    try:
        found = records_of(tmp_path / "cut", cut)
    except LogError:
        return
    for one in found:
        if one.usage is not None and one.outcome.kind is OutcomeKind.BILLED and not shape_of(name).leaves_out:
            is_input_only = not one.usage.stated.get("output_tokens") and one.usage.stated.get("input_tokens")
            assert one.usage.stated.get(field) or is_input_only or not one.usage.stated.get("input_tokens")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("otel-spans.json", "spanId"),
        ("otel-spans.json", "traceId"),
        ("otel-flat.ndjson", "span_id"),
        ("otel-old-names.ndjson", "trace_id"),
        ("openinference.ndjson", "span_id"),
        ("vercel-ai-sdk.ndjson", "span_id"),
        ("codex-session-records.jsonl", "response_id"),
        ("gemini-cli-session.jsonl", "id"),
    ],
)
def test_records_without_the_id_by_which_repeats_are_told_say_so(tmp_path: Path, name: str, field: str) -> None:
    cut = twins.lines([without(one, frozenset([field])) for one in twins.documents(name)])
    billed = [one for one in records_of(tmp_path / "cut", cut) if one.outcome == BILLED]
    assert len(billed) > 1
    for one in billed:
        assert one.remark.startswith(f"no {RECORD_ID}: ")
        assert COLUMN_MISSING in one.codes


@pytest.mark.parametrize("name", twins.NAMES)
def test_a_whole_file_lacks_nothing(name: str) -> None:
    assert not [one for one in UsageFiles([usage_file(twins.FOLDER / name)]).records() if SAID in one.remark]


@pytest.mark.parametrize("name", [name for name in twins.CSV_NAMES if shape_of(name).always])
@pytest.mark.parametrize("nothing", ["", "0"])
def test_a_column_that_is_there_and_states_nothing_is_right(tmp_path: Path, name: str, nothing: str) -> None:
    names = frozenset(field for fields in shape_of(name).always.values() for field in fields)
    rows: list[Mapping[str, Any]] = [
        {key: nothing if key in names else one for key, one in row.items()} for row in twins.documents(name)
    ]
    assert not [one for one in records_of(tmp_path / "empty.csv", twins.table(rows)) if SAID in one.remark]


def test_every_shape_that_counts_tokens_tells_which_columns_it_always_has() -> None:
    untold = {shape.name for shape in SHAPES if not {"input_tokens", "output_tokens"} <= shape.always.keys()}
    assert untold == ONE_QUANTITY | NO_QUANTITY
    assert {shape_of(name).name for name in twins.NAMES} == set(BY_NAME)


def test_many_rows_read_at_once_say_it_as_rows_read_by_themselves_do(tmp_path: Path) -> None:
    """Helicone's file of 300 rows without what was read from caches: each of its 300 records says so."""
    row = {"request_id": "", "request_created_at": "2026-11-20T10:00:00Z", "model": "gpt-4o-mini", "prompt_tokens": "9"}
    more = {"completion_tokens": "2", "prompt_cache_write_tokens": "0", "provider": "OPENAI", "status": "200"}
    more |= {"cache_reference_id": ""}
    data = twins.table([{**row, **more, "request_id": f"r-{number}"} for number in range(300)])
    path = tmp_path / "log.csv"
    path.write_bytes(data)
    file = usage_file(path)
    (batch,) = UsageFiles([file]).batches()
    assert batch.columns is not None
    assert len(batch.columns) == 300
    remarks = {(one.remark, one.codes) for one in batch.in_order()}
    assert remarks == {(one.remark, one.codes) for one in UsageFiles([file], one_by_one=True).records()}
    ((said, codes),) = remarks
    assert said.startswith("no cache read tokens: ")
    assert codes == (COLUMN_MISSING,)


def test_an_embedding_makes_no_output_and_still_needs_its_input(tmp_path: Path) -> None:
    line = {"id": "a", "type": "EMBEDDING", "startTime": "2026-11-20T10:00:00Z", "model": "text-embedding-3-small"}
    (right,) = records_of(tmp_path / "right", twins.lines([{**line, "usageDetails": {"input": 5}}]))
    (wrong,) = records_of(tmp_path / "wrong", twins.lines([{**line, "usageDetails": {"input_cached_tokens": 5}}]))
    assert right.remark == ""
    assert wrong.remark.startswith("no input tokens: ")


def test_spans_of_other_families_lack_nothing_of_what_their_own_writes(tmp_path: Path) -> None:
    """OpenInference's and the AI SDK's counts in OTLP's JSON, where caches alone would make an input."""
    counts = {
        "llm.token_count.prompt": 90,
        "llm.token_count.completion": 9,
        "llm.token_count.prompt_details.cache_read": 50,
    }
    phoenix = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-4.1", **counts}
    vercel = {"ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "gpt-4.1", "ai.usage.inputTokens": 90}
    vercel |= {"ai.usage.outputTokens": 9, "ai.usage.cachedInputTokens": 50, "ai.usage.reasoningTokens": 4}
    spans = [
        {
            "attributes": [{"key": key, "value": {"stringValue": str(one)}} for key, one in found.items()],
            "startTimeUnixNano": 1,
            "traceId": f"t-{len(found)}",
            "spanId": f"s-{len(found)}",
        }
        for found in (phoenix, vercel)
    ]
    found = records_of(tmp_path / "spans", twins.lines([{"resource": {}, "scopeSpans": [{"spans": spans}]}]))
    assert [(one.usage.stated["cache_read_tokens"] if one.usage else None, one.remark) for one in found] == [
        (50, "")
    ] * 2


@pytest.mark.parametrize("name", ["helicone.csv", "openai-usage-completions.json", "claude-code-session.jsonl"])
def test_an_empty_count_of_output_beside_a_stated_input_is_said(tmp_path: Path, name: str) -> None:
    """What a tool does not know it leaves empty: as 0 the record may cost too little."""
    names = {one.rpartition(".")[2] for one in shape_of(name).always["output_tokens"]}
    cut = json.loads(json.dumps(twins.documents(name), default=str), object_hook=lambda one: without_values(one, names))
    written = twins.table(cut) if name.endswith(".csv") else twins.lines(cut)
    found = [one for one in records_of(tmp_path / "cut", written) if one.usage and one.outcome == BILLED]
    assert found
    for one in found:
        is_split = one.usage is not None and one.usage.stated.get("output_tokens")  # counted by its parts
        assert is_split or (Code.COUNT_EMPTY in one.codes and "no output tokens: its field is empty" in one.remark)


def without_values(one: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: None if name in names else value for name, value in one.items()}


def test_a_message_of_gemini_cli_without_its_tokens_is_not_taken_for_one_that_used_none(tmp_path: Path) -> None:
    message = {"id": "g", "timestamp": "2026-11-20T10:00:00Z", "type": "gemini", "content": "Hi", "model": "m"}
    (none,) = records_of(tmp_path / "none", twins.lines([{**message, "tokens": None}]))
    (cut,) = records_of(tmp_path / "cut", twins.lines([message]))
    assert (none.outcome.kind, cut.outcome.kind) == (OutcomeKind.NOT_BILLED, OutcomeKind.UNPRICED)


FAMILIES = ("gen_ai.usage.", "llm.token_count.", "ai.usage.")


@pytest.mark.parametrize("name", [name for name in twins.NAMES if shape_of(name).sometimes])
def test_a_file_in_which_no_row_tells_of_caches_says_so_of_what_may_have_used_them(tmp_path: Path, name: str) -> None:
    """Their tools leave out a count of 0: that one row has none is right, that none has may be a column cut away."""
    shape = shape_of(name)
    fields = [field for some in shape.sometimes.values() for field in some]
    gone = frozenset([*fields, *(f"{family}{field}" for field in fields for family in FAMILIES), "cached_tokens"])
    whole = records_of(tmp_path / "whole", twins.lines(twins.documents(name)))
    cut = records_of(tmp_path / "cut", twins.lines([without(one, gone) for one in twins.documents(name)]))
    lost = [
        one
        for before, one in zip(whole, cut, strict=True)
        if before.outcome == BILLED and before.usage and before.usage.stated.get("cache_read_tokens")
        if one.usage is None or not one.usage.stated.get("cache_read_tokens")
    ]
    assert lost or name.startswith("litellm")  # whose Claude rows tell it twice
    for one in lost:
        if one.outcome.kind is OutcomeKind.UNPRICED:  # a total tells that parts are gone
            continue
        assert "no cache read tokens" in one.remark
        assert COLUMN_MISSING in one.codes
        assert ("cache_read_tokens" in one.untold) == (not shape.caches_beside)
        assert ("no cache write tokens" in one.remark) <= ("claude" in one.model)


def test_a_row_that_tells_of_no_caches_is_right_where_another_row_of_the_file_does(tmp_path: Path) -> None:
    row = {"timestamp": "2026-11-20T09:01:00Z", "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4.1"}
    rows = [
        {**row, "traceId": str(number), "spanId": "s", "gen_ai.usage.input_tokens": 9, "gen_ai.usage.output_tokens": 1}
        for number in range(9)
    ]
    told = {**rows[8], "gen_ai.usage.cache_read.input_tokens": 0}
    assert {one.remark for one in records_of(tmp_path / "told", twins.lines([*rows[:8], told]))} == {""}
    assert {one.codes for one in records_of(tmp_path / "untold", twins.lines(rows))} == {(COLUMN_MISSING,)}
    prompts = [{**one, "gen_ai.prompt": "why cache_read.input_tokens?"} for one in rows]  # a word is no field
    assert {one.codes for one in records_of(tmp_path / "words", twins.lines(prompts))} == {(COLUMN_MISSING,)}


CLAUDE_CODE = {"type": "assistant", "sessionId": "s", "timestamp": "2026-11-20T10:00:00Z", "requestId": "r"}
CLAUDE_CODE |= {"uuid": "u", "cwd": "/p", "isSidechain": False}
WRITTEN = {"input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 900}


@pytest.mark.parametrize(
    ("split", "day", "is_said"),
    [
        ({"cache_creation": {"ephemeral_5m_input_tokens": 900, "ephemeral_1h_input_tokens": 0}}, "2026-11-20", False),
        ({}, "2026-11-20", True),
        ({"cache_creation_input_tokens": 0}, "2026-11-20", False),
        ({}, "2025-06-20", False),  # when there were no others than five minutes
    ],
)
def test_claude_codes_writes_without_their_lives_are_said(
    tmp_path: Path, split: dict[str, Any], day: str, is_said: bool
) -> None:
    message = {"id": "m", "model": "claude-opus-4-8", "usage": {**WRITTEN, **split}}
    row = {**CLAUDE_CODE, "timestamp": f"{day}T10:00:00Z", "message": message}
    (found,) = records_of(tmp_path / "log", twins.lines([row]))
    assert ("no cache write 1h tokens" in found.remark) == is_said
    assert (COLUMN_MISSING in found.codes) == is_said


def test_an_answer_without_its_counts_has_no_price_and_is_not_passed_over(tmp_path: Path) -> None:
    claude = {**CLAUDE_CODE, "message": {"id": "m", "model": "claude-opus-4-8"}}
    codex = {"timestamp": "2026-11-20T10:00:00Z", "type": "event_msg", "payload": {"type": "token_count"}}
    gemini = {"id": "g", "timestamp": "2026-11-20T10:00:00Z", "content": "Hi", "model": "m", "tokens": {"input": 9}}
    (first, *_) = twins.documents("gemini-cli-session.jsonl")
    for rows in ([claude], [codex], [first, gemini]):
        kinds = [one.outcome.kind for one in records_of(tmp_path / "log", twins.lines(rows))]
        assert kinds == [OutcomeKind.UNPRICED]


BEDROCK = {"schemaType": "ModelInvocationLog", "timestamp": "2026-11-20T10:00:00Z", "region": "us-east-1"}
BEDROCK |= {"modelId": "global.anthropic.claude-haiku-4-5-20251001-v1:0", "operation": "InvokeModel"}
ANSWERED = {"input_tokens": 7, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 50, "output_tokens": 6}
STREAMED = [
    {"type": "message_start", "message": {"usage": {**ANSWERED, "output_tokens": 1}}},
    {"type": "content_block_delta", "delta": {"text": "Hi"}},
    {"type": "message_delta", "usage": {"output_tokens": 6}},
]


@pytest.mark.parametrize("body", [{"usage": ANSWERED}, STREAMED])
@pytest.mark.parametrize("told", [{}, {"inputTokenCount": 7}])
def test_what_bedrocks_log_leaves_out_stands_in_the_answer_that_it_keeps(
    tmp_path: Path, body: Any, told: dict[str, int]
) -> None:
    row = {**BEDROCK, "requestId": "r", "input": told, "output": {"outputBodyJson": body}}
    (found,) = records_of(tmp_path / "log", twins.lines([row]))
    assert found.usage is not None
    counts = {meter: found.usage.stated[meter] for meter in ("input_tokens", "cache_read_tokens", "output_tokens")}
    assert counts == {"input_tokens": 957, "cache_read_tokens": 900, "output_tokens": 6}
    assert found.usage.stated["cache_write_tokens"] == 50
    assert found.remark == ""


AI_CALL = {
    "timestamp": "2026-11-20T06:02:00Z",
    "traceId": "t",
    "spanId": "s",
    "ai.operationId": "ai.generateText.doGenerate",
}
OF_SDK = {"ai.response.model": "gpt-5-mini", "ai.model.provider": "openai.responses", "ai.usage.inputTokens": 4000}
OF_SDK |= {"ai.usage.cachedInputTokens": 3000, "ai.usage.outputTokens": 700, "ai.usage.reasoningTokens": 500}
OF_OTEL = {"gen_ai.response.model": "gpt-5-mini", "gen_ai.provider.name": "openai.responses"}
OF_OTEL |= {"gen_ai.usage.input_tokens": 4000, "gen_ai.usage.cache_read.input_tokens": 3000}
OF_OTEL |= {"gen_ai.usage.output_tokens": 700, "gen_ai.usage.reasoning.output_tokens": 500}


@pytest.mark.parametrize("names", [OF_SDK, OF_OTEL, {**OF_SDK, **OF_OTEL}])
def test_a_call_of_the_ai_sdk_is_read_once_by_its_own_names_and_opentelemetrys(
    tmp_path: Path, names: dict[str, Any]
) -> None:
    (found,) = records_of(tmp_path / "spans", twins.lines([{**AI_CALL, **names}]))
    assert found.usage is not None
    counts = ("input_tokens", "cache_read_tokens", "output_tokens", "output_reasoning_tokens")
    assert [found.usage.stated[meter] for meter in counts] == [4000, 3000, 700, 500]
    assert (found.model, found.provider, found.remark) == ("gpt-5-mini", "openai.responses", "")


def test_a_table_of_ones_own_says_which_counts_are_empty_and_taken_as_0(tmp_path: Path) -> None:
    """0 states something, and an embedding has no output."""
    (tmp_path / "own.toml").write_text(
        'model = "model"\nat = "at"\n[counts]\ninput_tokens = "in"\noutput_tokens = "out"\n', "utf-8"
    )
    rows = [("gpt-5", "", 5), ("gpt-5", 5, ""), ("gpt-5", 0, 5), ("gpt-5", 5, 0), ("text-embedding-3-small", 5, "")]
    lines = [f"{model},2026-11-20T10:00:00Z,{asked},{answered}" for model, asked, answered in rows]
    (tmp_path / "log.csv").write_text("\n".join(["model,at,in,out", *lines]), "utf-8")
    file = UsageFile(tmp_path / "log.csv", own_shape(tmp_path / "own.toml"))
    for one_by_one in (False, True):
        codes = [one.codes for one in UsageFiles([file], one_by_one=one_by_one).records()]
        assert codes == [(Code.COUNT_EMPTY,), (Code.COUNT_EMPTY,), (), (), ()]
