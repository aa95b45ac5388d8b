"""What batches came to: each answer at the tier of batches, by its seller's words, of its own time or of now."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.batch_results import UNNAMED_MODEL
from llmpricing.services.usage_log.formats.files import UnknownShape, UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from tests import usage_twins as twins

CREATED = datetime(2026, 11, 20, 10, tzinfo=UTC)


def records(folder: Path, rows: list[Any], now: datetime | None = twins.DAY) -> list[UsageRecord]:
    path = folder / "upload"
    path.write_bytes(twins.lines(rows))
    return list(UsageFiles([usage_file(path, now=now)]).records())


def counted(record: UsageRecord) -> dict[str, Any]:
    assert record.usage is not None, record.outcome
    return {name: number for name, number in record.usage.stated.items() if number}


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini", "bedrock"])
def test_every_answer_is_of_the_tier_of_batches(tmp_path: Path, name: str) -> None:
    found = [one for one in records(tmp_path, twins.documents(f"{name}-batch.jsonl")) if one.usage]
    assert found
    assert {one.context.service_tier for one in found} == {"batch"}


def test_an_answer_that_tells_its_time_is_of_that_and_any_other_of_now_which_is_said(tmp_path: Path) -> None:
    chat, embedding, *_ = records(tmp_path, twins.documents("openai-batch.jsonl"))
    assert (chat.at, chat.codes) == (CREATED, ())
    assert (embedding.at, embedding.codes) == (twins.DAY, ("TIME_ASSUMED",))


def test_without_a_time_of_any_kind_an_answer_has_no_price(tmp_path: Path) -> None:
    _, embedding, *_ = records(tmp_path, twins.documents("openai-batch.jsonl"), now=None)
    assert embedding.outcome.kind is OutcomeKind.UNPRICED
    assert "no time" in embedding.outcome.reason


def test_what_failed_expired_or_was_canceled_is_not_billed(tmp_path: Path) -> None:
    for name in ("openai", "anthropic", "gemini", "bedrock"):
        found = records(tmp_path, twins.documents(f"{name}-batch.jsonl"))
        failed = [one.outcome.reason for one in found if one.outcome.kind is OutcomeKind.NOT_BILLED]
        assert failed, name
        assert all(reason.startswith("failed") for reason in failed)


def test_azures_answers_are_azures(tmp_path: Path) -> None:
    (row, *_) = twins.documents("openai-batch.jsonl")
    row["response"]["body"]["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": {}}]
    assert [one.provider for one in records(tmp_path, [row])] == ["azure"]


def test_the_answers_within_a_batch_of_geminis_are_of_its_time(tmp_path: Path) -> None:
    rows = twins.documents("gemini-batch.jsonl")[:3]
    within = [{**one, "metadata": {"key": one.pop("key")}} for one in rows]
    batch = {
        "name": "batches/1",
        "metadata": {"createTime": "2026-11-20T10:00:00Z", "model": "models/gemini-2.5-flash"},
        "done": True,
        "response": {"inlinedResponses": {"inlinedResponses": within}},
    }
    first, failed, third = records(tmp_path, [batch])
    assert (first.at, third.at) == (CREATED, CREATED)
    assert counted(first)["output_reasoning_tokens"] == 600
    assert failed.outcome.kind is OutcomeKind.NOT_BILLED


def test_an_answer_of_bedrocks_that_names_no_model_is_called_so_that_map_can_say_it(tmp_path: Path) -> None:
    claude, nova, _ = records(tmp_path, twins.documents("bedrock-batch.jsonl"))
    assert (claude.model, nova.model) == ("claude-haiku-4-5-20251001", UNNAMED_MODEL)
    assert counted(nova) == {"input_tokens": 1000, "output_tokens": 300}


@pytest.mark.parametrize(
    ("output", "stated"),
    [
        (
            {"inputTextTokenCount": 5, "results": [{"tokenCount": 7, "outputText": "x"}]},
            {"input_tokens": 5, "output_tokens": 7},
        ),
        ({"inputTextTokenCount": 5, "embedding": [0.1]}, {"input_tokens": 5}),
        (
            {"generation": "x", "prompt_token_count": 9, "generation_token_count": 3},
            {"input_tokens": 9, "output_tokens": 3},
        ),
    ],
    ids=["titan", "embedding", "llama"],
)
def test_bedrocks_answers_count_in_their_models_own_words(tmp_path: Path, output: Any, stated: dict[str, int]) -> None:
    (found,) = records(tmp_path, [{"recordId": "1", "modelInput": {}, "modelOutput": output}])
    assert counted(found) == stated


def test_the_requests_of_a_batch_are_no_answers(tmp_path: Path) -> None:
    row = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o"}}
    with pytest.raises(UnknownShape):
        records(tmp_path, [row])


def test_an_answer_without_usage_has_no_price(tmp_path: Path) -> None:
    (row, *_) = twins.documents("openai-batch.jsonl")
    del row["response"]["body"]["usage"]
    assert [one.outcome.kind for one in records(tmp_path, [row])] == [OutcomeKind.UNPRICED]
