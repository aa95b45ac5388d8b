"""Whole answers handed over as usage: the usage object inside, with what the answer says of the price beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

OBJECTS = ("usage", "usageMetadata", "usage_metadata", "last_token_usage")
_OF_ANSWERS = frozenset(
    {"id", "object", "choices", "output", "content", "candidates", "model", "metrics", "data", "results", "info"}
    | {"total_token_usage", "responseId", "response_id"}
)
# Items of a Responses answer that are billed by the call; opening a page that was found is not.
_CALLS = {"web_search_call": "web_search_calls", "file_search_call": "file_search_calls"}
_OTHER_CALLS = {"image_generation_call": "image_generation_calls", "code_interpreter_call": "code_interpreter_calls"}


def usage_object(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The usage object of an answer, with its service tier and the tools that it called; other objects as they are."""
    inside = next((raw[name] for name in OBJECTS if isinstance(raw.get(name), Mapping)), None)
    if inside is None or not (_OF_ANSWERS & raw.keys() or len(raw) == 1):
        return raw
    found = dict(inside)
    for name in ("service_tier", "serviceTier", "requests"):
        if raw.get(name) is not None:
            found.setdefault(name, raw[name])
    for name, calls in _tool_calls(raw.get("output")).items():
        found.setdefault(name, calls)
    return found


def _tool_calls(output: object) -> Mapping[str, int]:
    items = [item for item in output if isinstance(item, Mapping)] if isinstance(output, list) else []
    calls: Counter[str] = Counter()
    for item in items:
        kind, action = item.get("type"), item.get("action")
        does = action.get("type") if isinstance(action, Mapping) else "search"
        name = _CALLS.get(kind) or _OTHER_CALLS.get(kind) if isinstance(kind, str) else None
        if name and (kind != "web_search_call" or does == "search"):
            calls[name] += 1
    return calls
