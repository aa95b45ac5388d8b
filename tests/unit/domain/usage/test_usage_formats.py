"""What every format of usage objects promises: the same answer again, no negative share, nothing missed, no crash."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.meters import METERS
from llmpricing.domain.usage.formats import FORMATS as DECLARED
from llmpricing.domain.usage.formats import Usage, UsageError, UsageFormat, read_usage, reads
from llmpricing.domain.usage.quantities import LARGEST

FORMATS: tuple[UsageFormat, ...] = get_args(UsageFormat)
# As the interfaces' own documentation shows them.
REAL: dict[str, list[dict[str, Any]]] = {
    "llmpricing": [
        {"input_tokens": 1000, "cache_read_tokens": 200, "output_tokens": 500, "output_reasoning_tokens": 20},
        {"input_audio_seconds": Decimal("61.5"), "input_tokens": 10},
        {"input_images": 2, "requests": 1, "web_searches": 3},
    ],
    "openai": [
        {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 30, "accepted_prediction_tokens": 1},
        },
        {
            "input_tokens": 150,
            "output_tokens": 80,
            "total_tokens": 230,
            "input_token_details": {
                "text_tokens": 100,
                "audio_tokens": 50,
                "cached_tokens": 30,
                "cached_tokens_details": {"text_tokens": 20, "audio_tokens": 10},
            },
            "output_token_details": {"text_tokens": 20, "audio_tokens": 60},
        },
        {
            "prompt_tokens": 10,
            "completion_tokens": 20,
            "total_tokens": 40,
            "completion_tokens_details": {"reasoning_tokens": 10},
        },
    ],
    "anthropic": [
        {
            "input_tokens": 2095,
            "cache_creation_input_tokens": 1000,
            "cache_read_input_tokens": 2000,
            "cache_creation": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 600},
            "output_tokens": 503,
            "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 2},
            "service_tier": "batch",
            "inference_geo": "us",
        },
        {"input_tokens": 12, "output_tokens": 1, "speed": "fast", "service_tier": None},
    ],
    "google": [
        {
            "promptTokenCount": 1000,
            "cachedContentTokenCount": 400,
            "candidatesTokenCount": 80,
            "thoughtsTokenCount": 300,
            "toolUsePromptTokenCount": 25,
            "totalTokenCount": 1405,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 900}, {"modality": "AUDIO", "tokenCount": 100}],
            "trafficType": "ON_DEMAND_FLEX",
        },
        {"prompt_token_count": 5, "candidates_token_count": 7, "cache_tokens_details": None},
    ],
    "bedrock": [
        {
            "inputTokens": 20,
            "outputTokens": 500,
            "totalTokens": 99_320,
            "cacheReadInputTokens": 66_400,
            "cacheWriteInputTokens": 32_400,
            "cacheDetails": [{"ttl": "1h", "inputTokens": 400}, {"ttl": "5m", "inputTokens": 32_000}],
        },
        {"inputTokenCount": 3, "outputTokenCount": 4, "cacheReadInputTokenCount": 5},
    ],
    "mistral": [
        {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "num_cached_tokens": 64},
        {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 150,
            "connector_tokens": 30,
            "connectors": {"web_search": 1},
        },
        {"pages_processed": 3, "doc_size_bytes": 9000},
    ],
    "deepseek": [
        {
            "prompt_tokens": 50,
            "completion_tokens": 5,
            "total_tokens": 55,
            "prompt_cache_hit_tokens": 40,
            "prompt_cache_miss_tokens": 10,
            "completion_tokens_details": {"reasoning_tokens": 2},
        }
    ],
    "xai": [
        {
            "prompt_tokens": 50,
            "completion_tokens": 100,
            "total_tokens": 950,
            "completion_tokens_details": {"reasoning_tokens": 800},
            "num_sources_used": 4,
        },
        {
            "input_tokens": 7583,
            "input_tokens_details": {"cached_tokens": 3072},
            "output_tokens": 3192,
            "output_tokens_details": {"reasoning_tokens": 2000},
            "total_tokens": 10_775,
            "num_sources_used": 9,
            "num_server_side_tools_used": 3,
            "server_side_tool_usage_details": {"web_search_calls": 2, "x_search_calls": 1, "mcp_calls": 7},
            "cost_in_usd_ticks": 292_331_500,
            "context_details": {"input_tokens": 5993, "output_tokens": 2995},
        },
    ],
    "cohere": [
        {"billed_units": {"input_tokens": 9, "output_tokens": 4}, "tokens": {"input_tokens": 209, "output_tokens": 4}},
        {"meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 3}}},
        {"billed_units": {"images": 2}},
    ],
    "perplexity": [
        {
            "prompt_tokens": 33,
            "completion_tokens": 71,
            "total_tokens": 104,
            "search_context_size": "low",
            "num_search_queries": 2,
            "citation_tokens": 5,
            "reasoning_tokens": 90,
        }
    ],
    "litellm": [
        {
            "prompt_tokens": 103_920,
            "completion_tokens": 1,
            "total_tokens": 103_921,
            "cache_read_input_tokens": 66_360,
            "cache_creation_input_tokens": 32_430,
            "prompt_tokens_details": {
                "cached_tokens": 66_360,
                "cache_creation_tokens": 32_430,
                "cache_creation_token_details": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 32_400},
            },
            "inference_geo": "us",
        }
    ],
    "otel": [
        {
            "gen_ai.usage.input_tokens": 300,
            "gen_ai.usage.output_tokens": 10,
            "gen_ai.usage.cache_read.input_tokens": 40,
            "gen_ai.usage.cache_creation.input_tokens": 25,
            "gen_ai.usage.reasoning.output_tokens": 3,
        },
        {"gen_ai.usage.prompt_tokens": 9, "gen_ai.usage.completion_tokens": 8},
    ],
    "codex": [
        {
            "input_tokens": 23_318,
            "cached_input_tokens": 20_000,
            "cache_write_input_tokens": 2000,
            "output_tokens": 251,
            "reasoning_output_tokens": 64,
            "total_tokens": 23_569,
        }
    ],
}
REAL["auto"] = [sample for samples in list(REAL.values()) for sample in samples]
# Sums of what else is told, and what its provider says costs nothing.
HARMLESS = re.compile(
    r"total_?tokens|totalTokenCount|context_details|cost_in_usd|doc_size|^tokens\.|num_s|_prediction_|web_fetch|mcp_calls|"
    r"cache_miss|promptTokensDetails.0",
    re.IGNORECASE,
)
SAMPLES = [(usage_format, sample) for usage_format in FORMATS for sample in REAL[usage_format]]
FOREIGN = [one for one in SAMPLES if one[0] != "llmpricing" and one[1] not in REAL["llmpricing"]]
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers(LARGEST - 1, LARGEST + 1)
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(max_size=5)
    | st.just([{"modality": "AUDIO", "tokenCount": 3}])
    | st.just([{"modality": None}])
    | st.just([3])
    | st.just({})
    | st.just({"cached_tokens": {"cached_tokens": 1}})
)
NAMES = st.sampled_from(
    sorted(
        {name for samples in REAL.values() for sample in samples for name in sample} | {"cost", "x_tokens", "a.b", ""}
    )
) | st.text(max_size=5)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[UsageFormat, dict[str, Any]]:
    """A real usage object in which a few fields, at any depth, were dropped, renamed or given another value."""
    usage_format, sample = draw(st.sampled_from(SAMPLES))
    raw = copy.deepcopy(sample)
    for _ in range(draw(st.integers(1, 4))):
        place: Any = raw
        while inner := [value for value in place.values() if isinstance(value, dict)]:
            if draw(st.booleans()):
                break
            place = draw(st.sampled_from(inner))
        if place and draw(st.booleans()):
            value = place.pop(draw(st.sampled_from(sorted(place))))
            if draw(st.booleans()):
                place[draw(NAMES)] = value
        else:
            place[draw(NAMES)] = copy.deepcopy(draw(VALUES))
    return usage_format, raw


def read(usage_format: UsageFormat, raw: Mapping[str, Any]) -> Usage | str:
    try:
        return read_usage(raw, usage_format)
    except UsageError as error:
        refusal = error
    assert refusal.message
    assert str(refusal) == f"{refusal.field} {refusal.message}"
    return str(refusal)


@pytest.mark.parametrize(("usage_format", "sample"), SAMPLES)
def test_real_objects_are_read(usage_format: UsageFormat, sample: dict[str, Any]) -> None:
    usage = read_usage(sample, usage_format)
    assert usage.leaves
    assert usage.request_input == usage.stated.get("input_tokens", 0)
    asked = {**usage.stated, "requests": 7}
    assert read_usage(asked).request_input == -(-usage.stated.get("input_tokens", 0) // 7)


@given(mutated())
def test_any_object_is_read_or_refused_with_words_and_alike_again(case: tuple[UsageFormat, dict[str, Any]]) -> None:
    usage_format, raw = case
    before = repr(raw)
    first = read(usage_format, raw)
    assert repr(raw) == before, "the caller's object was changed"
    assert read(usage_format, raw) == first
    if isinstance(first, str):
        return
    assert all(quantity >= 0 for quantity in first.stated.values())
    assert all(leaf > 0 for leaf in first.leaves)
    assert set(first.keys) <= set(first.stated) <= set(METERS)
    assert len(first.keys) == len(first.leaves)


@given(mutated())
def test_what_was_read_means_the_same_in_our_own_words(case: tuple[UsageFormat, dict[str, Any]]) -> None:
    usage_format, raw = case
    first = read(usage_format, raw)
    if isinstance(first, Usage) and first.stated.get("requests") != 0:
        again = read_usage(first.stated)
        assert (again.keys, again.leaves, again.request_input) == (first.keys, first.leaves, first.request_input)


@pytest.mark.parametrize("field", ["quantum_tokens", "tarot_requests", "new_image_tokens"])
def test_a_name_that_is_no_meter_of_ours_is_refused(field: str) -> None:
    with pytest.raises(UsageError, match=field):
        read_usage({"input_tokens": 1, field: 3})


UNKNOWN = (
    ("quantum_tokens", 3, None),
    ("tarot_search_requests", 3, "web_searches"),
    ("new_output_image_tokens", 3, "output_image_tokens"),
    ("cache_write_1h_flux_tokens", Decimal("3"), "cache_write_1h_tokens"),
    ("steps", [{"audio_input_tokens": 3}], "input_audio_tokens"),
    ("extra", {"deep": [{"x": 1}, 2.5]}, None),
    ("served_tier", "lightning", None),
)


@pytest.mark.parametrize(("usage_format", "sample"), FOREIGN)
@pytest.mark.parametrize(("field", "value", "meter"), UNKNOWN)
def test_what_a_format_does_not_know_is_named_with_the_meter_it_probably_is(
    usage_format: UsageFormat, sample: dict[str, Any], field: str, value: Any, meter: str | None
) -> None:
    prefix = "gen_ai.usage." if any(name.startswith("gen_ai.") for name in sample) else ""
    usage = read_usage(sample | {prefix + field: value}, usage_format)
    known = read_usage(sample, usage_format)
    assert usage.told is not None
    assert usage.told.remarks[0].field.startswith(prefix + field)
    assert usage.told.remarks[0].meter == meter
    assert (usage.keys, usage.leaves) == (known.keys, known.leaves)
    assert not (known.told and known.told.remarks)


@pytest.mark.parametrize(("usage_format", "sample"), SAMPLES)
def test_a_field_of_an_object_is_read_or_known_to_be_harmless(usage_format: UsageFormat, sample) -> None:
    if usage_format in ("llmpricing", "auto"):
        return
    for path, value in numbers(sample):
        changed = copy.deepcopy(sample)
        put(changed, path, value + 1)
        name = ".".join(map(str, path))
        if HARMLESS.search(name):
            continue
        before, after = read(usage_format, sample), read(usage_format, changed)
        assert before != after, f"{name} changes nothing"


def numbers(raw: Any, above: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], int]]:
    """(path, value) of all numbers, through objects and lists."""
    items = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    found = [one for name, value in items for one in numbers(value, (*above, name))]
    return [(above, raw)] if type(raw) is int else found


def put(raw: Any, path: tuple[Any, ...], value: int) -> None:
    for name in path[:-1]:
        raw = raw[name]
    raw[path[-1]] = value


@pytest.mark.parametrize("usage_format", [one for one in FORMATS if one not in ("llmpricing", "auto")])
def test_a_real_object_is_recognised_or_its_candidates_are_named(usage_format: UsageFormat) -> None:
    for sample in REAL[usage_format]:
        usage, auto = read_usage(sample, usage_format), read_usage(sample, "auto")
        assert auto.told is not None
        assert auto.told.usage_format
        assert (auto.keys, auto.leaves, auto.service_tier) == (usage.keys, usage.leaves, usage.service_tier)


def test_every_format_is_declared_once_under_its_name() -> None:
    assert tuple(DECLARED) == FORMATS
    assert all(one.name == name and one.title for name, one in DECLARED.items())


@pytest.mark.parametrize(("usage_format", "sample"), FOREIGN)
def test_what_counts_nothing_is_left_alone(usage_format: UsageFormat, sample: dict[str, Any]) -> None:
    more = {"cost": 0.5, "id": "x", "quantum_tokens": 0, "tarot_requests": None, "is_byok": False, "notes": [{}, None]}
    assert read_usage(sample | more, usage_format) == read_usage(sample, usage_format)


@pytest.mark.parametrize(("usage_format", "sample"), SAMPLES)
def test_every_count_of_a_real_object_counts_in_a_log_too(usage_format: UsageFormat, sample: dict[str, Any]) -> None:
    assert all(reads(usage_format, field) for field in paths(sample) if "api_version" not in field)


def paths(raw: Mapping[str, Any], above: str = "") -> list[str]:
    found = []
    for name, value in raw.items():
        found += paths(value, f"{above}{name}.") if isinstance(value, dict) else [f"{above}{name}"]
    return found


@pytest.mark.parametrize("usage_format", FORMATS)
@pytest.mark.parametrize("raw", [{}, {"cost": 1}, {"total_tokens": 0}])
def test_an_object_without_counts_is_refused(usage_format: UsageFormat, raw: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        read_usage(raw, usage_format)
