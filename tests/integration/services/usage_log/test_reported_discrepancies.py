"""Discrepancies that people reported in public come out as their cause: their inputs, the figures of their tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.formats import read_usage
from llmpricing.domain.usage.quantities import UsageError, count
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.usage_log.formats.record import REPEATED, UsageRecord
from llmpricing.sources.registry import SOURCES
from tests.audits import audited, report_of
from tests.conftest import NOW as WHEN
from tests.planted_figures import NOON
from tests.servers import StoreUrls, new_database

SATURDAY = datetime(2026, 11, 21, 2, tzinfo=UTC)
COMPACTED = {
    "input_tokens": 23_000,
    "output_tokens": 1_000,
    "iterations": [
        {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500},
        {"type": "message", "input_tokens": 23_000, "output_tokens": 1_000},
    ],
}


# Entries as LiteLLM's map has them, of what the bundled lists leave out.
ENTRIES = {
    "perplexity/sonar-pro": {
        "litellm_provider": "perplexity",
        "mode": "chat",
        "input_cost_per_token": 3e-6,
        "output_cost_per_token": 15e-6,
        "search_context_cost_per_query": {
            "search_context_size_low": 0.006,
            "search_context_size_medium": 0.01,
            "search_context_size_high": 0.014,
        },
    },
    "claude-opus-4-6": {
        "litellm_provider": "anthropic",
        "mode": "chat",
        "input_cost_per_token": 5e-6,
        "output_cost_per_token": 25e-6,
        "cache_creation_input_token_cost": 6.25e-6,
        "cache_creation_input_token_cost_above_1hr": 10e-6,
        "cache_read_input_token_cost": 0.5e-6,
        "input_cost_per_token_batches": 2.5e-6,
        "output_cost_per_token_batches": 12.5e-6,
        "cache_read_input_token_cost_batches": 0.25e-6,
        "provider_specific_entry": {"us": 1.1},
    },
    "rerank-v3.5": {"litellm_provider": "cohere", "mode": "rerank", "input_cost_per_query": 0.002},
    "azure/us/gpt-5.6": {
        "litellm_provider": "azure",
        "mode": "chat",
        "input_cost_per_token": 4.4e-6,
        "output_cost_per_token": 22e-6,
        "cache_creation_input_token_cost": 5.5e-6,
        "input_cost_per_token_priority": 8.8e-6,
        "output_cost_per_token_priority": 44e-6,
        "cache_creation_input_token_cost_priority": 11e-6,
    },
    "gpt-4o-2024-08-06": {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 2.5e-6,
        "output_cost_per_token": 10e-6,
        "input_cost_per_token_priority": 4.25e-6,
        "output_cost_per_token_priority": 17e-6,
    },
    "gemini/gemini-3.5-flash": {
        "litellm_provider": "gemini",
        "mode": "chat",
        "input_cost_per_token": 1.5e-6,
        "output_cost_per_token": 9e-6,
        "input_cost_per_token_flex": 0.75e-6,
        "output_cost_per_token_flex": 4.5e-6,
    },
}


@pytest.fixture(scope="module")
def book(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    """A session on the bundled lists and the entries above."""
    with new_database(store_urls, full_book) as url, Session(create_engine(url, poolclass=NullPool)) as session:
        reading = ReadList(json.dumps(ENTRIES).encode(), datetime(2026, 11, 12, tzinfo=UTC), WHEN, "entries")
        import_lists(session, [(SOURCES["litellm"], reading)])
        session.commit()
        yield session


def tokens(taken: int, made: int, read: int = 0, written: int = 0, **more: int) -> dict[str, int]:
    found = {"input_tokens": taken, "output_tokens": made, "cache_read_tokens": read, "cache_write_tokens": written}
    return {name: number for name, number in {**found, **more}.items() if number}


REPORTED: list[tuple[str, str, str, dict[str, int], str, str, str]] = [
    # where, cause, model, counts, tier, what is right, what the tool said
    (
        "inspect_ai 5528",
        "reasoning_dropped",
        "x-ai/grok-4.6",
        tokens(50, 900, output_reasoning_tokens=800),
        "",
        "0.0055",
        "0.0007",
    ),
    (
        "opencrabs 1636",
        "cached_counted_twice",
        "openrouter/anthropic/claude-sonnet-4.6",
        tokens(30_000, 500, 10_000, 15_000),
        "",
        "0.08175",
        "0.15675",
    ),
    (
        "CPA-Manager-Plus 652",
        "cached_counted_twice",
        "openrouter/anthropic/claude-sonnet-4.6",
        tokens(30_000, 500, 10_000, 15_000),
        "",
        "0.08175",
        "0.11175",
    ),
    (
        "llm-agent 345",
        "cached_dropped",
        "openrouter/openai/gpt-5.6-sol",
        tokens(30_000, 500, 10_000, 15_000),
        "",
        "0.109",
        "0.03",
    ),
    (
        "openusage 360",
        "cached_counted_twice",
        "openai/gpt-5.6-terra",
        tokens(23_318, 251, 20_000, 2_000),
        "",
        "0.014648",
        "0.058648",
    ),
    (
        "langfuse 17117",
        "cached_counted_twice",
        "openai/gpt-5.6-sol",
        tokens(300, 10, 40, 25),
        "",
        "0.001281",
        "0.001541",
    ),
    (
        "orca 16878",
        "write_1h_at_5m_price",
        "anthropic/claude-opus-4-6",
        tokens(60_010, 500, 0, 60_000, cache_write_1h_tokens=60_000),
        "",
        "0.61255",
        "0.38755",
    ),
    (
        "litellm 32307",
        "batch_ignored",
        "anthropic/claude-opus-4-6",
        tokens(11_000, 1_000, 10_000),
        "batch",
        "0.0175",
        "0.035",
    ),
    (
        "litellm 37046 mini",
        "priority_ignored",
        "openai/gpt-4o-mini",
        tokens(9, 2),
        "priority",
        "0.00000425",
        "0.00000255",
    ),
    ("litellm 37046", "priority_ignored", "openai/gpt-4.1", tokens(9, 1), "priority", "0.0000455", "0.000026"),
    (
        "aider 5516",
        "cached_counted_twice",
        "anthropic/claude-haiku-4-5",
        tokens(17_111, 40, 17_102),
        "",
        "0.0019192",
        "0.0190212",
    ),
    # 9 x 4.25 + 17 millionths, billed as 9 x 2.5 + 10
    (
        "litellm 37046 dated",
        "priority_ignored",
        "openai/gpt-4o-2024-08-06",
        tokens(9, 1),
        "priority",
        "0.00005525",
        "0.0000325",
    ),
    # 20,000 x 8.8 + 80,000 x 11 + 10 x 44 millionths, billed as 20,000 x 4.4 + 80,000 x 5.5 + 10 x 22
    (
        "litellm 36192",
        "priority_ignored",
        "azure/us/gpt-5.6",
        tokens(100_000, 10, 0, 80_000),
        "priority",
        "1.05644",
        "0.52822",
    ),
    ("litellm 35125", "cached_dropped", "azure/gpt-5.6-sol", tokens(100_000, 10, 0, 80_000), "", "0.4802", "0.0802"),
    (
        "new-api 2935",
        "tool_tokens_dropped",
        "google/gemini-3-flash-preview",
        tokens(18_450, 2_100, input_tool_tokens=18_300),
        "",
        "0.015525",
        "0.006375",
    ),
    (
        "litellm 29145",
        "cached_dropped",
        "eu.anthropic.claude-opus-4-5-20251101-v1:0",
        tokens(98_820, 500, 66_400, 32_400),
        "",
        "0.27313",
        "0.01386",
    ),
    (
        "opik 7253",
        "media_at_text_price",
        "openai/gpt-realtime",
        tokens(1_000, 400, 256, input_audio_tokens=700, cache_audio_read_tokens=128, output_audio_tokens=300),
        "",
        "0.0398944",
        "0.0254944",
    ),
    (
        "vellum 37858",
        "step_ignored",
        "openai/gpt-5.6-terra",
        tokens(280_000, 1_000, 200_000, 70_000),
        "",
        "0.488",
        "0.313",
    ),
    (
        "dust 28388",
        "cached_dropped",
        "anthropic/claude-haiku-4-5",
        tokens(12_010, 500, 0, 12_000, cache_write_1h_tokens=9_000, cache_write_5m_tokens=3_000),
        "",
        "0.02426",
        "0.00251",
    ),
    (
        "a twin of litellm 31142",  # 80 x 5 + 500 x 8 + 4,160 x 32; what it made went at 10, the price of text
        "media_at_text_price",
        "openai/gpt-image-1.5",
        tokens(580, 4160, input_image_tokens=500),
        "",
        "0.13752",
        "0.046",
    ),
]


@pytest.mark.parametrize(
    ("where", "cause", "model", "counts", "tier", "right", "said"), REPORTED, ids=[case[0] for case in REPORTED]
)
def test_the_reported_discrepancy_has_its_cause(
    book: Session, where: str, cause: str, model: str, counts: dict[str, int], tier: str, right: str, said: str
) -> None:
    record = UsageRecord(model, NOON, count(counts), context=context(tier or None), charged=Decimal(said))
    (found,) = audited(book, [record])
    assert found.cost == Decimal(right)
    assert found.verdict.causes[0] == cause


def test_peak_hours_of_a_weekday_on_a_saturday(book: Session) -> None:
    """models.dev 6722: DeepSeek's peak hours are Monday to Friday; 5,000 x 0.66 + 95,000 x 0.022 + 1,000 x 1.98."""
    usage = count(tokens(100_000, 1_000, 95_000))
    record = UsageRecord("deepseek/deepseek-v4-pro", SATURDAY, usage, charged=Decimal("0.01474"))
    (found,) = audited(book, [record])
    assert (found.cost, found.verdict.causes) == (Decimal("0.00737"), ("another_hour",))


@pytest.mark.parametrize(("geo", "right"), [("global", "0.0075"), ("not_available", "0.0075"), ("us", "0.00825")])
def test_a_place_of_its_own_that_the_tool_does_not_know(book: Session, geo: str, right: str) -> None:
    """litellm 21904: 1,000 x 5 + 100 x 25 millionths, and a tenth more in the us alone."""
    usage = read_usage({"input_tokens": 1_000, "output_tokens": 100, "inference_geo": geo}, "anthropic")
    (found,) = audited(book, [UsageRecord("anthropic/claude-opus-4-6", NOON, usage, charged=Decimal("0.0075"))])
    assert found.cost == Decimal(right)
    assert found.verdict.causes == (("region_ignored",) if geo == "us" else ())


def test_a_written_total_that_contradicts_its_parts_is_no_usage() -> None:
    """dust 28388: a total of nothing beside 3,000 and 9,000; a tool that took the total lost all writes."""
    parts = {"ephemeral_5m_input_tokens": 3_000, "ephemeral_1h_input_tokens": 9_000}
    usage = {"input_tokens": 10, "output_tokens": 500, "cache_creation_input_tokens": 0, "cache_creation": parts}
    with pytest.raises(UsageError, match=r"cache_creation counts 12000, more than cache_creation_input_tokens"):
        read_usage(usage, "anthropic")


def test_compaction_that_stands_only_in_the_iterations(book: Session) -> None:
    """pydantic-ai 5065, litellm 27060: 203,000 x 5 + 4,500 x 25 of which the tool billed the message's alone."""
    usage = read_usage(COMPACTED, "anthropic")
    record = UsageRecord("anthropic/claude-opus-4-6", NOON, usage, charged=Decimal("0.14"))
    (found,) = audited(book, [record])
    assert (found.cost, found.verdict.causes) == (Decimal("1.1275"), ("iterations_dropped",))


def test_a_message_told_three_times_and_billed_three_times(book: Session) -> None:
    """ClaudeBar 207, ccstatusline 549: one line a content block, each with the whole usage."""
    usage, charged = count(tokens(100_000, 1_000)), Decimal("0.525")
    told: dict[str, Any] = {"model": "anthropic/claude-opus-4-8", "at": NOON, "usage": usage, "charged": charged}
    lines = [UsageRecord(**told, record_id="msg"), *(UsageRecord(**told, record_id="msg", outcome=REPEATED),) * 2]
    report = report_of(audited(book, lines))
    assert [(row.name, row.records, row.money) for row in report.causes()] == [
        ("repeated_billed_again", 2, Decimal("1.05"))
    ]


def test_the_fee_of_another_search_size_is_another_condition(book: Session) -> None:
    """pollinations 14780: 20 x 3 + 400 x 15 millionths and 0.006 of a small search; the tool took 0.014, of a large."""
    usage = count(tokens(20, 400))
    small = context(None, None, {"search_context_size": "low"})
    (found,) = audited(
        book, [UsageRecord("perplexity/sonar-pro", NOON, usage, context=small, charged=Decimal("0.02006"))]
    )
    assert (found.cost, found.verdict.causes[0]) == (Decimal("0.01206"), "another_condition")
    assert "high" in found.verdict.detail


def test_a_rerank_whose_search_units_the_tool_does_not_know_is_billed_zero(book: Session) -> None:
    """bifrost 4239: three search units at 0.002."""
    usage = read_usage({"billed_units": {"search_units": 3}}, "auto")
    (found,) = audited(book, [UsageRecord("cohere/rerank-v3.5", NOON, usage, charged=Decimal(0))])
    assert (found.cost, found.verdict.causes) == (Decimal("0.006"), ("billed_zero",))


def test_flex_traffic_of_vertex_billed_as_standard(book: Session) -> None:
    """litellm 38458: 7 x 0.75 + 205 x 4.5 millionths, billed at twice that."""
    usage = read_usage(
        {"promptTokenCount": 7, "candidatesTokenCount": 205, "totalTokenCount": 212, "trafficType": "ON_DEMAND_FLEX"},
        "google",
    )
    (found,) = audited(book, [UsageRecord("google/gemini-3.5-flash", NOON, usage, charged=Decimal("0.0018555"))])
    assert found.cost == Decimal("0.00092775")
    assert "flex_ignored" in found.verdict.causes


def test_cached_tokens_that_overlap_pictures_are_billed_twice(book: Session) -> None:
    """litellm 37407: 100 x 2 + 2,300 x 0.5 + 400 x 6 millionths; the tool added the picture's 1,100 tokens again."""
    usage = {
        "prompt_tokens": 2_400,
        "completion_tokens": 100,
        "total_tokens": 2_800,
        "prompt_tokens_details": {"cached_tokens": 2_300, "image_tokens": 1_100},
        "completion_tokens_details": {"reasoning_tokens": 300},
    }
    record = UsageRecord("x-ai/grok-4.6", NOON, read_usage(usage, "auto"), charged=Decimal("0.00595"))
    (found,) = audited(book, [record])
    assert found.cost == Decimal("0.00375")
    assert found.verdict.causes[0] == "media_counted_twice"


def test_the_output_of_a_picture_model_billed_at_the_text_price_of_another(book: Session) -> None:
    """litellm 31142: 50 x 5 + 4,000 x 30 millionths: without details all output is pictures, and no list has a price of
    this model for text. The tool took 10, which another model of the seller asks for its text.
    """
    usage = count(tokens(50, 4_000))
    (found,) = audited(book, [UsageRecord("openai/gpt-image-2", NOON, usage, charged=Decimal("0.04025"))])
    assert (found.cost, found.verdict.causes) == (Decimal("0.12025"), ("another_model",))


def test_an_inference_profile_of_ones_own_has_no_price_and_is_told_to_be_named(book: Session) -> None:
    """claude-code 80601: a tool took a default price for it."""
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6"
    (found,) = audited(book, [UsageRecord(arn, NOON, count(tokens(1_000, 100)), charged=Decimal("0.0045"))])
    assert (found.cost, found.verdict.causes) == (None, ("no_price",))
    assert f"llmpricing alias add {arn} OFFERING" in found.priced.outcome.reason


def test_provisioned_throughput_billed_by_the_token(book: Session) -> None:
    """cloud-finops-skills 28: nothing more is paid; the tool billed 1,000 x 1.25 + 100 x 10 millionths."""
    usage = read_usage(
        {
            "promptTokenCount": 1_000,
            "candidatesTokenCount": 100,
            "totalTokenCount": 1_100,
            "trafficType": "PROVISIONED_THROUGHPUT",
        },
        "google",
    )
    (found,) = audited(book, [UsageRecord("google/gemini-2.5-pro", NOON, usage, charged=Decimal("0.00225"))])
    assert (found.cost, found.verdict.causes) == (Decimal(0), ("subscription_ignored",))


def test_a_surcharge_on_cache_writes_that_the_model_has_not(book: Session) -> None:
    """openclaw-dashboard 40: 1,000,000 x 0.15 millionths; the tool billed the writes at 1.25 times that."""
    usage = count(tokens(1_000_000, 0, 0, 1_000_000))
    (found,) = audited(book, [UsageRecord("openai/gpt-4o-mini", NOON, usage, charged=Decimal("0.1875"))])
    assert found.cost == Decimal("0.15")
    assert found.verdict.causes[0] == "write_surcharge_added"
