"""Which of our meters a provider's field is probably about, by the words of its name: a hint, never a reading."""

from __future__ import annotations

import re

from llmpricing.domain.meters import METERS

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+[a-z]*")
_INPUT = frozenset({"input", "prompt", "in", "query"})
_OUTPUT = frozenset({"output", "completion", "completions", "candidates", "candidate", "generated", "response", "out"})
_MODALITIES = {
    "text": "text",
    "audio": "audio",
    "speech": "audio",
    "voice": "audio",
    "image": "image",
    "images": "image",
    "picture": "image",
    "pictures": "image",
    "vision": "image",
    "video": "video",
    "videos": "video",
}
_TTLS = {"5m": "5m", "5min": "5m", "1h": "1h", "1hr": "1h", "60m": "1h", "12h": "12h"}
_WRITES = frozenset({"write", "writes", "written", "creation", "created", "create"})
_REASONING = frozenset({"reasoning", "thinking", "thoughts", "thought"})
_SEARCHES = frozenset({"search", "searches", "queries", "grounding", "groundings"})
_THINGS = frozenset({"seconds", "duration", "minutes", "minute", "mins"}) | {
    *("characters", "chars", "character", "image", "images", "pictures")
}
# Whose seconds and minutes are those of a machine, of no sound.
_MACHINES = frozenset(
    ["gpu", "gpus", "tpu", "tpus", "cpu", "cpus", "vcpu", "vcpus", "compute", "instance", "instances", "node", "nodes"]
) | {"machine", "machines", "vm", "training", "tuning", "hosting", "container", "containers", "capacity"}
_BY_DIMENSIONS = {frozenset(meter.dimensions.items()): meter.slug for meter in METERS.values()}
# What names the meter alone, the first that fits: words that must all be there, and the meter.
_PLAIN: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(words.split()), meter)
    for words, meter in (
        ("provisioned", "provisioned_unit_hours"),
        ("cache storage", "cache_storage_token_hours"),
        ("rerank", "rerank_searches"),
        ("x posts", "social_searches"),
        ("x users", "social_searches"),
        ("social", "social_searches"),
        ("maps", "maps_groundings"),
        ("guardrail", "guardrail_units"),
        ("code sessions", "code_sessions"),
        ("container", "code_sessions"),
        ("code", "code_executions"),
        ("session", "session_hours"),
        ("sessions", "session_hours"),
        ("storage", "storage_gib_days"),
        ("annotated pages", "input_annotated_document_pages"),
        ("pages", "input_document_pages"),
        ("requests", "requests"),
    )
)


def likely_meter(field: str) -> str | None:
    """The meter that a field of this name (a dotted path) probably counts; None where it is like none."""
    words = [word.lower() for word in _WORD.findall(field)]
    found = frozenset(words)
    if found & _SEARCHES:
        return _search(found)
    if found & {"token", "tokens", "tok", "toks"} and not ({"cache", "storage"} <= found or "provisioned" in found):
        return _tokens(found)
    if meter := next((meter for asked, meter in _PLAIN if asked <= found), None):
        return meter if meter in METERS else None
    if found & _MACHINES and not found & {"token", "tokens"}:
        return None
    if found & _THINGS and not found & {"cache", "cached"}:
        return _things(found)
    if found & {"cache", "cached"} or found & _REASONING:
        return _tokens(found)
    return _tokens(found) if found & _MODALITIES.keys() and found & (_INPUT | _OUTPUT) else _things(found)


def told_meter(field: str) -> str | None:
    """The same for a sentence, which says what a count in minutes is to be multiplied by."""
    meter = likely_meter(field)
    is_minutes = (
        meter and meter.endswith("_seconds") and {"minute", "minutes", "mins"} & {*_WORD.findall(field.lower())}
    )
    return f"{meter} (times 60)" if is_minutes else meter


def _search(words: frozenset[str]) -> str:
    if words & {"x", "social", "twitter"}:
        return "social_searches"
    if words & {"file", "files", "storage", "vector", "document", "collections"}:
        return "storage_searches"
    if words & {"maps", "map"}:
        return "maps_groundings"
    return "rerank_searches" if words & {"rerank", "units"} else "web_searches"


def _tokens(words: frozenset[str]) -> str | None:
    modality = next((_MODALITIES[word] for word in sorted(words) if word in _MODALITIES), None)
    kind, direction, ttl = None, None, None
    if words & {"cache", "cached", "caching"}:
        kind, direction = "cache_write" if words & _WRITES else "cache_read", "input"
        ttl = next((_TTLS[word] for word in sorted(words) if word in _TTLS), None) if kind == "cache_write" else None
    elif words & _REASONING:
        kind, direction = "reasoning", "output"
    elif words & {"citation", "citations"}:
        kind, direction = "citation", "output"
    elif "tool" in words:
        kind, direction = "tool", "input"
    elif words & _OUTPUT:
        direction = "output"
    elif words & _INPUT or modality:
        direction = "input"
    named = {"direction": direction, "modality": modality, "token_type": kind, "cache_ttl": ttl}
    dimensions = {"family": "tokens"} | {name: value for name, value in named.items() if value}
    return _BY_DIMENSIONS.get(frozenset(dimensions.items()))


def _things(words: frozenset[str]) -> str | None:
    """Seconds, characters and pictures, by direction."""
    direction = "output" if words & _OUTPUT else "input"
    if words & {"seconds", "duration", "minutes", "minute", "mins"}:
        return f"{direction}_{'video' if words & {'video', 'videos'} else 'audio'}_seconds"
    if words & {"characters", "chars", "character"}:
        return f"{direction}_characters"
    if words & {"image", "images", "pictures"}:
        return "output_images" if words & {"generation", "generated"} else f"{direction}_images"
    return None
