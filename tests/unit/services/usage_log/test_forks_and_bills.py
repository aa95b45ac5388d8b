"""Sessions forked from one that is not given, and lines of bills whose words are of another price or product."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from tests.usage_twins import table

FORKED = [{"forked_from_id": "A"}, {"source": {"subagent": {"thread_spawn": {"parent_thread_id": "A"}}}}]


def records(folder: Path, *files: bytes) -> list[UsageRecord]:
    paths = [folder / f"{number}.upload" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    return list(UsageFiles([usage_file(path) for path in paths]).records())


def line(at: str, kind: str, **payload: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-11-{at}Z", "type": kind, "payload": payload}


def event(at: str, taken: int, total: int) -> dict[str, Any]:
    counts = [{"input_tokens": one, "output_tokens": 0, "total_tokens": one} for one in (taken, total)]
    info = dict(zip(("last_token_usage", "total_token_usage"), counts, strict=True))
    return line(at, "event_msg", type="token_count", info=info)


def usage_record(at: str, session: str, response: str, taken: int) -> dict[str, Any]:
    usage = {"input_tokens": taken, "output_tokens": 0, "total_tokens": taken}
    return line(at, "token_usage_record", session_id=session, response_id=response, usage=usage)


def lines(*found: dict[str, Any]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in found).encode()


def billed(found: list[UsageRecord]) -> list[int]:
    return [
        int(one.usage.stated["input_tokens"]) for one in found if one.outcome.kind is OutcomeKind.BILLED and one.usage
    ]


TURN = line("20T09:00:00.002", "turn_context", model="gpt-5.1-codex")
PARENT = lines(
    line("20T09:00:00.000", "session_meta", id="A"),
    TURN,
    event("20T09:00:20.000", 100, 100),
    event("20T09:01:00.000", 50, 150),
)


def fork(name: str, own: int, more: dict[str, Any]) -> bytes:
    copied = [
        {**TURN, "timestamp": "2026-11-21T10:00:00.002Z"},
        event("21T10:00:00.003", 100, 100),
        event("21T10:00:00.004", 50, 150),
    ]
    meta = line("21T10:00:00.000", "session_meta", id=name, **more)
    return lines(meta, *copied, event("21T10:00:09.000", own, 150 + own))


@pytest.mark.parametrize("more", FORKED)
def test_what_a_fork_copied_is_billed_in_its_parents_file_alone(more: dict[str, Any], tmp_path: Path) -> None:
    one, other = fork("B", 7, more), fork("C", 8, more)
    assert billed(records(tmp_path, one)) == [7]
    assert billed(records(tmp_path, one, other)) == [7, 8]
    assert sorted(billed(records(tmp_path, one, PARENT, other))) == [7, 8, 50, 100]


def test_records_that_a_fork_copied_are_billed_in_its_parents_file_alone(tmp_path: Path) -> None:
    meta, turn = line("21T10:00:00", "session_meta", id="B", forked_from_id="A"), {**TURN}
    copied = [usage_record("21T10:00:00", "A", "r1", 100), usage_record("21T10:00:00", "A", "r2", 50)]
    told = lines(
        meta, {**turn, "timestamp": "2026-11-21T10:00:00Z"}, *copied, usage_record("21T10:10:00", "B", "r9", 7)
    )
    assert billed(records(tmp_path, told)) == [7]


def test_a_subagent_that_copied_nothing_is_billed_whole(tmp_path: Path) -> None:
    meta = line("21T10:00:00.000", "session_meta", id="B", forked_from_id="A")
    turn = {**TURN, "timestamp": "2026-11-21T10:00:00.002Z"}
    told = lines(meta, turn, event("21T10:00:01.500", 100, 100), event("21T10:00:01.600", 50, 150))
    assert billed(records(tmp_path, told)) == [100, 50]


GITHUB = {"date": "2026-11-20", "product": "copilot", "sku": "copilot_premium_request", "quantity": "12"} | {
    "unit_type": "requests",
    "net_amount": "0.48",
    "username": "u",
}


def test_other_products_of_githubs_usage_report_are_no_charge_for_models(tmp_path: Path) -> None:
    actions = {**GITHUB, "product": "actions", "sku": "actions_linux", "unit_type": "minutes", "net_amount": "0.04"}
    seats = {**GITHUB, "sku": "copilot_for_business", "unit_type": "user-months", "net_amount": "19"}
    requests, other, seat = records(tmp_path, table([GITHUB, actions, seats]))
    assert (requests.charged, other.charged, seat.charged) == (Decimal("0.48"), None, Decimal(19))
    assert other.outcome.kind is OutcomeKind.NOT_BILLED
    assert "premium requests" in requests.outcome.reason
    assert seat.outcome.reason == "user-months are counted, not tokens"


def converse(details: list[dict[str, Any]]) -> bytes:
    usage = {"inputTokens": 10, "outputTokens": 1, "cacheWriteInputTokens": 1000, "cacheDetails": details}
    given = {"inputTokenCount": 10, "cacheWriteInputTokenCount": 1000}
    answer = {"outputTokenCount": 1, "outputBodyJson": {"usage": usage}}
    names = {"schemaType": "ModelInvocationLog", "timestamp": "2026-11-20T10:01:00Z", "requestId": "e"}
    return lines({**names, "operation": "Converse", "modelId": "m", "input": given, "output": answer})


def test_converse_tells_the_lives_of_what_was_written(tmp_path: Path) -> None:
    (record,) = records(tmp_path, converse([{"ttl": "1h", "inputTokens": 600}, {"ttl": "5m", "inputTokens": 400}]))
    assert record.usage is not None
    stated = record.usage.stated
    assert (stated["cache_write_1h_tokens"], stated["cache_write_5m_tokens"]) == (600, 400)


def test_a_life_that_is_not_known_has_no_price(tmp_path: Path) -> None:
    (record,) = records(tmp_path, converse([{"ttl": "24h", "inputTokens": 1000}]))
    assert record.outcome.kind is OutcomeKind.UNPRICED
    assert "24h" in record.outcome.reason


CUR = {
    "identity_line_item_id": "l6",
    "line_item_usage_start_date": "2026-11-20 10:00:00.000",
    "line_item_line_item_type": "Usage",
    "line_item_product_code": "abc123marketplace",
    "line_item_line_item_description": "Claude Sonnet 4.5 (Amazon Bedrock Edition)",
    "line_item_usage_amount": "1",
    "line_item_currency_code": "USD",
    "line_item_unblended_cost": "9",
    "product_region_code": "us-east-1",
    "line_item_resource_id": "",
}


@pytest.mark.parametrize("word", ["LatencyOptimized", "Foo", "Global_Foo", "V2"])
def test_a_word_of_a_usage_type_that_is_not_known_has_no_price(word: str, tmp_path: Path) -> None:
    usage_type = f"USE1-MP:USE1_InputTokenCount_{word}-Units"
    (record,) = records(tmp_path, table([{**CUR, "line_item_usage_type": usage_type}]))
    assert record.outcome.kind is OutcomeKind.UNPRICED
    assert word.split("_")[-1] in record.outcome.reason
    assert record.charged == Decimal(9)
