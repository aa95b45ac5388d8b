"""LiteLLM's flat price keys as a product: meter x service tier x context step x time-to-live x resolution.

``cache_creation_input_token_cost_above_12hr_above_272k_tokens_batches`` is the 12 h cache write, beyond 272,000 tokens,
in batch. Suffixes come off from the right; what remains is one of some fifty base keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from llmpricing.domain.conditions import STANDARD, Conditions, Step, sorted_extra
from llmpricing.domain.meters import METERS

_TIER = re.compile(r"_(flex|priority|batches|batch_requests|ultrafast|decisions|balanced)$")
_STEP = re.compile(r"_above_(\d{1,5})k_tokens$")
_TTL = re.compile(r"^(cache_creation_\w+)_above_(\d+)hr$")
_CLIP = re.compile(r"_above_(\d+)s_interval$")
_RESOLUTION = re.compile(r"^(output_cost_per_second|output_cost_per_image)_(\d+p|[\d.]+[kK]|\d{3,4})$")
_SIZE = re.compile(r"_above_(\d+)_and_(\d+)_pixels$")
_PREMIUM = re.compile(r"(_and)?_premium_image$")

# Base key -> meter. Those whose meter depends on what the model does are in _BY_MODE.
_METERS: Mapping[str, str] = MappingProxyType(
    {
        "annotation_cost_per_page": "input_annotated_document_pages",
        "cache_creation_input_audio_token_cost": "cache_audio_write_tokens",
        "cache_creation_input_token_cost": "cache_write_tokens",
        "cache_read_input_audio_token_cost": "cache_audio_read_tokens",
        "cache_read_input_image_token_cost": "cache_image_read_tokens",
        "cache_read_input_token_cost": "cache_read_tokens",
        "cache_read_input_token_cost_per_audio_token": "cache_audio_read_tokens",
        "citation_cost_per_token": "output_citation_tokens",
        "code_interpreter_cost_per_session": "code_sessions",
        "computer_use_input_cost_per_1k_tokens": "input_tokens",
        "computer_use_output_cost_per_1k_tokens": "output_tokens",
        "cost_per_second": "input_compute_seconds",
        "explicit_cache_read_input_token_cost": "cache_read_tokens",
        "file_search_cost_per_1k_calls": "storage_searches",
        "file_search_cost_per_gb_per_day": "storage_gib_days",
        "google_maps_grounding_cost_per_query": "maps_groundings",
        "input_cost_per_audio_per_second": "input_audio_seconds",
        "input_cost_per_audio_token": "input_audio_tokens",
        "input_cost_per_character": "input_characters",
        "input_cost_per_image_token": "input_image_tokens",
        "input_cost_per_request": "requests",
        "input_cost_per_text_message": "input_text_messages",
        "input_cost_per_token": "input_tokens",
        "input_cost_per_token_cache_hit": "cache_read_tokens",
        "input_cost_per_video_per_second": "input_video_seconds",
        "input_cost_per_video_token": "input_video_tokens",
        "input_dbu_cost_per_token": "input_tokens",
        "ocr_cost_per_page": "input_document_pages",
        "output_cost_per_audio_per_second": "output_audio_seconds",
        "output_cost_per_audio_token": "output_audio_tokens",
        "output_cost_per_character": "output_characters",
        "output_cost_per_image": "output_images",
        "output_cost_per_image_token": "output_image_tokens",
        "output_cost_per_pixel": "output_pixels",
        "output_cost_per_reasoning_token": "output_reasoning_tokens",
        "output_cost_per_token": "output_tokens",
        "output_cost_per_video_per_second": "output_video_seconds",
        "output_cost_per_video_token": "output_video_tokens",
        "output_db_cost_per_token": "output_tokens",  # early maps' slip for dbu
        "output_dbu_cost_per_token": "output_tokens",
        "vector_store_cost_per_gb_per_day": "storage_gib_days",
    }
)
# Meter -> the key under which LiteLLM's calculator reads its price.
_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "cache_audio_read_tokens": "cache_read_input_audio_token_cost",
        "cache_read_tokens": "cache_read_input_token_cost",
        "cache_write_1h_tokens": "cache_creation_input_token_cost_above_1hr",
        "cache_write_tokens": "cache_creation_input_token_cost",
        "input_audio_tokens": "input_cost_per_audio_token",
        "input_image_tokens": "input_cost_per_image_token",
        "input_tokens": "input_cost_per_token",
        "output_audio_tokens": "output_cost_per_audio_token",
        "output_image_tokens": "output_cost_per_image_token",
        "output_reasoning_tokens": "output_cost_per_reasoning_token",
        "output_tokens": "output_cost_per_token",
    }
)
_TIER_ENDS: Mapping[str, str] = MappingProxyType(
    {STANDARD: "", "batch": "_batches", "flex": "_flex", "priority": "_priority"}
)
_AUDIO_IN = {"audio_transcription": "input_audio_seconds", "audio_speech": "input_audio_seconds"}
_BY_MODE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "input_cost_per_query": {"rerank": "rerank_searches", "search": "web_searches", "": "input_queries"},
        "input_cost_per_second": {
            **_AUDIO_IN,
            "realtime": "audio_seconds",
            "video_generation": "input_video_seconds",
            "": "input_compute_seconds",
        },
        "output_cost_per_second": {
            "audio_transcription": "output_audio_seconds",
            "audio_speech": "output_audio_seconds",
            "realtime": "output_audio_seconds",
            "video_generation": "output_video_seconds",
            "": "output_compute_seconds",
        },
        "input_cost_per_image": {"": "input_images"},
        "input_cost_per_pixel": {"": "input_pixels"},
        "cost_per_image": {"": "output_images"},
    }
)
# Image generators that state no output price state it under the input key: so many images or pixels made.
_MADE = MappingProxyType({"input_cost_per_image": "output_images", "input_cost_per_pixel": "output_pixels"})
_FURTHER: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "computer_use_input_cost_per_1k_tokens": ("tool", "computer_use"),
        "computer_use_output_cost_per_1k_tokens": ("tool", "computer_use"),
        "explicit_cache_read_input_token_cost": ("cache", "explicit"),
    }
)
# A second name of a key: counts only where the first is missing.
SECOND_NAMES = frozenset(
    {
        "cost_per_second",
        "input_cost_per_token_batch_requests",
        "input_cost_per_token_cache_hit",
        "cache_read_input_token_cost_per_audio_token",
        "cost_per_image",
    }
)


@dataclass(frozen=True, slots=True)
class PriceKey:
    """A flat key taken apart: the base key, and under which conditions its price holds."""

    base: str
    conditions: Conditions
    ttl: str = ""

    @property
    def quantity(self) -> int:
        """How many units the key's number is for."""
        return 1000 if "_per_1k_" in self.base else 1

    @property
    def is_dbu(self) -> bool:
        return "_dbu_" in self.base or "_db_" in self.base

    def meter(self, mode: str, makes_images: bool) -> str:
        """The meter that the key prices for a model of that mode."""
        if makes_images and self.base in _MADE:
            return _MADE[self.base]
        if self.base in _BY_MODE:
            meters = _BY_MODE[self.base]
            return meters.get(mode) or meters[""]
        slug = _METERS[self.base]
        return slug.replace("_tokens", f"_{self.ttl}_tokens") if self.ttl else slug


@lru_cache(maxsize=2048)
def read_key(key: str) -> PriceKey | None:
    """The parts of a flat price key, None if it is none that we know."""
    extra: dict[str, str] = {}
    rest, tier = _cut(_TIER, key)
    rest, step = _cut(_STEP, rest)
    ttl = _TTL.match(rest)
    rest = ttl[1] if ttl else rest
    rest, clip = _cut(_CLIP, rest)
    if clip:
        extra["clip"] = f"above_{clip[1]}s"
    rest, premium = _cut(_PREMIUM, rest)
    if premium:
        extra["quality"] = "premium"
    rest, size = _cut(_SIZE, rest)
    if size:
        extra["size"] = f"above_{size[1]}x{size[2]}"
    resolution = _RESOLUTION.match(rest)
    if resolution:
        rest = resolution[1]
        extra["resolution"] = resolution[2].lower()
    if rest in _FURTHER:
        name, value = _FURTHER[rest]
        extra[name] = value
    if rest not in _METERS and rest not in _BY_MODE:
        return None
    hours = f"{ttl[2]}h" if ttl else ""
    if hours and _METERS[rest].replace("_tokens", f"_{hours}_tokens") not in METERS:
        return None
    bound = Step(int(step[1]) * 1000) if step else None
    return PriceKey(rest, Conditions(_tier(tier), step=bound, extra=sorted_extra(extra)), hours)


def key_of(meter: str, service_tier: str = STANDARD, above: int = 0) -> str | None:
    """The flat key of a token price in that tier, beyond ``above`` input tokens; None where the map has no such key."""
    base, end = _KEYS.get(meter), _TIER_ENDS.get(service_tier)
    if base is None or end is None or above % 1000 or above >= 100_000_000:
        return None
    return base + (f"_above_{above // 1000}k_tokens" if above else "") + end


def _cut(pattern: re.Pattern[str], key: str) -> tuple[str, re.Match[str] | None]:
    found = pattern.search(key)
    return (key[: found.start()], found) if found else (key, None)


def _tier(found: re.Match[str] | None) -> str:
    if not found:
        return STANDARD
    return "batch" if found[1].startswith("batch") else found[1]
