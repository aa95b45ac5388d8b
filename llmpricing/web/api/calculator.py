"""GET /api/v1/calculator: what a workload costs at every offering, the cheapest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from pyramid.request import Request

from llmpricing.domain.money import quotient_text, to_text
from llmpricing.domain.names.model_groups import way_of
from llmpricing.domain.quotes.charges import WIDE
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web import parameters as p
from llmpricing.web.api.answers import ClocksMeta, DecimalText, book_meta
from llmpricing.web.api.calculator_costs import OFFERINGS_ASKED, OFFERINGS_REPEATABLE, asked_costs
from llmpricing.web.caching import cached
from llmpricing.web.conditional import valid_until
from llmpricing.web.known_then import SHOW
from llmpricing.web.list_query import CLOCKS, own_ids, read_clocks
from llmpricing.web.operations import Operation
from llmpricing.web.paging import asked_of, digest_of_question, page_readers, read_place, write_place
from llmpricing.web.selecting import is_csv
from llmpricing.web.workloads import CALCULATED_READERS, WORKLOAD_READERS, workload_of

DEFAULT_LIMIT = 50
CACHE_TTL_S = 3600
_CalculatorPlace = tuple[bool, Decimal, str]  # of an offering in the ranking


class CalculatedJson(msgspec.Struct, forbid_unknown_fields=True):
    """What the workload costs at one offering. ``saving`` is the share of the reference's total that is saved: below 0
    where it costs more. ``has_batch`` is false where the batch share is at standard prices for want of others, null
    where there is no batch share. Totals are null, and ranks too, where nobody knows, and where tokens are not what is
    paid for, as ``state`` says: ``subscription``, ``included``, ``charged_otherwise`` (by the song), ``not_offered``,
    and on a past day ``undated``: the price is not known to have been asked then, and counts with ``show=undated``.
    Where prices go by the hour ``total`` is that of usage spread evenly over a week, and ``low`` and ``high`` are what
    all of it would cost in its cheapest and in its dearest hours. Where a total is null because it depends on
    what nobody stated, such as a place or whether the model thinks, they are between what it lies. Null elsewhere.
    ``sold_as`` is another way to sell it than the plain one, on terms of its own, such as ``batch`` or ``plan``.
    """

    rank: int | None
    id: str
    provider: str
    sold_as: str | None
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
    kept = digest_of_question(question | {"clocks": str(clocks), "rates": str(request.caller.sees_rates)})

    def build() -> list[CalculatedJson]:
        return _ranked(asked_costs(request, clocks, workload, values), against)

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
            way_of(one.offering) or None,
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
    return None if total is None or not reference else quotient_text(WIDE.subtract(reference, total), reference)


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
        **OFFERINGS_ASKED,
        "against": p.text.of("the offering, by id, that savings are counted against; the dearest if left out"),
        "currency": p.currency.of("of the totals; USD where it is left out"),
        **CLOCKS,
        **SHOW,
        **page_readers(DEFAULT_LIMIT),
    },
    repeatable=OFFERINGS_REPEATABLE,
    answers=(CalculatorAnswer,),
    rows=CalculatedJson,
    asks_the_book=True,
    is_lasting=True,
    refusals=(404,),
)
