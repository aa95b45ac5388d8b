"""GET /api/v1/calculator: what a workload costs at every offering, the cheapest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
from pyramid.request import Request

from llmpricing.domain.money import is_within, ratio_text, to_text
from llmpricing.domain.observations import State
from llmpricing.services.catalogue import listing
from llmpricing.services.catalogue.listed_models import listed_models
from llmpricing.services.catalogue.model_list import verdicts
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import names_of
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.quotes.workloads import Workload, why_no_cost, workload_costs
from llmpricing.web import parameters as p
from llmpricing.web.api.answers import ClocksMeta, DecimalText, book_meta
from llmpricing.web.caching import cached
from llmpricing.web.conditional import valid_until
from llmpricing.web.errors import Refused
from llmpricing.web.list_query import CLOCKS, own_ids, read_clocks, sellers, standing
from llmpricing.web.need_query import ASKED, read_asked
from llmpricing.web.operations import Operation
from llmpricing.web.paging import asked_of, digest_of_question, page_readers, read_place, write_place
from llmpricing.web.selecting import is_csv
from llmpricing.web.workloads import CALCULATED_READERS, WORKLOAD_READERS, workload_of

DEFAULT_LIMIT = 50
_UNPAID = (State.SUBSCRIPTION, State.INCLUDED)
_ELSEWHERE = ("provider", "max_month")  # of what is asked of models: what chooses ids, and what bounds their totals
CACHE_TTL_S = 3600
_CalculatorPlace = tuple[bool, Decimal, str]  # of an offering in the ranking


class CalculatedJson(msgspec.Struct, forbid_unknown_fields=True):
    """What the workload costs at one offering. ``saving`` is the share of the reference's total that is saved: below 0
    where it costs more. ``has_batch`` is false where the batch share is at standard prices for want of others, null
    where there is no batch share. Totals are null, and ranks too, where nobody knows, and where tokens are not what is
    paid for, as ``state`` says: ``subscription``, ``included``, ``charged_otherwise`` (by the song), ``not_offered``.
    Where prices go by the hour ``total`` is that of usage spread evenly over a week, and ``low`` and ``high`` are what
    all of it would cost in its cheapest and in its dearest hours. Where a total is null because it depends on
    what nobody stated, such as a place or whether the model thinks, they are between what it lies. Null elsewhere.
    """

    rank: int | None
    id: str
    provider: str
    total: DecimalText | None
    list_total: DecimalText | None
    currency: str | None
    state: str
    saving: DecimalText | None
    has_batch: bool | None
    codes: list[str]
    low: DecimalText | None
    high: DecimalText | None


class WorkloadJson(msgspec.Struct, forbid_unknown_fields=True):
    """The workload in tokens: ``input_tokens`` holds those of ``cache_read_tokens``, and ``output_tokens`` those of
    ``output_reasoning_tokens``; shares are from 0 to 1.
    """

    requests: int
    input_tokens: int
    cache_read_tokens: int
    output_tokens: int
    output_reasoning_tokens: int
    input_images: int
    batch_share: DecimalText


class CalculatorMeta(ClocksMeta, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What stands beside the ranking; ``reference`` is the offering that savings are counted against."""

    count: int
    next: str | None
    workload: WorkloadJson
    reference: str | None
    valid_until: datetime | None


class CalculatorAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of the ranking."""

    data: list[CalculatedJson]
    meta: CalculatorMeta


def calculate(request: Request) -> CalculatorAnswer:
    """A page of offerings, the cheapest for the workload first; those without a total come last."""
    values = CALCULATOR.read(request)
    if "model" in values:
        values["model"] = own_ids(request, values["model"])
    if "against" in values:
        (values["against"],) = own_ids(request, [values["against"]])
    clocks = read_clocks(values, request.period.start, request.book)
    workload, against = workload_of(values), values.get("against")
    question = asked_of(values)
    sees_rates = request.caller.sees_rates
    kept = digest_of_question(question | {"clocks": str(clocks), "rates": str(sees_rates)})

    def build() -> list[CalculatedJson]:
        slugs = _asked_for(request, clocks, values)
        currency = values.get("currency", "USD")
        costs = workload_costs(request.reads, clocks, workload, slugs, currency, with_rates=sees_rates)
        return _ranked(_within(_only_costs(request, clocks, costs), values), against)

    ranked = cached(request, "calculator", kept, CACHE_TTL_S, list[CalculatedJson], build)
    after = read_place(values["cursor"], question, _CalculatorPlace) if "cursor" in values else None
    rest = ranked if after is None else [one for one in ranked if _place(one) > after]
    page = rest[: values.get("limit", len(rest) if is_csv(request) else DEFAULT_LIMIT)]
    following = write_place(_place(page[-1]), question) if len(page) < len(rest) else None
    return CalculatorAnswer(
        page,
        CalculatorMeta(
            count=len(ranked),
            next=following,
            workload=workload_json(workload),
            reference=against or _dearest(ranked),
            as_of=clocks.as_of,
            known_at=clocks.known_at,
            valid_until=valid_until(request),
            **book_meta(request),
        ),
    )


def _asked_for(request: Request, clocks: Clocks, values: dict[str, Any]) -> list[str]:
    """The ids of the offerings to rank; 404 where one that is named is none."""
    known = {
        one.slug: one.provider
        for one in names_of(request.reads, request.book).offerings.values()
        if one.created_at <= clocks.known_at
    }
    named = list(values.get("model", ()))
    if unknown := [one for one in (*named, *filter(None, [values.get("against")])) if one not in known]:
        message = "No offering has one of these ids. Ids look like openai/gpt-4o."
        raise Refused(404, "MODEL_NOT_FOUND", message, unknown=unknown)
    of = sellers(request, values["provider"]) if "provider" in values else None
    wanted = named or [slug for slug, seller in known.items() if of is None or seller in of]
    if asked := read_asked(request, {name: value for name, value in values.items() if name not in _ELSEWHERE}):
        told = standing(request, clocks)
        passing = verdicts(listed_models(request.reads, request.book, clocks, told), asked, clocks)
        wanted = [slug for slug in wanted if passing.get(slug)]
    return list(dict.fromkeys([*wanted, *filter(None, [values.get("against")])]))


def _only_costs(request: Request, clocks: Clocks, costs: Sequence[WorkloadCost]) -> list[WorkloadCost]:
    """The costs, without the totals that are none of tokens: those of subscriptions, and of what is charged by the song
    while its tokens are free. Nothing else may look free.
    """
    doubtful = [one.offering for one in costs if one.total is not None and (not one.total or one.state in _UNPAID)]
    rows = listing.rows_of(request.reads, clocks, doubtful, standing(request, clocks)) if doubtful else []
    states = {row.id: row.price_state for row in rows}
    found = []
    for one in costs:
        state = states.get(one.offering, one.state)
        why = None if one.total is None else why_no_cost(state, one.total)
        found.append(one._replace(total=None, list_total=None, state=why, by_hours=()) if why else one)
    return found


def _within(costs: Sequence[WorkloadCost], values: Mapping[str, Any]) -> list[WorkloadCost]:
    """The costs that are no more than is asked for, and unknown ones where these are asked for too; the offering that
    savings are counted against stays.
    """
    most: Decimal | None = values.get("max_month")
    if most is None:
        return list(costs)
    against, takes_unknown = values.get("against"), "unsaid" in values
    found = []
    for one in costs:
        bounds = one.bounds and (one.bounds.low, one.bounds.high)
        fits = is_within(bounds if one.total is None else (one.total, one.total), most)
        if one.offering == against or (takes_unknown if fits is None else fits):
            found.append(one)
    return found


def _ranked(costs: Sequence[WorkloadCost], against: str | None) -> list[CalculatedJson]:
    """The costs in order, each with its saving against the one named, or else against the dearest."""
    ordered = sorted(costs, key=lambda one: (one.total is None, one.total or Decimal(0), one.offering))
    totals = {one.offering: one.total for one in ordered}
    dearest = max((total for total in totals.values() if total is not None), default=None)
    reference = totals.get(against) if against else dearest
    return [
        CalculatedJson(
            None if one.total is None else place,
            one.offering,
            one.offering.partition("/")[0],
            _text(one.total),
            _text(one.list_total),
            one.currency,
            one.state,
            _saving(one.total, reference),
            one.has_batch,
            list(one.codes),
            *map(_text, _between(one)),
        )
        for place, one in enumerate(ordered, 1)
    ]


def _between(one: WorkloadCost) -> tuple[Decimal | None, Decimal | None]:
    if one.by_hours:
        return one.by_hours[0].total, one.by_hours[-1].total
    return (one.bounds.low, one.bounds.high) if one.bounds else (None, None)


def _saving(total: Decimal | None, reference: Decimal | None) -> str | None:
    return None if total is None or not reference else ratio_text(1 - Fraction(total) / Fraction(reference))


def _dearest(ranked: Sequence[CalculatedJson]) -> str | None:
    return next((one.id for one in reversed(ranked) if one.total is not None), None)


def _place(one: CalculatedJson) -> _CalculatorPlace:
    return one.total is None, Decimal(one.total or 0), one.id


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else to_text(amount)


def workload_json(workload: Workload) -> WorkloadJson:
    """The workload as the API tells it."""
    whole = workload.quantities
    return WorkloadJson(
        workload.requests,
        whole["input_tokens"],
        whole["cache_read_tokens"],
        whole["output_tokens"],
        whole["output_reasoning_tokens"],
        workload.images,
        to_text(workload.batch_share),
    )


CALCULATOR = Operation(
    name="calculator",
    path="/api/v1/calculator",
    view=calculate,
    title="What a workload costs at every offering, the cheapest first",
    about="Where prices go by the hour, the tokens are spread evenly over the hours of a week. "
    "Small is a million tokens a month, 60 % of them input; medium 5 million, 50 %; large 20 million, 70 %. "
    "No total is told where a part of it is not offered, such as output, nor where tokens are not what is paid for: in "
    "subscriptions, or where they are free and songs are not.",
    parameters={
        **WORKLOAD_READERS,
        **CALCULATED_READERS,
        **{name: reader for name, reader in ASKED.items() if name not in _ELSEWHERE},
        "max_month": p.amount.of("at offerings whose total is no more, in the currency of the totals"),
        "provider": p.text.of("of these sellers, by id"),
        "model": p.text.of("of these offerings, by id"),
        "against": p.text.of("the offering, by id, that savings are counted against; the dearest if left out"),
        "currency": p.currency.of("of the totals; USD where it is left out"),
        **CLOCKS,
        **page_readers(DEFAULT_LIMIT),
    },
    repeatable=("provider", "model", "capability"),
    answers=(CalculatorAnswer,),
    rows=CalculatedJson,
    asks_the_book=True,
    is_lasting=True,
    refusals=(404,),
)
