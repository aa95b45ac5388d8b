"""Quotes of usage that says more than counts: several requests in one, conditions, what was not understood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.allocation import REQUESTS, UNKNOWN
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.context import Context, Use
from llmpricing.domain.quotes.notices import Code, Notice, merged
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.unit_rates import least_input
from llmpricing.domain.usage.quantities import Told, Usage, count

Billed = Callable[[Use], Quote]
_INPUT = "input_tokens"


def told_quote(billed: Billed, prices: OfferingPrices, use: Use) -> Quote:
    """The quote of usage with ``told``; ``billed`` is that of plain usage, whose errors are raised."""
    usage, told = use.usage, use.usage.told or Told()
    context, doubts = _with_facts(prices, told, use.context)
    plain = Use(_without_included(prices, told, usage._replace(told=None), use.at), use.at, context)
    if told.by_subscription:
        answer = _by_subscription(billed, plain)
    elif told.parts:
        parts = [part._replace(service_tier=usage.service_tier, region=usage.region) for part in told.parts]
        answer = added([billed(plain._replace(usage=part)) for part in parts])
    else:
        answer = billed(plain)
    if usage.requests > 1:
        answer = _with_bounds(answer, billed, prices, plain, told.window)
    doubts += [Notice(Code.NOT_UNDERSTOOD, remark.message, remark.meter) for remark in told.remarks]
    return answer._replace(warnings=merged((*answer.warnings, *doubts))) if doubts else answer


def _with_facts(prices: OfferingPrices, told: Told, context: Context) -> tuple[Context, list[Notice]]:
    """The context with the facts that the usage states, where a price depends on them and the caller stated none."""
    stated, doubts = dict(context.extra), []
    for name, value in told.facts:
        known = prices.extra.get(name, frozenset())
        if name not in stated and value in known:
            stated[name] = value
        elif name not in stated and (known or any(price.meter == REQUESTS for price in prices.prices)):
            message = f"{name} is {value[:40]}, for which no list has a price of its own"
            doubts.append(Notice(Code.NOT_UNDERSTOOD, message, REQUESTS))
    return context._replace(extra=tuple(sorted(stated.items()))), doubts


def _without_included(prices: OfferingPrices, told: Told, usage: Usage, at: datetime) -> Usage:
    """The usage without the meters that cost nothing where the offering has no price for them."""
    priced = {price.meter for price in prices.prices if price.valid_at(at)} if told.included else set()
    return _only(usage, lambda meter: meter not in told.included or meter in priced)


def _only(usage: Usage, wanted: Callable[[str], bool]) -> Usage:
    """The usage of some of its meters, the same request."""
    if all(map(wanted, usage.stated)):
        return usage
    kept = count({meter: quantity for meter, quantity in usage.stated.items() if wanted(meter)})
    return kept._replace(service_tier=usage.service_tier, region=usage.region, told=None)


def _by_subscription(billed: Billed, use: Use) -> Quote:
    """Tokens cost nothing more, the rest what it costs."""
    note = Notice(Code.BY_SUBSCRIPTION, "provisioned throughput is paid by subscription: tokens are not charged apart")
    rest = _only(use.usage, lambda meter: METERS[meter].family not in ("tokens", REQUESTS))
    if not rest.keys:
        return Quote(Decimal(0), Decimal(0), "USD", State.SUBSCRIPTION.value, notes=(note,))
    answer = billed(use._replace(usage=rest))
    return answer._replace(notes=merged((*answer.notes, note)))


def added(quotes: Sequence[Quote]) -> Quote:
    """Several requests as one bill: unknown where one of them is, between their bounds together."""
    first = quotes[0]
    is_known = all(quote.total is not None for quote in quotes) and len({quote.currency for quote in quotes}) == 1
    is_bound = not is_known and all(quote.total is not None or quote.low is not None for quote in quotes)
    unknown = next((quote for quote in quotes if quote.total is None), first)
    return Quote(
        _sum([quote.total for quote in quotes]) if is_known else None,
        _sum([quote.list_total for quote in quotes]) if is_known else None,
        first.currency,
        first.state if is_known else unknown.state if unknown.total is None else UNKNOWN,
        tuple(line for quote in quotes for line in quote.lines),
        tuple(share for quote in quotes for share in quote.unpriced),
        merged(notice for quote in quotes for notice in quote.warnings),
        merged(notice for quote in quotes for notice in quote.notes),
        _sum([quote.total if quote.low is None else quote.low for quote in quotes]) if is_bound else None,
        _sum([quote.total if quote.high is None else quote.high for quote in quotes]) if is_bound else None,
        tuple(dict.fromkeys(name for quote in quotes for name in quote.missing)),
        tuple(dict.fromkeys(rate for quote in quotes for rate in quote.exchanges)),
        tuple(dict(choice for quote in quotes for choice in quote.choices).items()),
    )


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    return None if None in amounts else sum((amount for amount in amounts if amount is not None), Decimal(0))


def _with_bounds(
    answer: Quote, billed: Billed, prices: OfferingPrices, use: Use, window: tuple[int, int | None] | None
) -> Quote:
    """The answer for a sum of requests, with low and high where single ones, of an input within the ``window``, may lie
    on another side of a step.
    """
    usage = use.usage
    inputs = usage._replace(told=Told(window=window)).sides(
        {least_input(price.conditions.step) for price in prices.prices if price.conditions.step}
    )
    if not inputs:
        return answer
    sides = [billed(use._replace(usage=usage._replace(request_input=each))) for each in inputs]
    totals = [side.total for side in (answer, *sides) if side.total is not None and side.currency == answer.currency]
    decides = f"a window of {window[0]} tokens or more" if window else f"a mean input of {usage.request_input} tokens"
    of = f"the usage sums up {usage.requests} requests"
    message = f"{of}; {decides} decides the step, and single requests may lie across it"
    notice = Notice(Code.AGGREGATE, message, _INPUT)
    if len(set(totals)) < 2:
        return answer._replace(notes=merged((*answer.notes, notice)))
    return answer._replace(low=min(totals), high=max(totals), warnings=merged((*answer.warnings, notice)))
