"""Lists that a record keeps for itself, and lists of records of the same names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord

OBSERVATION: dict[str, Any] = {
    "id": "o1",
    "type": "GENERATION",
    "startTime": "2026-11-20T10:00:00Z",
    "model": "gpt-4.1",
    "usageDetails": {"input": 1000, "output": 10},
}
OURS = {"at": "2026-11-20T10:00:00Z", "model": "openai/gpt-4.1", "input_tokens": 1000, "output_tokens": 10}
ITEMS = [{"model": "gpt-4.1", "date": "2026-11-20"}]
OWN = [
    *({name: ITEMS} for name in ("items", "Items", "value", "entries", "result")),
    {"result": {"data": [{"index": 0, "embedding": [1]}]}},
    {"result": {"items": ITEMS}},
]


def records(folder: Path, text: str) -> list[UsageRecord]:
    path = folder / "log.json"
    path.write_text(text)
    return list(UsageFiles([usage_file(path)]).records())


def counts(found: list[UsageRecord]) -> list[int]:
    return [int(one.usage.stated["input_tokens"]) if one.usage else 0 for one in found]


@pytest.mark.parametrize("record", [OBSERVATION, OURS], ids=["langfuse", "ours"])
@pytest.mark.parametrize("own", OWN, ids=json.dumps)
def test_a_record_that_keeps_a_list_of_its_own_is_one_record(
    record: dict[str, Any], own: dict[str, Any], tmp_path: Path
) -> None:
    other = {**record, "id": "o2"} if "id" in record else record
    for last in ({**other, **own}, {**own, **other}):  # its model may stand behind the list
        assert counts(records(tmp_path, f"{json.dumps(record)}\n{json.dumps(last)}\n")) == [1000, 1000]
        assert counts(records(tmp_path, json.dumps([record, last]))) == [1000, 1000]


@pytest.mark.parametrize("beside", [{}, {"total_tokens": 2020, "page": 1}])
@pytest.mark.parametrize("name", ["items", "Items", "value", "entries", "result"])
def test_a_list_of_these_names_is_one_of_records_where_nothing_else_is(
    name: str, beside: dict[str, Any], tmp_path: Path
) -> None:
    listed = [OBSERVATION, {**OBSERVATION, "id": "o2"}]
    assert counts(records(tmp_path, json.dumps({**beside, name: listed}))) == [1000, 1000]
    assert counts(records(tmp_path, json.dumps({name: listed, **beside}, indent=1))) == [1000, 1000]


def test_such_a_list_may_be_larger_than_what_is_looked_at_together(tmp_path: Path) -> None:
    listed = [{**OBSERVATION, "id": f"o{number}", "note": "x" * 1000} for number in range(400)]
    assert counts(records(tmp_path, json.dumps({"items": listed, "page": 1}))) == [1000] * 400
