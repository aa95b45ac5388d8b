"""What a workload costs at every offering: quotes of one usage, a share of it as batch where that has a price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from llmpricing.domain.choice.kinds import SILENT, kind_of
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.context import UNSTATED, Context, context
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.usage.quantities import Usage, count
from llmpricing.services.catalogue.offered_facts import OfferedFacts, offered_facts
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.services.quotes.workload_hours import ANY_HOUR, CostBounds, WorkloadCost, hours_of, over_hours
from llmpricing.services.quotes.workload_plans import WorkloadPart, plans_of

BATCH = context("batch")
IMAGES = "input_images"


@dataclass(frozen=True, slots=True)
class Workload:
    """Tokens and requests, and the shares (0 to 1) that are input, input read from a cache, batch, and output that is
    reasoning; ``images`` are those that go in.
    """

    tokens: int
    requests: int
    input_share: Decimal | Fraction
    cached_share: Decimal | Fraction
    batch_share: Decimal
    reasoning_share: Decimal | Fraction = Decimal(0)
    images: int = 0

    @property
    def quantities(self) -> dict[str, int]:
        """The whole of it by meter."""
        inputs = _part(self.tokens, self.input_share)
        outputs = self.tokens - inputs
        return {
            "input_tokens": inputs,
            "cache_read_tokens": _part(inputs, self.cached_share),
            "output_tokens": outputs,
            "output_reasoning_tokens": _part(outputs, self.reasoning_share),
            IMAGES: self.images,
            "requests": self.requests,
        }

    @property
    def input_per_request(self) -> int:
        """How many tokens go into a request on the average."""
        return round(Fraction(self.quantities["input_tokens"], max(self.requests, 1)))

    @property
    def batch_quantities(self) -> dict[str, int]:
        """What of it is sent as batch."""
        return {meter: _part(quantity, self.batch_share) for meter, quantity in self.quantities.items()}

    @property
    def other_quantities(self) -> dict[str, int]:
        """What of it is not."""
        batch = self.batch_quantities
        return {meter: quantity - batch[meter] for meter, quantity in self.quantities.items()}


CHARGED_OTHERWISE = "charged_otherwise"  # the state of a cost where tokens are free and what the offering gives is not


def why_no_cost(price_state: str, total: Decimal) -> str | None:
    """Why a total at an offering whose prices are in such a state is no cost of its tokens, as a state; None where it
    is one. A subscription's own price is none; and where tokens cost nothing, what is given may be charged otherwise,
    by the image or the song.
    """
    if price_state in (State.SUBSCRIPTION, State.INCLUDED):
        return price_state
    return CHARGED_OTHERWISE if price_state == State.PRICED and not total else None


def workload_costs(
    reads: Reads, clocks: Clocks, workload: Workload, offerings: Sequence[str], currency: str, *, with_rates: bool
) -> list[WorkloadCost]:
    """The costs at these offerings, by id, in order; those that cannot be quoted at all are left out.

    An offering without a batch price has the whole workload at its standard prices; one whose prices go by the hour is
    quoted at each hour of a week, and costs what usage does that is spread evenly over them.
    """
    hours = hours_of(reads, clocks, offerings)
    asked: dict[datetime | None, list[str]] = {}
    for slug in offerings:
        for hour, _ in hours.get(slug, ANY_HOUR):
            asked.setdefault(hour, []).append(slug)
    found: dict[str, list[WorkloadCost]] = {}
    for hour, slugs in asked.items():
        for cost in _costs_at(reads, clocks, workload, slugs, currency, hour, with_rates=with_rates):
            found.setdefault(cost.offering, []).append(cost)
    return [
        over_hours(found[slug], [minutes for _, minutes in hours.get(slug, ANY_HOUR)])
        for slug in offerings
        if slug in found
    ]


def _costs_at(
    reads: Reads,
    clocks: Clocks,
    workload: Workload,
    offerings: Sequence[str],
    currency: str,
    hour: datetime | None,
    *,
    with_rates: bool,
) -> list[WorkloadCost]:
    """The costs of a workload of which all is used at an ``hour``, None: at that of the clocks."""

    def quotes(of: Sequence[str], quantities: dict[str, int], facts: Context) -> dict[str, Quote]:
        usage, facts = usage_of(quantities), facts._replace(hour=hour)
        asked = [
            Asked(slug, usage, clocks.as_of, clocks.known_at, facts, None, currency, (), None if with_rates else ())
            for slug in of
        ]
        answers = zip(of, quote_many(reads, asked), strict=True)
        return {slug: answer.quote for slug, answer in answers if isinstance(answer, Quoted)}

    whole = quotes(offerings, workload.quantities, UNSTATED)
    if not any(workload.batch_quantities.values()):
        return _without_cut(reads, workload, [_cost(slug, None, one) for slug, one in whole.items()])
    asked = quotes(list(whole), workload.batch_quantities, BATCH)
    batch = {slug: one for slug, one in asked.items() if one.total is not None}
    rest = workload.other_quantities
    others = quotes(list(batch), rest, UNSTATED) if any(rest.values()) else {}
    return _without_cut(
        reads,
        workload,
        [
            _cost(slug, True, batch[slug], *filter(None, [others.get(slug)]))
            if slug in batch
            else _cost(slug, False, one)
            for slug, one in whole.items()
        ],
    )


def _without_cut(reads: Reads, workload: Workload, costs: Sequence[WorkloadCost]) -> list[WorkloadCost]:
    """The costs, none of a workload that is sold in part alone: what is not offered costs a quote nothing, and a month
    would look cheap by it. Only models that answer no text at all need no price of output, and none where images go in.
    """
    if all(Code.NOT_OFFERED not in one.codes for one in costs):
        return list(costs)
    facts = offered_facts(reads)
    return [one if _is_whole(one, facts.get(one.offering), workload) else _not_offered(one) for one in costs]


def _is_whole(cost: WorkloadCost, facts: OfferedFacts | None, workload: Workload) -> bool:
    if Code.NOT_OFFERED not in cost.codes:
        return True
    if workload.images:
        return False
    mode, gives = (facts.mode, facts.output_modalities) if facts else (None, None)
    return kind_of(mode, gives, cost.offering.partition("/")[2]) in SILENT


def _not_offered(cost: WorkloadCost) -> WorkloadCost:
    return cost._replace(total=None, list_total=None, state=State.NOT_OFFERED.value, by_hours=(), bounds=None)


def _cost(slug: str, has_batch: bool | None, *parts: Quote) -> WorkloadCost:
    codes = dict.fromkeys(notice.code.value for part in parts for notice in part.warnings)
    first = parts[-1]
    return WorkloadCost(
        slug,
        _sum([part.total for part in parts]),
        _sum([part.list_total for part in parts]),
        first.currency,
        str(first.state),
        has_batch,
        tuple(codes),
        bounds=_bounds(parts),
    )


def _bounds(parts: Sequence[Quote]) -> CostBounds | None:
    """Between what the whole lies where a part of it depends on what was not stated; None where it does not."""
    known = [(one.low, one.high) if one.total is None else (one.total, one.total) for one in parts]
    low, high = _sum([low for low, _ in known]), _sum([high for _, high in known])
    missing = tuple(dict.fromkeys(name for one in parts if one.total is None for name in one.missing))
    return CostBounds(low, high, missing) if missing and low is not None and high is not None else None


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def usage_of(quantities: dict[str, int]) -> Usage:
    """Usage of the meters that count something; a part of a workload is one request at least."""
    return count({name: n for name, n in quantities.items() if n} | {"requests": max(quantities["requests"], 1)})


def _part(quantity: int, share: Decimal | Fraction) -> int:
    return int(quantity * share)


_costs: Memory[tuple[str, int, Clocks, Workload, str, bool], dict[str, WorkloadCost]] = Memory(
    8, lambda costs: 400 * len(costs)
)


def costs_of_book(
    reads: Reads,
    book: BookState,
    clocks: Clocks,
    workload: Workload,
    offerings: Sequence[str],
    *,
    with_rates: bool,
    currency: str = "USD",
) -> dict[str, WorkloadCost]:
    """The same costs by id, each made once for a workload and a version of the price book: what page and API show of
    many offerings.
    """
    known = _costs.remember((book.book, book.version, clocks, workload, currency, with_rates), dict)
    if missing := [slug for slug in dict.fromkeys(offerings) if slug not in known]:
        planned = _planned(reads, book, clocks, workload, missing, with_rates=with_rates) if currency == "USD" else {}
        others = [slug for slug in missing if slug not in planned]
        quoted = workload_costs(reads, clocks, workload, others, currency, with_rates=with_rates)
        known.update(planned | {one.offering: one for one in quoted})
    return {slug: known[slug] for slug in offerings if slug in known}


def _planned(
    reads: Reads, book: BookState, clocks: Clocks, workload: Workload, offerings: Sequence[str], *, with_rates: bool
) -> dict[str, WorkloadCost]:
    """The costs in USD, multiplied out, at those offerings whose plans tell how."""
    plans = plans_of(reads, book, clocks, offerings, with_rates=with_rates)
    whole, batch = [WorkloadPart(usage_of(workload.quantities), None)], _batch_parts(workload)
    found = []
    for slug in offerings:
        plan = plans[slug]
        if plan is None:
            continue
        is_batch = bool(batch) and BATCH.service_tier in plan.prices.tiers
        cost = plan.cost(batch if is_batch else whole, has_batch=is_batch if batch else None)
        if cost is not None and not (is_batch and cost.total is None):  # which may be sold by standard prices alone
            found.append(cost)
    return {one.offering: one for one in _without_cut(reads, workload, found)}


def _batch_parts(workload: Workload) -> list[WorkloadPart]:
    """What of it is sent as batch and what is not; none where nothing is sent as batch."""
    batch, rest = workload.batch_quantities, workload.other_quantities
    if not any(batch.values()):
        return []
    others = [WorkloadPart(usage_of(rest), None)] if any(rest.values()) else []
    return [WorkloadPart(usage_of(batch), BATCH.service_tier), *others]
