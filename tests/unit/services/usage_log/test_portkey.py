"""Portkey's logs keep the seller's own answer, in whose words the usage stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord
from tests.usage_twins import DAY, lines

CHAT = {"usage": {"billed_units": {"input_tokens": 900, "output_tokens": 50}, "tokens": {"input_tokens": 1_500}}}
RERANKED = {"results": [], "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 3}}}
OF_AN_OWN_SERVER = {"meta": {"took": 3}}


def logged(folder: Path, body: dict[str, Any]) -> UsageRecord:
    """The record of a call that Cohere answered with this body."""
    row = {"id": "a", "created_at": "2026-11-20T10:00:00Z", "ai_org": "cohere", "ai_model": "m", "is_success": True}
    row |= {"response": {"body": body}, "req_units": 1_500, "res_units": 60, "cost": 0.3, "response_status_code": 200}
    (folder / "log.jsonl").write_bytes(lines([row]))
    (record,) = UsageFiles([usage_file(folder / "log.jsonl", now=DAY)]).records()
    return record


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        (CHAT, {"input_tokens": 900, "output_tokens": 50}),
        (RERANKED, {"rerank_searches": 3}),
        (OF_AN_OWN_SERVER, {"input_tokens": 1_500, "output_tokens": 60}),
    ],
)
def test_what_cohere_bills_is_what_was_used(tmp_path: Path, body: dict[str, Any], counts: dict[str, int]) -> None:
    usage = logged(tmp_path, body).usage
    assert usage
    assert {meter: quantity for meter, quantity in usage.stated.items() if quantity} == counts
