"""GET /api/v1/resolve and POST /api/v1/coverage: which offering a name means, and which names we have prices for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from time import monotonic
from typing import Any

import msgspec
from pyramid.request import Request

from llmpricing.domain.names.matching import Ambiguous, Resolution
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.candidates import told_apart
from llmpricing.services.names.coverage import Covered, NamedAt, TooSlow, cover, shares
from llmpricing.services.names.resolving import resolve_name
from llmpricing.services.quotes.quoting import AmbiguousModel, UnknownModel
from llmpricing.web import parameters as p
from llmpricing.web.api.answers import ClocksMeta, book_meta
from llmpricing.web.errors import invalid
from llmpricing.web.json_body import read_json, shaped
from llmpricing.web.list_query import CLOCKS, read_clocks
from llmpricing.web.operations import Operation
from llmpricing.web.paging import page_of, page_readers
from llmpricing.web.quote_refusals import unresolved

MOST_NAMES = 10_000
KINDS = ("priced", "unknown", "ambiguous")
_PARAMETERS: dict[str, p.Reader] = {
    "model": p.text_of(400).of("a name as people send it"),
    "provider": p.text.of("who sells it: an id, another name of it, an API host or URL"),
    "api_url": p.text.of("the same as provider; give one of them"),
    **CLOCKS,
}


class NameBody(msgspec.Struct, forbid_unknown_fields=True):
    """A name, and who sells it."""

    model: str
    provider: str | None = None


class CoverageBody(msgspec.Struct, forbid_unknown_fields=True):
    """A list of names, with or without their sellers, and the times they are meant at."""

    models: list[str | NameBody]
    as_of: str | None = None
    known_at: str | None = None


class ResolvedJson(msgspec.Struct, forbid_unknown_fields=True):
    """The offering that a name means, and the rule that found it."""

    id: str
    rule: str
    detail: str | None
    region: str | None
    surface: str
    stands_in_for: str | None
    candidates: list[str]


class ResolveAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What a name means."""

    data: ResolvedJson
    meta: ClocksMeta


class PricedName(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A name that has a price; ``provider`` as it was asked."""

    model: str
    provider: str | None = None
    id: str
    matched_by: str
    stands_in_for: str | None


class UnpricedName(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A name that means nothing (``id`` is null), or an offering without a price."""

    model: str
    provider: str | None = None
    id: str | None
    matched_by: str | None = None
    stands_in_for: str | None = None
    suggestions: list[str]


class AmbiguousName(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A name that several offerings bear."""

    model: str
    provider: str | None = None
    candidates: list[str]


class CoverageJson(msgspec.Struct, forbid_unknown_fields=True):
    """A page of names in three lists, each once a seller: first those that are priced, ambiguous ones last."""

    priced: list[PricedName]
    unknown: list[UnpricedName]
    ambiguous: list[AmbiguousName]


class ShareJson(msgspec.Struct, forbid_unknown_fields=True):
    """How many names, and which share of all that mean something."""

    names: int
    share: float


class CoverageMeta(ClocksMeta, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """How many names are in each list and in all, where the next page begins, and by which rules and sellers they were
    found; all but ``next`` is of all pages.
    """

    counts: dict[str, int]
    count: int
    next: str | None
    by_rule: dict[str, ShareJson]
    by_provider: dict[str, ShareJson]


class CoverageAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Which names the price book has prices for."""

    data: CoverageJson
    meta: CoverageMeta


def resolve(request: Request) -> dict[str, Any]:
    """The offering that a name means and the rule that found it; 404 unknown, 409 ambiguous."""
    values = RESOLVE.read(request)
    if "model" not in values:
        raise invalid("model", "model is missing: name one, as in model=openai/gpt-4o.")
    if "provider" in values and "api_url" in values:
        raise invalid("api_url", "api_url and provider both say who sells: give one of them.")
    name = values["model"]
    clocks = read_clocks(values, request.period.start, request.book)
    provider = values.get("provider") or values.get("api_url")
    found = resolve_name(request.reads, clocks, name, provider)
    if isinstance(found, Ambiguous):
        (told,) = told_apart(request.reads, [(found.candidates, clocks)])
        raise unresolved(AmbiguousModel(name, found.candidates, told), "model")
    if not isinstance(found, Resolution):
        raise unresolved(UnknownModel(name, provider, found), "model")
    data: dict[str, Any] = {
        "id": found.slug,
        "rule": found.rule,
        "detail": found.detail or None,
        "region": found.region or None,
        "surface": found.provider,
        "stands_in_for": found.stands_in_for or None,
        "candidates": [],
    }
    return {"data": data, "meta": {**asdict(clocks), **book_meta(request)}}


def post_coverage(request: Request) -> dict[str, Any]:
    """Names in three lists: ``priced``, ``unknown`` (no such offering, or none with a price), ``ambiguous``."""
    values = COVERAGE.read(request)
    body = shaped(read_json(request), CoverageBody)
    if len(body.models) > MOST_NAMES:
        raise invalid("models", f"models takes at most {MOST_NAMES} names.")
    stated = {name: CLOCKS[name](name, raw) for name in CLOCKS if (raw := getattr(body, name)) is not None}
    clocks = read_clocks(stated, datetime.now(UTC), request.book)
    asked = [NamedAt(one) if isinstance(one, str) else NamedAt(one.model, one.provider) for one in body.models]
    found = _cover(request, clocks, asked)
    rows = sorted(((*_covered(one), one.name) for one in found), key=lambda row: KINDS.index(row[0]))
    values |= {"body": sha256(msgspec.json.encode(body)).hexdigest()}  # a cursor belongs to these names
    page, following = page_of(request, values, rows, [[kind, name.name, name.provider] for kind, _, name in rows])
    data: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for kind, item, name in page:
        said = {} if name.provider is None else {"provider": name.provider}
        data[kind].append({"model": name.name, **said, **item})
    counts = {"counts": _counts(kind for kind, _, _ in rows), "count": len(rows), "next": following}
    return {"data": data, "meta": {**counts, **_shares(found), **asdict(clocks), **book_meta(request)}}


def _cover(request: Request, clocks: Clocks, asked: list[NamedAt]) -> list[Covered]:
    budget_s = request.registry.settings["llmpricing"].coverage_timeout_s
    end = monotonic() + budget_s
    try:
        return cover(request.reads, clocks, asked, lambda: monotonic() > end)
    except TooSlow as slow:
        message = f"Only {slow.done} of these names could be looked up in {budget_s:g} s: send fewer at once."
        raise invalid("models", message, done=slow.done) from None


def _counts(kinds: Iterable[str]) -> dict[str, int]:
    found = Counter(kinds)
    return {kind: found[kind] for kind in KINDS}


def _shares(found: list[Covered]) -> dict[str, Any]:
    meanings = [one.meaning for one in found if isinstance(one.meaning, Resolution)]
    return {
        "by_rule": shares(meaning.rule for meaning in meanings),
        "by_provider": shares(meaning.provider for meaning in meanings),
    }


def _covered(found: Covered) -> tuple[str, dict[str, Any]]:
    meaning = found.meaning
    if isinstance(meaning, Ambiguous):
        return "ambiguous", {"candidates": meaning.candidates}
    if not isinstance(meaning, Resolution):
        return "unknown", {"id": None, "suggestions": meaning.suggestions}
    item = {"id": meaning.slug, "matched_by": meaning.rule, "stands_in_for": meaning.stands_in_for or None}
    return ("priced", item) if found.priced else ("unknown", {**item, "suggestions": []})


RESOLVE = Operation(
    name="resolve",
    path="/api/v1/resolve",
    view=resolve,
    title="The offering that a name means, and the rule that matched",
    parameters=_PARAMETERS,
    required=("model",),
    answers=(ResolveAnswer,),
    asks_the_book=True,
    is_lasting=True,
    refusals=(404, 409),
)
COVERAGE = Operation(
    name="coverage",
    path="/api/v1/coverage",
    view=post_coverage,
    method="POST",
    title=f"Which of at most {MOST_NAMES} names the price book has prices for",
    parameters=page_readers(),
    body=(CoverageBody,),
    answers=(CoverageAnswer,),
    asks_the_book=True,
)
