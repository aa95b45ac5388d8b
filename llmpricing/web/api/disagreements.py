"""GET /api/v1/disagreements: where fresh lists differ from what is published."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

import msgspec
from pyramid.request import Request

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.money import ratio_text, to_text
from llmpricing.domain.observations import Amount
from llmpricing.services.catalogue.disagreements import Disagreement, DisagreementKind, disagreements
from llmpricing.web import parameters as p
from llmpricing.web.api.answers import StaleMeta, stale_meta
from llmpricing.web.caching import cached
from llmpricing.web.list_query import sellers
from llmpricing.web.operations import Operation
from llmpricing.web.paging import asked_of, page_readers, read_place, write_place
from llmpricing.web.selecting import is_csv

_DisagreementPlace = tuple[bool, Decimal, str, str, str, str, str, str]  # of a disagreement among all
DEFAULT_LIMIT = 100
CACHE_TTL_S = 300  # all of them take most of a second to find; an import or a decision begins a new version
_DISAGREEMENTS: dict[str, p.Reader] = {
    "provider": p.text.of("of these sellers, by id"),
    "min_factor": p.factor.of("this many times apart at least"),
    "kind": p.one_of(*DisagreementKind).of("this far apart"),
    **page_readers(DEFAULT_LIMIT),
}


class PublishedJson(msgspec.Struct, forbid_unknown_fields=True):
    """A price and the source that states it; ``conditions`` is null where none is known for such a request."""

    conditions: str | None
    state: str
    amount: str | None
    currency: str
    per: int
    source: str


class ObservedJson(msgspec.Struct, forbid_unknown_fields=True):
    """A price as another source states it: first in its list of ``at``, last in that of ``last_seen``; ``basis`` is
    stated or seen. ``conditions`` is null where it has no price for such a request.
    """

    conditions: str | None
    state: str
    amount: str | None
    currency: str
    per: int
    source: str
    at: datetime
    last_seen: datetime
    basis: str


class DisagreementJson(msgspec.Struct, forbid_unknown_fields=True):
    """A disagreement, as it is answered and kept."""

    offering: str
    provider: str
    meter: str
    conditions: str
    published: PublishedJson
    observed: ObservedJson
    factor: Annotated[str, msgspec.Meta(pattern=r"^(?=.*[1-9])\d+(\.\d+)?$")] | None
    kind: DisagreementKind
    review: str | None


class DisagreementsMeta(StaleMeta, forbid_unknown_fields=True, omit_defaults=True):
    """What stands beside a page of disagreements."""

    count: int
    next: str | None
    catalogue_version: int


class DisagreementsAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of disagreements."""

    data: list[DisagreementJson]
    meta: DisagreementsMeta


def list_disagreements(request: Request) -> DisagreementsAnswer:
    """Where sources differ now from what is published, the farthest apart first."""
    values = DISAGREEMENTS.read(request)
    if "provider" in values:
        values["provider"] = sellers(request, values["provider"])

    def build() -> list[DisagreementJson]:
        return sorted(map(_json, disagreements(request.reads, request.period.start)), key=_place)

    everything = cached(request, "disagreements", "all", CACHE_TTL_S, list[DisagreementJson], build)
    found = [item for item in everything if _passes(item, values)]
    question = asked_of(values)
    after: _DisagreementPlace | None = (
        read_place(values["cursor"], question, _DisagreementPlace) if "cursor" in values else None
    )
    rest = found if after is None else [item for item in found if _place(item) > after]
    page = rest[: values.get("limit", len(rest) if is_csv(request) else DEFAULT_LIMIT)]
    following = write_place(_place(page[-1]), question) if len(page) < len(rest) else None
    meta = DisagreementsMeta(len(found), following, request.book.version, **stale_meta(request))
    return DisagreementsAnswer(page, meta)


def _place(item: DisagreementJson) -> _DisagreementPlace:
    """The order: prices against free first, then by factor, then by name."""
    factor = Fraction(item.factor) if item.factor else None
    is_beyond = factor is None and item.kind is DisagreementKind.SEVERE
    distance = max(factor, 1 / factor) if factor else Fraction(0)
    return (
        not is_beyond,
        -Decimal(distance.numerator) / distance.denominator,
        item.offering,
        item.meter,
        item.conditions,
        item.published.conditions or "",
        item.observed.conditions or "",
        item.observed.source,
    )


def _passes(item: DisagreementJson, values: dict[str, Any]) -> bool:
    if "provider" in values and item.provider not in values["provider"]:
        return False
    if "kind" in values and item.kind != values["kind"]:
        return False
    least: Decimal | None = values.get("min_factor")
    if least is None:
        return True
    if item.factor is None:  # a price against free: farther apart than any factor
        return item.kind is DisagreementKind.SEVERE
    factor = Fraction(item.factor)
    return max(factor, 1 / factor) >= Fraction(least)


def _json(found: Disagreement) -> DisagreementJson:
    ours, theirs = found.ours, found.theirs
    return DisagreementJson(
        offering=found.offering,
        provider=found.provider,
        meter=found.meter,
        conditions=found.component.conditions,
        published=PublishedJson(**_value(ours.conditions, found.published), source=ours.source),
        observed=ObservedJson(
            **_value(theirs.conditions, found.observed),
            source=theirs.source,
            at=theirs.observed_at,
            last_seen=theirs.last_seen,
            basis=theirs.standing,
        ),
        factor=ratio_text(found.factor) if found.factor else None,
        kind=found.kind,
        review=found.review,
    )


def _value(conditions: Conditions | None, stated: Amount) -> dict[str, Any]:
    return {
        "conditions": None if conditions is None else conditions.key,
        "state": stated.state,
        "amount": None if stated.amount is None else to_text(stated.amount),
        "currency": stated.currency,
        "per": stated.per,
    }


DISAGREEMENTS = Operation(
    name="disagreements",
    path="/api/v1/disagreements",
    view=list_disagreements,
    title="Where sources differ from what is published, the farthest apart first",
    parameters=_DISAGREEMENTS,
    repeatable=("provider",),
    answers=(DisagreementsAnswer,),
    asks_the_book=True,
    rows=DisagreementJson,
    is_lasting=True,
)
