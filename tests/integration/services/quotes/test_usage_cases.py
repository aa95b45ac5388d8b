"""What providers' usage objects cost over the bundled lists, each with its arithmetic in USD per million tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session

from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.usage.formats import UsageFormat, read_usage
from llmpricing.services.quotes.quoting import Asked, quote_one

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
OPUS, SONNET, HAIKU = (
    "anthropic/claude-opus-4-6",
    "openrouter/anthropic/claude-sonnet-4.6",
    "anthropic/claude-haiku-4-5",
)
TERRA = "openai/gpt-5.6-terra"


class Case(NamedTuple):
    why: str
    model: str
    usage_format: UsageFormat
    usage: dict[str, Any]
    amounts: tuple[tuple[int, str], ...]  # tokens, and what a million of them costs


CASES = [
    Case(
        "xAI counts reasoning beside the completion",
        "x-ai/grok-4.6",
        "xai",
        {
            "prompt_tokens": 50,
            "completion_tokens": 100,
            "total_tokens": 950,
            "completion_tokens_details": {"reasoning_tokens": 800},
        },
        ((50, "2"), (900, "6")),
    ),
    Case(
        "cached pictures are billed once",
        "x-ai/grok-4.6",
        "xai",
        {
            "prompt_tokens": 2400,
            "completion_tokens": 100,
            "total_tokens": 2800,
            "prompt_tokens_details": {"image_tokens": 1100, "cached_tokens": 2300},
            "completion_tokens_details": {"reasoning_tokens": 300},
        },
        ((100, "2"), (2300, "0.5"), (400, "6")),
    ),
    Case(
        "OpenRouter's prompt is gross",
        SONNET,
        "openai",
        {
            "prompt_tokens": 30_000,
            "completion_tokens": 500,
            "prompt_tokens_details": {"cached_tokens": 10_000, "cache_write_tokens": 15_000},
            "cost": 0.5,
        },
        ((5000, "3"), (10_000, "0.3"), (15_000, "3.75"), (500, "15")),
    ),
    Case(
        "Codex counts caches inside the input",
        TERRA,
        "codex",
        {
            "input_tokens": 23_318,
            "cached_input_tokens": 20_000,
            "cache_write_input_tokens": 2000,
            "output_tokens": 251,
            "reasoning_output_tokens": 64,
        },
        ((1318, "2"), (20_000, "0.2"), (2000, "2.5"), (251, "12")),
    ),
    Case(
        "OpenTelemetry counts caches inside the input",
        "openai/gpt-5.6-sol",
        "otel",
        {
            "gen_ai.usage.input_tokens": 300,
            "gen_ai.usage.cache_read.input_tokens": 40,
            "gen_ai.usage.cache_creation.input_tokens": 25,
            "gen_ai.usage.output_tokens": 10,
        },
        ((235, "4"), (40, "0.4"), (25, "5"), (10, "20")),
    ),
    Case(
        "writes for an hour cost more",
        OPUS,
        "anthropic",
        {
            "input_tokens": 10,
            "output_tokens": 500,
            "cache_creation_input_tokens": 60_000,
            "cache_creation": {"ephemeral_1h_input_tokens": 60_000},
        },
        ((10, "5"), (60_000, "10"), (500, "25")),
    ),
    Case(
        "a batch says so in its usage",
        OPUS,
        "anthropic",
        {
            "input_tokens": 1000,
            "cache_read_input_tokens": 10_000,
            "output_tokens": 1000,
            "service_tier": "batch",
            "inference_geo": "global",
        },
        ((1000, "2.5"), (10_000, "0.25"), (1000, "12.5")),
    ),
    Case(
        "compaction is billed in iterations only, each a request of its own for steps",
        OPUS,
        "anthropic",
        {
            "input_tokens": 23_000,
            "output_tokens": 1000,
            "iterations": [
                {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3500},
                {"type": "message", "input_tokens": 23_000, "output_tokens": 1000},
            ],
        },
        ((203_000, "5"), (4500, "25")),
    ),
    Case(
        "the tier that served is inside the usage",
        "openai/gpt-5.1",
        "openai",
        {"prompt_tokens": 1000, "completion_tokens": 100, "service_tier": "priority"},
        ((1000, "2.5"), (100, "20")),
    ),
    Case(
        "LiteLLM's prompt is gross and bears Anthropic's names of caches",
        HAIKU,
        "litellm",
        {"prompt_tokens": 17_111, "cache_read_input_tokens": 17_102, "completion_tokens": 40},
        ((9, "1"), (17_102, "0.1"), (40, "5")),
    ),
    Case(
        "Gemini's tool use is input beside the prompt",
        "google/gemini-3-flash-preview",
        "google",
        {
            "promptTokenCount": 150,
            "toolUsePromptTokenCount": 18_300,
            "candidatesTokenCount": 1000,
            "thoughtsTokenCount": 1100,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 150}],
            "toolUsePromptTokensDetails": [{"modality": "TEXT", "tokenCount": 18_300}],
        },
        ((18_450, "0.5"), (2100, "3")),
    ),
    Case(
        "Converse leaves caches out of inputTokens",
        "eu.anthropic.claude-opus-4-5-20251101-v1:0",
        "bedrock",
        {
            "inputTokens": 20,
            "cacheReadInputTokens": 66_400,
            "cacheWriteInputTokens": 32_400,
            "outputTokens": 500,
            "cacheDetails": [{"ttl": "5m", "inputTokens": 32_400}],
        },
        ((20, "5.5"), (66_400, "0.55"), (32_400, "6.875"), (500, "27.5")),
    ),
    Case(
        "not_available is the usual place",
        OPUS,
        "anthropic",
        {"input_tokens": 1000, "output_tokens": 100, "inference_geo": "not_available"},
        ((1000, "5"), (100, "25")),
    ),
    Case(
        "beyond 272k every rate changes, writes too",
        TERRA,
        "openai",
        {
            "prompt_tokens": 280_000,
            "completion_tokens": 1000,
            "prompt_tokens_details": {"cached_tokens": 200_000, "cache_write_tokens": 70_000},
        },
        ((10_000, "4"), (200_000, "0.4"), (70_000, "5"), (1000, "18")),
    ),
    Case(
        "z.ai's cache is stored for nothing, and what is written to it is read as any input",
        "zai/glm-5",
        "llmpricing",
        {"input_tokens": 10_000, "cache_read_tokens": 2000, "cache_write_tokens": 7000, "output_tokens": 100},
        ((8000, "1"), (2000, "0.2"), (100, "3.2")),
    ),
    Case(
        "the mean of many requests decides the step",
        TERRA,
        "llmpricing",
        {"input_tokens": 400_000, "requests": 20},
        ((400_000, "2"),),
    ),
]


@pytest.fixture(scope="module")
def book(full_book_of_module: str) -> Iterator[Session]:
    engine = create_engine(full_book_of_module, poolclass=NullPool)
    with Session(engine) as session:
        yield session
    engine.dispose()


def ask(book: Session, model: str, usage: dict[str, Any], usage_format: UsageFormat = "auto") -> Quote:
    return quote_one(book, Asked(model, read_usage(usage, usage_format), AT)).quote


@pytest.mark.parametrize("case", CASES, ids=[case.why for case in CASES])
def test_usage_as_its_provider_reports_it_costs_what_it_costs(book: Session, case: Case) -> None:
    right = sum(Decimal(tokens) * Decimal(price) for tokens, price in case.amounts) / 1_000_000
    answer = ask(book, case.model, case.usage, case.usage_format)
    assert answer.total == right
    assert sum(line.amount for line in answer.lines) == right
    assert Code.NOT_UNDERSTOOD not in {notice.code for notice in answer.warnings}


def test_search_units_are_what_a_reranking_is_billed_by(book: Session) -> None:
    for usage in ({"billed_units": {"search_units": 3}}, {"meta": {"billed_units": {"search_units": 3}}}):
        (share,) = ask(book, OPUS, usage).unpriced
        assert (share.meter, share.quantity) == ("rerank_searches", 3)


def test_provisioned_throughput_has_no_token_charge_and_says_so(book: Session) -> None:
    usage = {"promptTokenCount": 1000, "candidatesTokenCount": 100, "trafficType": "PROVISIONED_THROUGHPUT"}
    answer = ask(book, "google/gemini-2.5-pro", usage)
    assert (answer.total, answer.state) == (0, "subscription")
    assert [notice.code for notice in answer.notes] == [Code.BY_SUBSCRIPTION]


def test_an_unknown_traffic_type_is_said(book: Session) -> None:
    usage = {"promptTokenCount": 1000, "candidatesTokenCount": 100, "trafficType": "ON_THE_MOON"}
    answer = ask(book, "google/gemini-2.5-pro", usage)
    assert answer.total == Decimal("0.00225")
    (warning,) = [notice for notice in answer.warnings if notice.code is Code.NOT_UNDERSTOOD]
    assert "ON_THE_MOON" in warning.message


def test_a_field_that_nobody_knows_is_named_with_its_probable_meter(book: Session) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100, "steps": [{"search_units_used": 2}]}
    answer = ask(book, "openai/gpt-5.1", usage)
    (warning,) = [notice for notice in answer.warnings if notice.code is Code.NOT_UNDERSTOOD]
    assert (warning.meter, warning.message.startswith("steps[0].search_units_used")) == ("rerank_searches", True)


def test_a_sum_across_a_step_stands_between_its_bounds(book: Session) -> None:
    """20 requests of 400,000 tokens: at 2 all below 272,000, at 4 all above."""
    answer = ask(book, TERRA, {"input_tokens": 400_000, "requests": 20})
    assert (answer.total, answer.low, answer.high) == (Decimal("0.8"), Decimal("0.8"), Decimal("1.6"))
    assert Code.AGGREGATE in {notice.code for notice in answer.warnings}
    small = ask(book, TERRA, {"input_tokens": 200_000, "requests": 20})
    assert (small.total, small.low) == (Decimal("0.4"), None)
    assert Code.AGGREGATE not in {notice.code for notice in (*small.warnings, *small.notes)}
    large = ask(book, TERRA, {"input_tokens": 6_000_000, "requests": 20})
    assert (large.total, large.low, large.high) == (Decimal(24), Decimal(12), Decimal(24))


def test_iterations_across_a_step_are_billed_each_by_its_own(book: Session) -> None:
    """210,000 tokens lie above opus-4-6's step, 23,000 below; ids of the first answer give it again."""
    steps = [
        {"type": "compaction", "input_tokens": 210_000, "output_tokens": 100},
        {"type": "message", "input_tokens": 23_000, "output_tokens": 100},
    ]
    usage = read_usage({"input_tokens": 23_000, "output_tokens": 100, "iterations": steps}, "anthropic")
    answer = quote_one(book, Asked(OPUS, usage, AT)).quote
    alone = [
        ask(book, OPUS, {"input_tokens": step["input_tokens"], "output_tokens": 100}, "anthropic") for step in steps
    ]
    assert answer.total == sum((one.total or Decimal(0) for one in alone), Decimal(0))
    ids = tuple(line.price_id for line in answer.lines if line.price_id)
    assert quote_one(book, Asked(OPUS, usage, AT, price_ids=ids)).quote.total == answer.total
