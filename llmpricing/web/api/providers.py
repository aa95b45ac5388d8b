"""GET /api/v1/providers: who sells, and how many offerings."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from llmpricing.services.catalogue import listing
from llmpricing.web.parameters import read_parameters


def list_providers(request: Request) -> dict[str, Any]:
    """All sellers in order of id."""
    read_parameters(request, {})
    found = listing.providers(request.dbsession)
    data = [{"id": slug, "name": name, "offerings": count} for slug, name, count in found]
    return {"data": data, "meta": {"count": len(data)}}
