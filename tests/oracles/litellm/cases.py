"""Requests for every priced entry of a LiteLLM map, in LiteLLM's words and in ours; the same seed, the same cases."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llmpricing.domain.quotes.context import Context, context
from tests.oracles.litellm.entries import Entry

CASES_PER_ENTRY = 10
SEED = 20261122
SIZES = (0, 1, 7, 999, 12_345, 127_999, 128_001, 200_001, 272_001)
BOUNDS = (32_000, 128_000, 200_000, 256_000, 272_000, 512_000)
TIERS = ("flex", "priority", "ultrafast", "batch", "fast")

# Our meter -> LiteLLM's call, for what is not counted in tokens.
UNITS = {
    "input_audio_seconds": "transcription",
    "output_audio_seconds": "transcription",
    "input_characters": "speech",
    "rerank_searches": "rerank",
    "web_searches": "search",
    "input_document_pages": "ocr",
    "output_video_seconds": "create_video",
}
COUNTED = ("anthropic", "gemini", "perplexity", "vertex_ai")  # sellers whose usage counts searches
_MODES = {"transcription": "audio_transcription", "speech": "audio_speech", "create_video": "video_generation"}
TOTALS = ("input_tokens", "output_tokens")
_SHARES = (
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "input_image_tokens",
    "output_reasoning_tokens",
    "output_audio_tokens",
    "output_image_tokens",
)


@dataclass(frozen=True)
class Case:
    """One request: ``asked`` of LiteLLM, ``used`` by our meters under ``facts``."""

    entry: Entry
    asked: Mapping[str, Any]
    used: Mapping[str, int]
    facts: Context


def cases(entry: Entry) -> Iterator[Case]:
    """Requests of the entry; none where LiteLLM has no function for what it sells."""
    numbers = random.Random(f"{SEED} {entry.key}")  # noqa: S311 - reproducible on purpose
    meters = {statement.meter for statement in entry.alone}
    for meter, call in UNITS.items():
        mode = entry.raw.get("mode")
        if meter in meters and mode == _MODES.get(call, call):
            yield from _unit_cases(entry, meter, call, numbers)
            if call != "ocr":
                return
    if "web_searches" in meters:
        yield _search_case(entry, numbers)
    if meters & set(TOTALS):
        for _ in range(CASES_PER_ENTRY):
            yield _token_case(entry, meters, numbers)


def _unit_cases(entry: Entry, meter: str, call: str, numbers: random.Random) -> Iterator[Case]:
    for choice in [{}, *_choices(entry, meter)]:
        amount = numbers.randrange(1, 5_000)
        extra = dict(entry.name.extra) | choice
        facts = context(None, _region(entry), {name: extra.get(name, "standard") for name in entry.prices.extra})
        asked = {"model": entry.key, "provider": entry.provider, "call": call, "amount": amount}
        if "max_results" in choice:
            asked["max_results"] = int(choice["max_results"].partition("-")[2])
        elif "max_results" in entry.prices.extra:
            continue
        if "resolution" in choice:
            asked["resolution"] = choice["resolution"]
        yield Case(entry, asked, {meter: amount}, facts)


def _search_case(entry: Entry, numbers: random.Random) -> Case:
    """Searches beside a chat; LiteLLM counts one where the seller's usage does not tell how many."""
    size = numbers.choice(("low", "medium", "high"))
    counted = entry.provider in COUNTED
    searches = numbers.randrange(1, 9) if counted else 1
    asked = {"model": entry.key, "provider": entry.provider, "call": "chat", "searches": searches, "size": size}
    extra = dict(entry.name.extra) | {"search_context_size": size}
    facts = context(None, _region(entry), {name: extra.get(name, "standard") for name in entry.prices.extra})
    return Case(entry, asked, {"web_searches": searches}, facts)


def _choices(entry: Entry, meter: str) -> Iterator[dict[str, str]]:
    for statement in entry.statements:
        extra = dict(statement.conditions.extra)
        if statement.meter == meter and set(extra) in ({"max_results"}, {"resolution"}):
            yield extra


def _region(entry: Entry, chosen: str | None = None) -> str | None:
    return (entry.name.region or chosen or "standard") if entry.prices.regions else None


def _token_case(entry: Entry, meters: set[str], numbers: random.Random) -> Case:
    shares = {
        meter: _size(numbers) if numbers.random() < (0.4 if meter in meters else 0.05) else 0 for meter in _SHARES
    }
    fresh, answer = _size(numbers), _size(numbers)
    inside = [meter for meter in _SHARES if not meter.startswith("output_")]
    short = numbers.choice(BOUNDS) + numbers.choice((0, 0, 1)) - sum(shares[meter] for meter in inside)
    if numbers.random() < 0.3 and short > 0:
        fresh = short
    used = {meter: share for meter, share in shares.items() if share}
    used["input_tokens"] = fresh + sum(shares[meter] for meter in inside)
    used["output_tokens"] = answer + sum(shares[meter] for meter in _SHARES if meter not in inside)
    if used.get("cache_write_1h_tokens"):
        used["cache_write_5m_tokens"] = used.pop("cache_write_tokens", 0)
        used["cache_write_tokens"] = used["cache_write_5m_tokens"] + used["cache_write_1h_tokens"]
    return _asked(entry, used, numbers)


def _size(numbers: random.Random) -> int:
    return numbers.choice((numbers.choice(SIZES), numbers.randrange(400_000)))


def _asked(entry: Entry, used: dict[str, int], numbers: random.Random) -> Case:
    asked: dict[str, Any] = {"model": entry.key, "provider": entry.provider, "call": _call(entry)}
    usage = _usage(used)
    tiers = [tier for tier in TIERS if tier in entry.prices.tiers]
    tier = numbers.choice([None, *tiers])
    if tier == "batch":
        asked["call"] = "retrieve_batch"
    elif tier == "fast":
        usage["speed"] = "fast"
    else:
        asked["tier"] = tier
    region = _uplift(entry, asked, usage, numbers)
    asked["usage"] = usage
    extra = dict(entry.name.extra)
    facts = context(tier, _region(entry, region), {name: extra.get(name, "standard") for name in entry.prices.extra})
    return Case(entry, asked, used, facts)


def _call(entry: Entry) -> str:
    return "embedding" if entry.raw.get("mode") == "embedding" else "completion"


def _uplift(entry: Entry, asked: dict[str, Any], usage: dict[str, Any], numbers: random.Random) -> str | None:
    """A region that LiteLLM multiplies by, told in the way its sellers are."""
    region = numbers.choice(["", *sorted(entry.prices.regions)])
    if not region or entry.name.region:
        return None
    if f"regional_processing_uplift_multiplier_{region}" in entry.raw:
        asked["residency"] = region
    elif region == "regional" and "regional_endpoint_uplift_multiplier" in entry.raw:
        asked["location"] = "us-east5"
    elif region in (entry.raw.get("provider_specific_entry") or {}):
        usage["inference_geo"] = region
    else:
        return None
    return region


def _usage(used: Mapping[str, int]) -> dict[str, Any]:
    """The counts as OpenAI reports them, in which all input and all output are whole."""
    read: dict[str, Any] = {
        "cached_tokens": used.get("cache_read_tokens", 0),
        "audio_tokens": used.get("input_audio_tokens", 0),
        "image_tokens": used.get("input_image_tokens", 0),
        "cache_write_tokens": used.get("cache_write_tokens", 0),
    }
    if "cache_write_1h_tokens" in used:
        read["cache_creation_token_details"] = {
            "ephemeral_5m_input_tokens": used["cache_write_5m_tokens"],
            "ephemeral_1h_input_tokens": used["cache_write_1h_tokens"],
        }
    made = {
        "reasoning_tokens": used.get("output_reasoning_tokens", 0),
        "audio_tokens": used.get("output_audio_tokens", 0),
        "image_tokens": used.get("output_image_tokens", 0),
    }
    return {
        "prompt_tokens": used["input_tokens"],
        "completion_tokens": used["output_tokens"],
        "total_tokens": used["input_tokens"] + used["output_tokens"],
        "prompt_tokens_details": {name: count for name, count in read.items() if count},
        "completion_tokens_details": {name: count for name, count in made.items() if count},
    }
