"""Usage as OpenAI's interfaces report it, and the many sellers who copy them with words of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any

from llmpricing.domain.usage.quantities import Told, Usage, UsageError
from llmpricing.domain.usage.reading import (
    MODALITIES,
    REQUESTS,
    Format,
    UsageReading,
    fields,
    place_of,
    plain_path,
    tier_of,
)

# Chat Completions, Responses, Realtime, Images, Embeddings and Audio: https://platform.openai.com/docs/api-reference;
# "input" and "output" stand for the names of the detail objects.
_COUNTS = {
    **REQUESTS,
    "prompt_tokens": "input_tokens",
    "input_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "output_tokens": "output_tokens",
    "input.cached_tokens": "cache_read_tokens",
    "input.cache_write_tokens": "cache_write_tokens",
    "output.reasoning_tokens": "output_reasoning_tokens",
    "prompt_cache_hit_tokens": "cache_read_tokens",  # DeepSeek
    "cached_tokens": "cache_read_tokens",  # Moonshot, beside prompt_tokens
    "reasoning_tokens": "output_reasoning_tokens",  # Perplexity, beside completion_tokens
    "citation_tokens": "output_citation_tokens",  # Perplexity, beside completion_tokens
    "num_search_queries": "web_searches",  # Perplexity
    "prompt_audio_seconds": "input_audio_seconds",  # Mistral
    "seconds": "input_audio_seconds",
    "web_search_calls": "web_searches",
    "file_search_calls": "storage_searches",
    "server_tool_use.web_search_requests": "web_searches",  # OpenRouter
    **{f"input.{name}_tokens": f"input_{name}_tokens" for name in MODALITIES},
    **{f"output.{name}_tokens": f"output_{name}_tokens" for name in MODALITIES},
    **{f"input.cached.{name}_tokens": f"cache_{name}_read_tokens" for name in MODALITIES},
}
_PARTS = {
    "prompt_tokens_details": "input",
    "prompt_token_details": "input",
    "input_tokens_details": "input",
    "input_token_details": "input",
    "completion_tokens_details": "output",
    "completion_token_details": "output",
    "output_tokens_details": "output",
    "output_token_details": "output",
    "cached_tokens_details": "cached",
}
_SUMS = frozenset(
    {
        "total_tokens",
        "prompt_cache_miss_tokens",
        "output.accepted_prediction_tokens",
        "output.rejected_prediction_tokens",
    }
)
_TEXTS = frozenset({"service_tier", "search_context_size"})
_NOTHING = Told()
_LONGEST_KEPT = 500  # characters of a path that is kept in memory: no tool has longer ones
_INPUT_PARTS = frozenset(f"input_{name}_tokens" for name in MODALITIES)
_BESIDE_OUTPUT = ("reasoning_tokens", "citation_tokens")  # where they stand at the top, as Perplexity's do
SEARCH_SIZE = "search_context_size"


class _Role(Enum):
    """What a field is to a format: a count, an object of counts, known and not billed, or unknown."""

    COUNT = "count"
    PART = "part"
    KNOWN = "known"
    UNKNOWN = "unknown"


class OpenAILike:
    """A format that is OpenAI's with ``more`` counts, and further fields that are ``harmless`` (paths, or beginnings of
    paths that end in a dot). ``reasoning_beside``: reasoning is counted beside the completion unless a total denies it;
    ``caches_beside`` tells of an object without a total whether what was cached is counted beside its prompt.
    """

    def __init__(
        self,
        more: Mapping[str, str] | None = None,
        harmless: Iterable[str] = (),
        texts: Iterable[str] = (),
        reasoning_beside: bool = False,
        without: Iterable[str] = (),
        caches_beside: Callable[[Mapping[str, Any]], bool] = lambda _: False,
    ) -> None:
        self._caches_beside = caches_beside
        left_out = set(without)
        self._counts = {path: meter for path, meter in _COUNTS.items() if path not in left_out} | dict(more or {})
        self._harmless = _SUMS.union(harmless)
        self._harmless_parts = tuple(path for path in self._harmless if path.endswith("."))
        self._texts = _TEXTS.union(texts)
        self._reasoning_beside = reasoning_beside
        self._meter_or_role = lru_cache(2_000)(self._looked_up)  # the objects of a log have few different fields

    def reads(self, field: str) -> bool:
        """Whether the field, by its dotted path, is known: it says something of the price, or that it costs nothing."""
        path = _path(field)
        is_known = path in self._counts or path in self._texts or self._is_harmless(path)
        return is_known or field.rpartition(".")[2] in _PARTS

    def _is_harmless(self, path: str) -> bool:
        return path in self._harmless or path.startswith(self._harmless_parts)

    def gathered(self, raw: Mapping[str, Any]) -> UsageReading:
        """The counts of the object as they are stated."""
        reading = UsageReading()
        for field, value in fields(raw):
            meter, role = (self._meter_or_role if len(field) <= _LONGEST_KEPT else self._looked_up)(field)
            if meter:
                reading.take(field, value, meter)
            elif role is _Role.PART:
                raise UsageError(plain_path(field), "must be an object")
            elif role is _Role.UNKNOWN:
                reading.unknown(field, value)
        return reading

    def _looked_up(self, field: str) -> tuple[str | None, _Role]:
        """The meter that the field counts, else what else it is."""
        path, name = _path(field), plain_path(field).rpartition(".")[2]
        if meter := self._counts.get(path):
            return meter, _Role.COUNT
        if name in _PARTS:
            return None, _Role.PART
        return None, _Role.KNOWN if path in self._texts or self._is_harmless(path) else _Role.UNKNOWN

    def read(self, raw: Mapping[str, Any]) -> Usage:
        """The usage that the object reports; raises UsageError."""
        return self.finished(raw, self.gathered(raw))

    def finished(self, raw: Mapping[str, Any], reading: UsageReading) -> Usage:
        """The gathered counts, so that parts lie in their totals."""
        self._add_caches_beside(raw, reading)
        self._add_what_lies_beside(raw, reading)
        split_cached(reading)
        if reading.get("output_reasoning_tokens"):
            reading.drop("output_text_tokens")
        tier, size = raw.get("service_tier"), raw.get(SEARCH_SIZE)
        told = Told(
            facts=((SEARCH_SIZE, size),) if isinstance(size, str) and size else (),
            by_subscription=tier == "scale",  # bought in units of throughput: https://openai.com/api-scale-tier
            included=("web_searches",) if raw.get("num_search_queries") else (),
        )
        tier = None if told.by_subscription else tier_of(tier)
        return reading.usage(tier, place_of(raw.get("inference_geo")), told if told != _NOTHING else None)

    def _add_caches_beside(self, raw: Mapping[str, Any], reading: UsageReading) -> None:
        """What was cached lies inside the prompt, unless the total counts it beside."""
        cached = reading.get("cache_read_tokens") + reading.get("cache_write_tokens")
        total, thought = raw.get("total_tokens"), reading.get("output_reasoning_tokens")
        told = reading.get("input_tokens") + reading.get("output_tokens")
        inside, beside = (told, told + thought), (told + cached, told + cached + thought)
        if cached and (total in beside and total not in inside if total else self._caches_beside(raw)):
            reading.add("input_tokens", cached)

    def _add_what_lies_beside(self, raw: Mapping[str, Any], reading: UsageReading) -> None:
        for field in _BESIDE_OUTPUT:
            if raw.get(field) and (meter := self._counts.get(field)):
                reading.add("output_tokens", reading.get(meter))
        if raw.get("reasoning_tokens"):
            return
        reasoning, total = reading.get("output_reasoning_tokens"), raw.get("total_tokens")
        told = reading.get("input_tokens") + reading.get("output_tokens")
        beside = "completion_tokens" in raw and not total and self._reasoning_beside
        if reasoning and (beside or total == told + reasoning):  # xAI counts reasoning beside completion_tokens
            reading.add("output_tokens", reasoning)


def split_cached(reading: UsageReading) -> None:
    """Where it is not told of which modality the cached tokens are: text is what the others leave, and as many of the
    pictures (then videos, then sounds) were cached as must have been.
    """
    cached = reading.get("cache_read_tokens") + reading.get("cache_write_tokens")
    told = ("cache_text_read_tokens", "cache_audio_read_tokens", "cache_image_read_tokens", "cache_video_read_tokens")
    if not cached or "cache_text_read_tokens" in reading.quantities:
        return
    reading.drop("input_text_tokens")
    if _INPUT_PARTS.isdisjoint(reading.quantities) or any(reading.get(meter) for meter in told):
        return
    forced = cached - reading.get("input_tokens") + sum(reading.get(f"input_{one}_tokens") for one in MODALITIES)
    room = reading.get("cache_read_tokens")
    for modality in ("image", "video", "audio"):
        part = min(forced, room, reading.get(f"input_{modality}_tokens"))
        if part > 0:
            reading.add(f"cache_{modality}_read_tokens", part)
            forced, room = forced - part, room - part


def _path(field: str) -> str:
    """The dotted path with one name for each detail object."""
    *parts, name = plain_path(field).split(".")
    return ".".join([*(_PARTS.get(part, part) for part in parts), name])


_OPENAI = OpenAILike()
OPENAI = Format("openai", "OpenAI's and the many who copy it", _OPENAI.read, _OPENAI.reads)
