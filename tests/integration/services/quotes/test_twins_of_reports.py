"""Twins of what people reported in public, with other models, sellers and numbers, by the bundled lists.

Each has its arithmetic in USD per million tokens. Where no right total can be known, it says so: never a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session

from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.usage.formats import read_usage
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.quotes.quoting import Asked, Quoted, UnknownModel, quote_one

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
MILLION = 10**6
CACHES = {"cache_read_input_tokens": 1000, "cache_creation_input_tokens": 500}


class Twin(NamedTuple):
    """``amounts``: tokens, and what a million of them costs; ``fee``: what comes on top. None: no total is known."""

    why: str
    model: str
    usage: dict[str, Any]
    amounts: tuple[tuple[int, str], ...] | None
    fee: str = "0"
    code: Code | None = None
    seller: str | None = None


def grounded(version: str, *queries: str) -> dict[str, Any]:
    """A Gemini answer with the queries that it searched by."""
    told = {"modelVersion": version} if version else {}
    counts = {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110}
    return {"candidates": [{"groundingMetadata": {"webSearchQueries": queries and [*queries]}}], **told} | {
        "usageMetadata": counts
    }


TWINS = [
    Twin(
        "OpenRouter's writes lie in the prompt, whatever their life",
        "openrouter/anthropic/claude-opus-5",
        {
            "prompt_tokens": 52_000,
            "completion_tokens": 700,
            "total_tokens": 52_700,
            "prompt_tokens_details": {"cached_tokens": 41_000, "cache_write_tokens": 9000, "audio_tokens": 0},
            "cost": 0.1,
            "is_byok": False,
            "cost_details": {"upstream_inference_cost": None},
        },
        ((2000, "5"), (41_000, "0.5"), (9000, "6.25"), (700, "25")),
    ),
    Twin(
        "so do those of Responses",
        "openai/gpt-6-sol",
        {
            "input_tokens": 30_000,
            "output_tokens": 500,
            "total_tokens": 30_500,
            "input_tokens_details": {"cached_tokens": 12_000, "cache_write_tokens": 11_000},
            "output_tokens_details": {"reasoning_tokens": 100},
        },
        ((7000, "2"), (12_000, "0.2"), (11_000, "2.5"), (500, "10")),
    ),
    Twin(
        "writes above the step cost more too",
        "openai/gpt-6.1-terra",
        {
            "input_tokens": 272_001,
            "output_tokens": 10,
            "input_tokens_details": {"cached_tokens": 270_000, "cache_write_tokens": 1000},
        },
        ((1001, "2"), (270_000, "0.1"), (1000, "2.5"), (10, "7.5")),
    ),
    Twin(
        "Anthropic's caches stand beside the input, also where they are smaller",
        "anthropic/claude-opus-5",
        {"input_tokens": 2000, **CACHES, "output_tokens": 70, "server_tool_use": {"web_search_requests": 2}},
        ((2000, "5"), (1000, "0.5"), (500, "6.25"), (70, "25")),
        "0.02",
    ),
    Twin(
        "a total that counts them beside says the same",
        "anthropic/claude-opus-5",
        {"input_tokens": 2000, **CACHES, "output_tokens": 70, "total_tokens": 3570},
        ((2000, "5"), (1000, "0.5"), (500, "6.25"), (70, "25")),
    ),
    Twin(
        "a total of input and output says that they lie inside",
        "anthropic/claude-opus-5",
        {"input_tokens": 2000, **CACHES, "output_tokens": 70, "total_tokens": 2070},
        ((500, "5"), (1000, "0.5"), (500, "6.25"), (70, "25")),
    ),
    Twin(
        "so it is with a prompt",
        "anthropic/claude-opus-5",
        {"prompt_tokens": 2000, **CACHES, "completion_tokens": 70, "total_tokens": 3570},
        ((2000, "5"), (1000, "0.5"), (500, "6.25"), (70, "25")),
    ),
    Twin(
        "and with OpenAI's names",
        "openai/gpt-4.1-mini",
        {
            "prompt_tokens": 2000,
            "completion_tokens": 70,
            "total_tokens": 3070,
            "prompt_tokens_details": {"cached_tokens": 1000},
        },
        ((2000, "0.4"), (1000, "0.1"), (70, "1.6")),
    ),
    Twin(
        "gpt-image's output without details is pictures",
        "openai/gpt-image-1.5",
        {
            "input_tokens": 580,
            "output_tokens": 4160,
            "total_tokens": 4740,
            "input_tokens_details": {"text_tokens": 80, "image_tokens": 500},
        },
        ((80, "5"), (500, "8"), (4160, "32")),
        code=Code.PARTS_UNTOLD,
    ),
    Twin(
        "with details it is what they say",
        "openai/gpt-image-1.5",
        {
            "input_tokens": 80,
            "output_tokens": 4260,
            "total_tokens": 4340,
            "output_tokens_details": {"image_tokens": 4160, "text_tokens": 100},
        },
        ((80, "5"), (4160, "32"), (100, "10")),
    ),
    Twin(
        "realtime's output without details may be sound",
        "openai/gpt-realtime-2",
        {"input_tokens": 50, "output_tokens": 400, "total_tokens": 450},
        ((50, "4"), (400, "24")),
        code=Code.PARTS_UNTOLD,
    ),
    Twin(
        "that none of it was sound can be said",
        "openai/gpt-realtime-2",
        {"input_tokens": 50, "output_tokens": 400, "output_token_details": {"audio_tokens": 0}, "total_tokens": 450},
        ((50, "4"), (400, "24")),
    ),
    Twin(
        "from Gemini 3 on each search is billed",
        "google/gemini-3.5-flash",
        grounded("gemini-3.5-flash", "one", "two", ""),
        ((100, "1.5"), (10, "9")),
        "0.028",
    ),
    Twin(
        "before it the prompt that searched",
        "google/gemini-2.5-pro",
        grounded("models/gemini-2.5-pro", "one", "two"),
        ((100, "1.25"), (10, "10")),
        "0.035",
    ),
    Twin(
        "an answer without a version does not say which",
        "google/gemini-2.5-pro",
        grounded("", "one"),
        ((100, "1.25"), (10, "10")),
        code=Code.NOT_UNDERSTOOD,
    ),
    Twin(
        "Vertex charges Claude apart in a region, also where Google's price stands in",
        "projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-4-6",
        {"input_tokens": 1000, **CACHES, "output_tokens": 100},
        None,
        code=Code.FALLBACK_SELLER,
    ),
    Twin(
        "in the global place it does not",
        "projects/p/locations/global/publishers/anthropic/models/claude-opus-4-6",
        {"input_tokens": 1000, **CACHES, "output_tokens": 100},
        ((1000, "5"), (1000, "0.5"), (500, "6.25"), (100, "25")),
        code=Code.FALLBACK_SELLER,
    ),
    Twin(
        "Azure's data zones cost more, also of what OpenAI itself does not charge apart",
        "azure/eu/gpt-5.1",
        {"input_tokens": 1000, "output_tokens": 100},
        None,
        code=Code.FALLBACK_SELLER,
    ),
    Twin(
        "a government's cloud is no region of the usual one",
        "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
        {"inputTokens": 1000, "outputTokens": 100, "totalTokens": 1100},
        None,
    ),
    Twin(
        "nor is one of its profiles",
        "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0",
        {"inputTokens": 1000, "outputTokens": 100, "totalTokens": 1100},
        None,
    ),
    Twin(
        "a region of the usual one is",
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        {"inputTokens": 1000, "outputTokens": 100, "totalTokens": 1100},
        ((1000, "3.3"), (100, "16.5")),
    ),
]


@pytest.fixture(scope="module")
def book(full_book_of_module: str) -> Iterator[Session]:
    engine = create_engine(full_book_of_module, poolclass=NullPool)
    with Session(engine) as session:
        yield session
    engine.dispose()


def asked(book: Session, model: str, usage: dict[str, Any], seller: str | None = None) -> Quoted:
    return quote_one(book, Asked(model, read_usage(usage, "auto"), AT, provider=seller))


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.why)
def test_twins_of_reports_have_their_right_total_or_none(book: Session, twin: Twin) -> None:
    quote = asked(book, twin.model, twin.usage, twin.seller).quote
    if twin.amounts is None:
        assert quote.total is None
        assert quote.low
    else:
        right = sum((count * Decimal(rate) for count, rate in twin.amounts), Decimal(0)) / MILLION
        assert quote.total == right + Decimal(twin.fee)
    codes = {notice.code for notice in (*quote.warnings, *quote.notes)}
    told = {Code.PARTS_UNTOLD, Code.NOT_UNDERSTOOD, Code.FALLBACK_SELLER, Code.REGION_ASSUMED} & codes
    assert told == ({twin.code} if twin.code else set())


@pytest.mark.parametrize("written", [0, 5000])
def test_a_split_that_counts_more_than_its_sum_is_no_other_formats_usage(written: int) -> None:
    split = {"ephemeral_1h_input_tokens": 3000, "ephemeral_5m_input_tokens": 9000}
    raw = {"input_tokens": 10, "cache_creation_input_tokens": written, "cache_creation": split, "output_tokens": 1}
    with pytest.raises(UsageError, match=r"cache_creation counts 12000, more than cache_creation_input_tokens"):
        read_usage(raw, "auto")


@pytest.mark.parametrize(
    ("name", "likest"),
    [
        ("vercel_ai_gateway/openai/gpt-4.1-mini", "openai/gpt-4.1-mini"),
        ("google/gemini-3-pro", "google/gemini-3-pro-preview"),
        ("cohere/rerank-v3.5", None),  # the bundled lists have no rerank model: nothing is like it
        ("gpt-7", None),
    ],
)
def test_what_is_suggested_is_of_the_names_kind(book: Session, name: str, likest: str | None) -> None:
    with pytest.raises(UnknownModel) as refused:
        asked(book, name, {"input_tokens": 1, "output_tokens": 1})
    assert next(iter(refused.value.suggestions), None) == likest
    assert ("llmpricing import --all" in str(refused.value)) is (likest is None)
