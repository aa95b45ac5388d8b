"""No list of an answer grows with the price book but those that come page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.contract import document

# Lists without a cursor, by the type that holds them, and what bounds each.
BOUNDED = {
    "HealthAnswer": {"services": "the two stores", "checks": "the two stores"},
    "ItemJson": {
        "capabilities": "kinds of capability",
        "modalities": "kinds of modality",
        "codes": "kinds of notice",
    },
    "ModelJson": {
        "capabilities": "kinds of capability",
        "modalities": "kinds of modality",
        "codes": "kinds of notice",
        "prices": "meters and conditions of one offering at one moment; /history has those of all time, in pages",
        "scores": "the benchmarks, one score each",
        "other_sellers": "the sellers, one offering of this model each",
        "needs": "kinds of need",
        "aliases": "other names of one offering that lists and people gave it",
    },
    "ProviderJson": {"price_pages": "the seller's own pages of prices that lists name"},
    "SellerJson": {
        "price_pages": "the seller's own pages of prices that lists name",
        "regions": "the regions of one seller: 28 at most of any today",
    },
    "NeedJson": {"lists": "the sources"},
    "PriceJson": {"codes": "kinds of notice", "waiting": "the sources, one price that waits each"},
    "EvidenceDocument": {"agrees": "the sources", "differs": "the sources"},
    "CompareAnswer": {"data": "five, as asked"},
    "ComparedJson": {
        "capabilities": "kinds of capability",
        "modalities": "kinds of modality",
        "codes": "kinds of notice",
        "scores": "the benchmarks, one score each",
        "doubts": "the limits of a model that lists state, one doubt each",
    },
    "CalculatedJson": {"codes": "kinds of notice"},
    "ResolvedJson": {"candidates": "empty where a name means one offering"},
    "UnpricedName": {"suggestions": "five"},
    "AmbiguousName": {"candidates": "offerings that bear this one name"},
    "CoverageMeta": {
        "counts": "the three lists",
        "by_rule": "kinds of rule",
        "by_provider": "the sellers, of the names asked",
    },
    "QuoteDocument": {
        "lines": "meters of the usage asked, and steps of their prices",
        "unpriced": "meters of the usage asked",
        "warnings": "kinds of notice, of the lines",
        "notes": "kinds of notice, of the lines",
        "missing": "meters of the usage asked",
        "exchange_rates": "currencies of the lines",
    },
    "BatchJson": {"items": "1,000, as asked"},
    "SourceItem": {"counts": "kinds of reading", "unknown_keys": "keys that one list holds and nobody reads"},
    "RatioFields": dict.fromkeys(
        ("model_ratio", "completion_ratio", "cache_ratio", "create_cache_ratio", "model_price"),
        "a file whose reader takes it whole",
    ),
    "/api/v1/export/genai-prices.json": {"": "a file whose reader takes it whole"},
    "ValueMeta": {"weights": "the benchmarks"},
    "SelectedAnswer": {"data": "that of the answer with all fields"},
}
OF_COVERAGE = {"priced", "unknown", "ambiguous"}  # three lists of which a page holds a part each


def _lists(owner: str, field: str, schema: Any, seen: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The lists and maps in a schema of this field: the type that holds each, and its field."""
    if "$ref" in schema:
        found = schema["$ref"].rpartition("/")[2]
        if found not in seen:
            yield from _lists(found, "", document()["components"]["schemas"][found], seen | {found})
        return
    for kinds in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(kinds, ()):
            yield from _lists(owner, field, one, seen)
    if schema.get("type") == "array" or isinstance(schema.get("additionalProperties"), dict):
        yield owner, field
        inside = schema.get("items") or schema.get("additionalProperties") or {}
        yield from _lists(owner, field, inside, seen)
    for key, one in schema.get("properties", {}).items():
        yield from _lists(owner, key, one, seen)


def _answered() -> Iterator[tuple[set[str], str, str]]:
    """For each list in an answer of an operation: the parameters of that, the type that holds the list, and its
    field.
    """
    for path, methods in document()["paths"].items():
        for operation in methods.values():
            parameters = {one["name"] for one in operation["parameters"]}
            for body in operation["responses"]["200"]["content"].values():
                for owner, field in _lists(path, "", body["schema"], frozenset()):
                    yield parameters, owner, field


def test_each_list_of_an_answer_comes_in_pages_or_is_named_here_with_what_bounds_it() -> None:
    unbounded, named = set(), set()
    for parameters, owner, field in _answered():
        is_row = field == "data" or (owner == "CoverageJson" and field in OF_COVERAGE)
        if is_row and owner != "SelectedAnswer" and {"cursor", "limit"} <= parameters:
            continue
        if field in BOUNDED.get(owner, {}):
            named.add((owner, field))
        else:
            unbounded.add((owner, field))
    assert unbounded == set()
    assert named == {(owner, field) for owner, fields in BOUNDED.items() for field in fields}
