"""GET /api/v1/sources and /api/v1/disagreements: who feeds the price book, and where they differ."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
from pyramid.request import Request

from llmpricing.domain.money import ratio_text, to_text
from llmpricing.services.catalogue import freshness
from llmpricing.services.catalogue.disagreements import Disagreement, DisagreementKind, ObservedValue, disagreements
from llmpricing.services.catalogue.sources import feeds
from llmpricing.web import parameters as p

CACHE_TTL_S = 300  # all of them take 0.2 s to find; an import or a decision begins a new version
_DISAGREEMENTS: dict[str, p.Reader] = {
    "provider": p.text,
    "min_factor": p.factor,
    "kind": p.one_of(*DisagreementKind),
    "limit": p.whole(1, 1000),
}


def list_sources(request: Request) -> dict[str, Any]:
    """Every source, the most trusted first, with what its newest list held."""
    p.read_parameters(request, {})
    found = feeds(request.dbsession, datetime.now(UTC))
    version = freshness.catalogue_version(request.dbsession)
    return {"data": [asdict(feed) for feed in found], "meta": {"count": len(found), "catalogue_version": version}}


def list_disagreements(request: Request) -> dict[str, Any]:
    """Where sources differ now from what is published, the farthest apart first."""
    values = p.read_parameters(request, _DISAGREEMENTS, ("provider",))
    book, version = freshness.catalogue_mark(request.dbsession)
    built: list[bool] = []

    def build() -> bytes:
        built.append(True)
        found = disagreements(request.dbsession, datetime.now(UTC))
        return msgspec.json.encode([_json(disagreement) for disagreement in found])

    everything = msgspec.json.decode(request.cache.remember(f"disagreements:{book}:{version}", CACHE_TTL_S, build))
    found = [item for item in everything if _passes(item, values)]
    meta = {"count": len(found), "catalogue_version": version, "cached": not built}
    return {"data": found[: values.get("limit", 100)], "meta": meta}


def _passes(item: dict[str, Any], values: dict[str, Any]) -> bool:
    if "provider" in values and item["provider"] not in values["provider"]:
        return False
    if "kind" in values and item["kind"] != values["kind"]:
        return False
    least: Decimal | None = values.get("min_factor")
    if least is None:
        return True
    if item["factor"] is None:  # a price against free: farther apart than any factor
        return bool(item["kind"] == DisagreementKind.SEVERE)
    factor = Fraction(item["factor"])
    return max(factor, 1 / factor) >= Fraction(least)


def _json(found: Disagreement) -> dict[str, Any]:
    meter, _, conditions = found.component.partition("|")
    return {
        "offering": found.offering,
        "provider": found.provider,
        "meter": meter,
        "conditions": conditions,
        "published": _saying(found.published) | {"source": found.published_source},
        "said": _saying(found.said) | {"source": found.source, "at": found.said_at},
        "factor": ratio_text(found.factor) if found.factor else None,
        "kind": found.kind,
        "review": found.review,
    }


def _saying(said: ObservedValue) -> dict[str, Any]:
    amount = None if said.amount is None else to_text(said.amount)
    return {"state": said.state, "amount": amount, "currency": said.currency, "per": said.per}
