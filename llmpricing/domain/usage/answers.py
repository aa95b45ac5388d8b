"""Whole answers handed over as usage: the usage object inside, with what the answer says of the price beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

OBJECTS = ("usage", "usageMetadata", "usage_metadata", "last_token_usage")
_OF_ANSWERS = frozenset(
    {"id", "object", "choices", "output", "content", "candidates", "model", "metrics", "data", "results", "info"}
    | {"total_token_usage", "responseId", "response_id"}
)
# Items of a Responses answer that are billed by the call; opening a page that was found is not.
_CALLS = {"web_search_call": "web_search_calls", "file_search_call": "file_search_calls"}
_OTHER_CALLS = {"image_generation_call": "image_generation_calls", "code_interpreter_call": "code_interpreter_calls"}
# https://ai.google.dev/gemini-api/docs/google-search#pricing
_GEMINI = re.compile(r"(?:models/)?gemini-(\d{1,3})")
_BY_QUERY = 3


def usage_object(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The usage object of an answer, with its service tier and the tools that it called; other objects as they are."""
    inside = next((raw[name] for name in OBJECTS if isinstance(raw.get(name), Mapping)), None)
    if inside is None or not (_OF_ANSWERS & raw.keys() or len(raw) == 1):
        return raw
    found = dict(inside)
    for name in ("service_tier", "serviceTier", "requests"):
        if raw.get(name) is not None:
            found.setdefault(name, raw[name])
    for name, calls in (*_tool_calls(raw.get("output")).items(), *_grounded(raw)):
        found.setdefault(name, calls)
    return found


def _grounded(raw: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The searches of a Gemini answer, where any were made: each query from Gemini 3 on, before it the prompt once.
    Where the answer names no version, under a name that no format reads.
    """
    queries = {query for grounding in _groundings(raw.get("candidates")) for query in _queries(grounding)}
    if not queries:
        return
    version = _GEMINI.match(str(_either(raw, "modelVersion", "model_version") or ""))
    if version is None:
        yield "groundingMetadata.webSearchQueries", len(queries)
    else:
        yield "webSearchQueries", len(queries) if int(version[1]) >= _BY_QUERY else 1


def _groundings(candidates: object) -> Iterator[Mapping[str, Any]]:
    for one in candidates if isinstance(candidates, list) else ():
        found = _either(one, "groundingMetadata", "grounding_metadata") if isinstance(one, Mapping) else None
        if isinstance(found, Mapping):
            yield found


def _queries(grounding: Mapping[str, Any]) -> list[str]:
    found = _either(grounding, "webSearchQueries", "web_search_queries")
    return [query for query in found if isinstance(query, str) and query] if isinstance(found, list) else []


def _either(raw: Mapping[str, Any], camel: str, snake: str) -> Any:
    return raw.get(camel, raw.get(snake))


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
