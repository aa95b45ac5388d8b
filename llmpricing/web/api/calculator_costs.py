"""What a workload costs at the offerings that the calculator is asked about: which these are, and what is no cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.money import is_within
from llmpricing.domain.observations import State
from llmpricing.services.catalogue import listing
from llmpricing.services.catalogue.listed_models import listed_models
from llmpricing.services.catalogue.model_list import UNDATED, verdicts
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import names_of
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.quotes.workloads import Workload, costs_of_book, why_no_cost
from llmpricing.web import parameters as p
from llmpricing.web.errors import Refused
from llmpricing.web.known_then import costs_then, is_undated, leaves_out, models_then, rows_then
from llmpricing.web.list_query import sellers, standing
from llmpricing.web.need_query import ASKED, LISTED, LISTED_REPEATABLE, read_asked

_UNPAID = (State.SUBSCRIPTION, State.INCLUDED)
_ELSEWHERE = ("provider", "max_month")  # of what is asked of models: what chooses ids, and what bounds their totals
OFFERINGS_ASKED: Mapping[str, p.Reader] = {
    **{name: reader for name, reader in {**ASKED, **LISTED}.items() if name not in _ELSEWHERE},
    "max_month": p.amount.of("at offerings whose total is no more, in the currency of the totals"),
    "provider": p.text.of("of these sellers, by id"),
    "model": p.text.of("of these offerings, by id"),
}
OFFERINGS_REPEATABLE = ("provider", "model", "capability", *LISTED_REPEATABLE)


def asked_costs(request: Request, clocks: Clocks, workload: Workload, values: Mapping[str, Any]) -> list[WorkloadCost]:
    """The costs at the offerings of an address, in no order; 404 where one that it names is none."""
    slugs = _asked_for(request, clocks, values)
    costs = _costs(request, clocks, workload, slugs, values.get("currency", "USD"))
    return _within(_only_costs(request, clocks, costs), values)


def _asked_for(request: Request, clocks: Clocks, values: Mapping[str, Any]) -> list[str]:
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
        models = listed_models(request.reads, request.book, clocks, told)
        passing = verdicts(models_then(request, clocks, models, told), asked, clocks)
        wanted = [slug for slug in wanted if passing.get(slug)]
    return list(dict.fromkeys([*wanted, *filter(None, [values.get("against")])]))


def _costs(
    request: Request, clocks: Clocks, workload: Workload, slugs: Sequence[str], currency: str
) -> list[WorkloadCost]:
    """What the workload costs at these offerings, without the totals by prices that were not known then."""
    if not leaves_out(request):
        asked, with_rates = (request.reads, request.book, clocks, workload, slugs), request.caller.sees_rates
        return list(costs_of_book(*asked, with_rates=with_rates, currency=currency).values())
    told = standing(request, clocks)
    rows = listing.rows_of(request.reads, clocks, slugs, told)
    late = {row.id for row in rows_then(request, clocks, rows, told) if is_undated(row)}
    costs = costs_then(request, clocks, workload, rows, told, currency)
    return [_undated(cost) if slug in late else cost for slug, cost in costs.items()]


def _undated(cost: WorkloadCost) -> WorkloadCost:
    return cost._replace(total=None, list_total=None, state=UNDATED, codes=(), by_hours=(), bounds=None)


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
