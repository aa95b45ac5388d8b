"""The cost of a usage at a time, line by line: exact, with what it rests on and what could not be priced."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.bill import Quote, exact_bill, refused, simple_bill
from llmpricing.domain.quotes.context import UNSTATED, Context
from llmpricing.domain.quotes.context_pricing import Facts
from llmpricing.domain.quotes.contract_rates import ContractRate, Exchange
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.price_selection import PriceSelection
from llmpricing.domain.quotes.requote import PriceIdError, reused, stripped, withheld
from llmpricing.domain.quotes.unstated import TIME, moments, outcome
from llmpricing.domain.usage.quantities import Usage


def compile_offering(prices: Sequence[Price]) -> OfferingPrices:
    """One offering's prices, all of them valid or not, ready for many quotes; may be shared by threads."""
    return OfferingPrices(prices)


def quote(
    prices: OfferingPrices,
    usage: Usage,
    at: datetime,
    context: Context = UNSTATED,
    rates: Sequence[ContractRate] = (),
    currency: str | None = None,
    exchanges: Sequence[Exchange] = (),
) -> Quote:
    """What ``usage`` costs at the aware time ``at``.

    ``rates`` are one's own, in order of precedence; ``currency`` converts by the given ``exchanges``. Raises
    ContextError for an unknown fact and PriceDataError where stored prices contradict each other.
    """
    told: tuple[str, ...] = ()
    if usage.service_tier or usage.region or usage.overlaps:
        context, told = _told_by_usage(prices, usage, context)
    rates = tuple(rate for rate in rates if rate.valid_at(at)) if rates else ()
    if context.time_known:
        cases = _cases(prices, usage, at, context, rates, currency, exchanges)
    else:
        cases = [
            ((*facts, (TIME, moment.isoformat())), case)
            for moment in moments(prices, at)
            for facts, case in _cases(prices, usage, moment, context, rates, currency, exchanges)
        ]
    answer = cases[0][1] if len(cases) == 1 else outcome(cases)
    return answer._replace(warnings=answer.warnings + told) if told else answer


def _cases(
    prices: OfferingPrices,
    usage: Usage,
    at: datetime,
    context: Context,
    rates: tuple[ContractRate, ...],
    currency: str | None,
    exchanges: Sequence[Exchange],
) -> list[tuple[Facts, Quote]]:
    """The quote for each way in which the facts left open may turn out, one if none matters."""
    plan = prices.plan(at, context)
    if plan.refusal:
        return [((), refused(plan.refusal.state, plan.refusal.reason, usage))]
    variants = plan.variants(usage.keys)
    if len(variants) == 1 and not rates:
        return [((), _bill((variants[0][1],), usage, currency, exchanges))]
    books: list[tuple[Facts, tuple[PriceSelection, ...]]] = [(facts, (book,)) for facts, book in variants]
    if rates:
        own = prices.plan(at, context, rates).variants(usage.keys)
        books = [(facts, (*book, mine)) for (facts, book), (_, mine) in zip(books, own, strict=True)]
    return [(facts, _bill(book, usage, currency, exchanges)) for facts, book in books]


def _bill(
    books: tuple[PriceSelection, ...], usage: Usage, currency: str | None, exchanges: Sequence[Exchange]
) -> Quote:
    """The bill by the list's book and, if there is a second, by one's own beside it."""
    shape = books[0].shape(usage.request_input, usage.keys)
    if len(books) == 1:
        if shape.simple and usage.whole and currency is None:
            return simple_bill(shape, usage)
        return exact_bill(shape, usage, currency, exchanges)
    own = exact_bill(books[1].shape(usage.request_input, usage.keys), usage, currency, exchanges)
    listed = exact_bill(shape, usage, own.currency, exchanges)
    amounts = {line.price_id: line.amount for line in listed.lines if line.currency == own.currency}
    lines = tuple(line._replace(list_amount=amounts.get(line.price_id)) for line in own.lines)
    return own._replace(list_total=listed.total, lines=lines)


def _told_by_usage(prices: OfferingPrices, usage: Usage, context: Context) -> tuple[Context, tuple[str, ...]]:
    """The context with what the usage object itself says, where the caller said nothing, and what to warn of."""
    warnings = [
        f"{meter} was not stated and is taken as 0"
        for meter in usage.overlaps
        if any(price.meter == meter for price in prices.prices)
    ]
    if usage.service_tier and not context.service_tier:
        context = context._replace(service_tier=usage.service_tier)
    if usage.region and not context.region:
        if usage.region in prices.regions:
            context = context._replace(region=usage.region)
        else:
            warnings.append(f"the usage says it ran in {usage.region}, for which no price is known")
    return context, tuple(warnings)


def requote(
    prices: OfferingPrices,
    price_ids: Collection[int],
    usage: Usage,
    at: datetime,
    context: Context = UNSTATED,
    rates: Sequence[ContractRate] = (),
    currency: str | None = None,
    exchanges: Sequence[Exchange] = (),
) -> Quote:
    """The quote that rests on exactly these prices, as an earlier one listed them: the same total, whatever was
    published since. Steps still count, tier and time are those of the prices. Raises PriceIdError, ContextError.
    """
    ids = frozenset(price_ids)
    wanted = [price for price in prices.prices if price.id in ids]
    if missing := ids - {price.id for price in wanted}:
        raise PriceIdError(missing)
    told, _ = _told_by_usage(prices, usage, context)
    prices.check(told)
    kept = [*reused(wanted), *withheld(prices, wanted, usage, at, told)]
    # An own amount replaces the price of the standard tier only, and the tiers of these are stripped.
    tiered = {price.meter for price in kept if price.conditions.service_tier != STANDARD}
    own = [rate for rate in rates if rate.amount is None or rate.meter not in tiered]
    usage = usage._replace(service_tier=None, region=None)
    return quote(OfferingPrices(list(map(stripped, kept))), usage, at, UNSTATED, own, currency, exchanges)
