"""What each field of a usage file is taken for, as it is told before anything is priced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RecordReader
from llmpricing.services.usage_log.formats.taken_for import taken_for
from llmpricing.services.usage_log.formats.usage_file import TakenFor, UsageFile
from tests import usage_twins as twins


def of(name: str) -> TakenFor:
    return taken_for(usage_file(twins.FOLDER / name, now=twins.DAY))


@pytest.mark.parametrize(
    ("name", "field", "roles"),
    [
        ("anthropic-console-usage.csv", "usage_input_tokens_no_cache", ["input_tokens"]),
        ("anthropic-console-usage.csv", "usage_input_tokens_cache_read", ["cache_read_tokens", "input_tokens"]),
        ("anthropic-console-usage.csv", "inference_geo", ["place"]),
        ("openai-usage-dashboard.csv", "input_cached_tokens", ["cache_read_tokens"]),
        ("openai-usage-dashboard.csv", "batch", ["tier"]),
        ("litellm-spendlogs.csv", "metadata.usage_object.prompt_tokens", ["input_tokens"]),
        ("litellm-spendlogs.csv", "metadata.model_map_information.model_map_key", ["model"]),
        ("litellm-spendlogs.csv", "spend", ["charged"]),
        ("litellm-spendlogs.csv", "cache_hit", ["whether it is billed"]),
        ("otel-spans.json", "gen_ai.usage.output_tokens", ["output_tokens"]),
        ("codex-session.jsonl", "payload.info.last_token_usage.cached_input_tokens", ["cache_read_tokens"]),
        ("azure-cost.csv", "date", ["time"]),
        ("github-copilot-premium.csv", "net_amount", ["charged"]),
    ],
)
def test_a_field_is_taken_for_what_hangs_on_it(name: str, field: str, roles: list[str]) -> None:
    """A count beside the input adds to it, one inside does not."""
    assert of(name).fields[field] == roles


def test_fields_on_which_nothing_hangs_are_told_apart() -> None:
    found = of("helicone.csv")
    assert "cache_enabled" in found.others
    assert not found.fields.keys() & set(found.others)


@pytest.mark.parametrize("name", twins.NAMES)
def test_every_file_with_a_total_tells_its_time_and_a_count(name: str) -> None:
    roles = {role for found in of(name).fields.values() for role in found}
    if twins.EXPECTED[name]["priced"]:
        assert "time" in roles or name == "anthropic-batch.jsonl"  # which tells none
        assert any(role.endswith(("_tokens", "_seconds", "_characters", "_sessions")) for role in roles)


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b'{"request_id": "q", "spend": [[[', b"\x1f\x8b"])
def test_what_cannot_be_read_is_taken_for_nothing(tmp_path: Path, data: bytes) -> None:
    shape = usage_file(twins.FOLDER / "litellm-spendlogs.csv").shape
    (tmp_path / "a").write_bytes(data)
    found = taken_for(UsageFile(tmp_path / "a", shape))
    assert (len(found.fields), len(found.others)) == (0, 0)


def test_of_a_resource_of_thousands_of_spans_a_few_tell_it_all(tmp_path: Path) -> None:
    """Each field is tried by reading the row anew: a row of many items must not be read whole so often."""
    (document,) = twins.documents("otel-spans.json")
    (resource, *_) = document["resourceSpans"]
    scope = resource["scopeSpans"][0]
    scope["spans"] = [one for one in scope["spans"] if one.get("attributes")] * 1_000
    path = tmp_path / "spans"
    path.write_bytes(twins.lines([{"resourceSpans": [resource]}]))
    file, read = usage_file(path), 0

    def counting(found: Any) -> RecordReader:
        def each(row: Row) -> Iterable[UsageRecord]:
            nonlocal read
            records = list(file.shape.reader(found)(row))
            read += len(records)
            return records

        return each

    assert taken_for(replace(file, shape=replace(file.shape, reader=counting))).fields == of("otel-spans.json").fields
    assert 0 < read < 2_000 < len(scope["spans"])


def test_rows_of_a_great_many_names_are_not_all_changed(tmp_path: Path) -> None:
    """Each change reads the rows before it again: two such files would hold both places of /bill for minutes."""
    (told, *_) = twins.documents("helicone.csv")
    rows = [{**told, **{f"field_{number}_{name}": 1 for name in range(12_000)}} for number in range(30)]
    path = tmp_path / "log"
    path.write_bytes(twins.lines([{**row, "status": 500} for row in rows[:27]] + rows[27:]))
    file, readings = usage_file(path), 0

    def counting(found: Any) -> RecordReader:
        nonlocal readings
        readings += 1
        return file.shape.reader(found)

    taken_for(replace(file, shape=replace(file.shape, reader=counting)))
    assert 0 < readings < 60
