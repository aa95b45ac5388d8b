"""What is counted: every meter is one point of a small graph, direction x modality x kind x cache time-to-live.

A meter's parent has fewer dimensions: cached audio input lies below cached input and below audio input, and those
lie below input. Names are those that providers and libraries use (genai-prices' usage keys where it has one).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

MTOK = 1_000_000
_MODALITIES = ("text", "audio", "image", "video")
_CACHE_TTLS = ("5m", "1h", "12h")


@dataclass(frozen=True)
class Meter:
    """A thing that is counted. ``per`` is the quantity that its price is usually stated for."""

    slug: str
    family: str
    per: int
    dimensions: Mapping[str, str]

    @property
    def direction(self) -> str | None:
        return self.dimensions.get("direction")

    def is_ancestor_of(self, other: Meter) -> bool:
        """Whether all that ``other`` counts is counted by this meter too."""
        return self is not other and self.dimensions.items() <= other.dimensions.items()


def _token_slug(direction: str, modality: str | None, kind: str | None, ttl: str | None) -> str:
    middle = f"{modality}_" if modality else ""
    if kind in ("cache_read", "cache_write"):
        suffix = f"_{ttl}" if ttl else ""
        return f"cache_{middle}{kind.removeprefix('cache_')}{suffix}_tokens"
    return f"{direction}_{middle}{kind + '_' if kind else ''}tokens"


def _token_meters() -> Iterator[Meter]:
    kinds: dict[str, list[tuple[str | None, str | None]]] = {
        "input": [
            (None, None),
            ("cache_read", None),
            ("cache_write", None),
            *(("cache_write", ttl) for ttl in _CACHE_TTLS),
            ("tool", None),
        ],
        "output": [(None, None), ("reasoning", None), ("citation", None)],
    }
    for direction, variants in kinds.items():
        for modality in (None, *_MODALITIES):
            for kind, ttl in variants:
                named = {"direction": direction, "modality": modality, "token_type": kind, "cache_ttl": ttl}
                dimensions = {"family": "tokens"} | {k: v for k, v in named.items() if v}
                yield _meter(_token_slug(direction, modality, kind, ttl), MTOK, dimensions)


def _meter(slug: str, per: int, dimensions: Mapping[str, str]) -> Meter:
    return Meter(slug, dimensions["family"], per, MappingProxyType(dict(dimensions)))


# (slug, usual quantity of a price, family, further dimensions)
_OTHERS: tuple[tuple[str, int, str, dict[str, str]], ...] = (
    ("input_characters", MTOK, "characters", {"direction": "input"}),
    ("output_characters", MTOK, "characters", {"direction": "output"}),
    ("input_text_messages", 1000, "messages", {"direction": "input", "modality": "text"}),
    ("audio_seconds", 3600, "durations", {"modality": "audio"}),
    ("input_audio_seconds", 3600, "durations", {"modality": "audio", "direction": "input"}),
    ("output_audio_seconds", 3600, "durations", {"modality": "audio", "direction": "output"}),
    ("input_video_seconds", 1, "durations", {"modality": "video", "direction": "input"}),
    ("output_video_seconds", 1, "durations", {"modality": "video", "direction": "output"}),
    ("input_compute_seconds", 1, "compute", {"direction": "input"}),
    ("output_compute_seconds", 1, "compute", {"direction": "output"}),
    ("input_images", 1, "images", {"direction": "input"}),
    ("output_images", 1, "images", {"direction": "output"}),
    ("input_pixels", 1_000_000_000, "pixels", {"direction": "input"}),
    ("output_pixels", 1_000_000_000, "pixels", {"direction": "output"}),
    ("input_document_pages", 1000, "document_pages", {"direction": "input"}),
    (
        "input_annotated_document_pages",
        1000,
        "document_pages",
        {"direction": "input", "page_type": "annotated"},
    ),
    ("rerank_searches", 1000, "rerank", {}),
    ("input_queries", 1000, "queries", {"direction": "input"}),
    ("web_searches", 1000, "tool_calls", {"tool_type": "web_search"}),
    ("social_searches", 1000, "tool_calls", {"tool_type": "social_search"}),
    ("storage_searches", 1000, "tool_calls", {"tool_type": "storage_search"}),
    ("maps_groundings", 1000, "tool_calls", {"tool_type": "maps_grounding"}),
    ("code_executions", 1000, "tool_calls", {"tool_type": "code_execution"}),
    ("code_sessions", 1, "tool_calls", {"tool_type": "code_session"}),
    ("storage_gib_days", 1, "storage", {}),
    ("cache_storage_token_hours", MTOK, "cache_storage", {}),
    ("session_hours", 1, "sessions", {}),
    ("provisioned_unit_hours", 1, "provisioned", {}),
    ("guardrail_units", 1000, "guardrails", {}),
    ("requests", 1000, "requests", {}),
)


def _all() -> Iterator[Meter]:
    yield from _token_meters()
    for slug, per, family, dimensions in _OTHERS:
        yield _meter(slug, per, {"family": family, **dimensions})


METERS: Mapping[str, Meter] = MappingProxyType({meter.slug: meter for meter in _all()})


@cache
def ancestors(slug: str) -> tuple[str, ...]:
    """Slugs of all meters that count what this one counts, the nearest (most dimensions) first."""
    found = [m for m in METERS.values() if m.is_ancestor_of(METERS[slug])]
    return tuple(m.slug for m in sorted(found, key=lambda m: (-len(m.dimensions), m.slug)))


@cache
def descendants(slug: str) -> tuple[str, ...]:
    """Slugs of all meters that count a part of what this one counts."""
    return tuple(m.slug for m in METERS.values() if METERS[slug].is_ancestor_of(m))


@cache
def uncached(slug: str) -> str:
    """The meter of the same tokens when no cache is used; text counts as plain input."""
    left_out = {"token_type", "cache_ttl"}
    dimensions = {key: value for key, value in METERS[slug].dimensions.items() if key not in left_out}
    if dimensions.get("modality") == "text":
        del dimensions["modality"]
    return next(meter.slug for meter in METERS.values() if meter.dimensions == dimensions)
