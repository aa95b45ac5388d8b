"""Usage files that lack a column which their tool always writes: said of every record, and never of a whole file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.registry import BY_NAME, SHAPES
from tests import usage_twins as twins

# A line of these has one quantity or none: without it the line has no price, and says so.
ONE_QUANTITY = {"openai-costs", "aws-cur", "aws-focus", "azure-cost", "gcp-billing"}
NO_QUANTITY = {"anthropic-console-cost", "anthropic-cost-report", "github-copilot-premium"}
SAID = "export it anew, whole"


def records_of(path: Path, data: bytes) -> list[UsageRecord]:
    path.write_bytes(data)
    return list(UsageFiles([usage_file(path)]).records())


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
    fields = shape_of(name).always.get(field, ())
    return frozenset(fields) | {
        one.rpartition(".")[2] for one in fields if not one.startswith(("gen_ai", "ai.", "llm"))
    }


CASES = [(name, field) for name in twins.NAMES for field in shape_of(name).always]


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
        if lost and before.outcome.kind is OutcomeKind.BILLED and after.outcome.kind is not OutcomeKind.UNPRICED:
            assert SAID in after.remark


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
    """Helicone's file of 300 rows without output tokens: each of its 300 records says so."""
    row = {"request_id": "", "request_created_at": "2026-11-20T10:00:00Z", "model": "gpt-4o-mini", "prompt_tokens": "9"}
    more = {"prompt_cache_read_tokens": "0", "prompt_cache_write_tokens": "0", "provider": "OPENAI", "status": "200"}
    data = twins.table([{**row, **more, "request_id": f"r-{number}"} for number in range(300)])
    path = tmp_path / "log.csv"
    path.write_bytes(data)
    file = usage_file(path)
    (batch,) = UsageFiles([file]).batches()
    assert batch.columns is not None
    assert len(batch.columns) == 300
    remarks = {one.remark for one in batch.in_order()}
    assert remarks == {one.remark for one in UsageFiles([file], one_by_one=True).records()}
    (said,) = remarks
    assert said.startswith("no output tokens: ")


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
        }
        for found in (phoenix, vercel)
    ]
    found = records_of(tmp_path / "spans", twins.lines([{"resource": {}, "scopeSpans": [{"spans": spans}]}]))
    assert [(one.usage.stated["cache_read_tokens"] if one.usage else None, one.remark) for one in found] == [
        (50, "")
    ] * 2
