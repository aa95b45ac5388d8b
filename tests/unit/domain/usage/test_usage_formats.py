"""What every format of usage objects promises: the same answer again, no negative share, nothing missed, no crash."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.meters import METERS
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
}
SAMPLES = [(usage_format, sample) for usage_format in FORMATS for sample in REAL[usage_format]]
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


@pytest.mark.parametrize(("usage_format", "sample"), SAMPLES)
@pytest.mark.parametrize("field", ["quantum_tokens", "tarot_requests", "new_image_tokens"])
def test_a_count_that_the_format_does_not_know_is_named(usage_format: UsageFormat, sample, field: str) -> None:
    with pytest.raises(UsageError, match=field):
        read_usage(sample | {field: 3}, usage_format)


@pytest.mark.parametrize(("usage_format", "sample"), [one for one in SAMPLES if one[0] != "llmpricing"])
def test_what_counts_nothing_is_left_alone(usage_format: UsageFormat, sample: dict[str, Any]) -> None:
    more = {"cost": 0.5, "id": "x", "quantum_tokens": 0, "tarot_requests": None, "is_byok": False}
    assert read_usage(sample | more, usage_format) == read_usage(sample, usage_format)


@pytest.mark.parametrize(("usage_format", "sample"), SAMPLES)
def test_every_count_of_a_real_object_counts_in_a_log_too(usage_format: UsageFormat, sample: dict[str, Any]) -> None:
    assert all(reads(usage_format, field) for field in paths(sample))


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
