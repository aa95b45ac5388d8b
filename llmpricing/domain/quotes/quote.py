"""The cost of a usage at a time, line by line: exact, with what it rests on and what could not be priced."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial

from llmpricing.domain.conditions import STANDARD, Conditions
from llmpricing.domain.quotes.allocation import UNKNOWN
from llmpricing.domain.quotes.assumed import answer_of
from llmpricing.domain.quotes.bill import Quote, exact_bill, refused, simple_bill
from llmpricing.domain.quotes.context import TIERS, UNSTATED, Context, ContextError, Use
from llmpricing.domain.quotes.context_pricing import StatedFacts
from llmpricing.domain.quotes.contract_rates import LIST_TERMS, Terms
from llmpricing.domain.quotes.notices import Code, Notice, merged
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.other_totals import highest, other_notices
from llmpricing.domain.quotes.places import listed_place
from llmpricing.domain.quotes.price_selection import PriceSelection
from llmpricing.domain.quotes.requote import PriceIdError, reused, stripped, withheld
from llmpricing.domain.quotes.unit_rates import PriceDataError
from llmpricing.domain.quotes.unstated import TIME, moments
from llmpricing.domain.quotes.usage_told import told_quote
from llmpricing.domain.usage.quantities import Usage

_OUTPUT_PARTS = frozenset({"output_audio_tokens", "output_image_tokens", "output_video_tokens", "output_text_tokens"})
_new_use: Callable[[tuple[Usage, datetime, Context]], Use] = partial(tuple.__new__, Use)  # in half the time


def quote(
    prices: OfferingPrices, usage: Usage, at: datetime, context: Context = UNSTATED, terms: Terms = LIST_TERMS
) -> Quote:
    """What ``usage`` costs at the aware time ``at``.

    Raises ContextError for an unknown fact and PriceDataError where stored prices contradict each other.
    """
    if usage.told is not None:
        return told_quote(lambda use: quote(prices, *use, terms), prices, Use(usage, at, context))
    told: tuple[Notice, ...] = ()
    notes: tuple[Notice, ...] = ()
    if usage.service_tier or usage.region or usage.overlaps:
        context, told = _told_by_usage(prices, usage, context)
    if context.region:
        place = prices.place(context.region, at, context.asked_for)
        if place.is_apart:
            return _unlisted_place(prices, Use(usage, at, context), terms)
        notes = () if place.is_listed else (_taken_place(context.region),)
        context = context._replace(region=place.region)
    if context.asked_for:
        context = context._replace(asked_for="")
    if terms.rates:
        terms = terms._replace(rates=tuple(rate for rate in terms.rates if rate.valid_at(at)))
    use = _new_use((usage, at, context))
    answer = _bill_of(prices, use, terms)
    if answer.warnings and not _OUTPUT_PARTS.isdisjoint(usage.stated):  # told, if as none
        warnings = tuple(notice for notice in answer.warnings if notice.code is not Code.PARTS_UNTOLD)
        answer = answer._replace(warnings=warnings)
    if prices.is_doubted:
        answer, others = _with_others(answer, prices, use, terms)
        told = (*others, *told)
    if told:
        answer = answer._replace(warnings=merged((*answer.warnings, *told)))
    return answer._replace(notes=merged((*answer.notes, *notes))) if notes else answer


def _taken_place(region: str) -> Notice:
    return Notice(Code.REGION_ASSUMED, f"no list prices {region} apart; the seller's usual price was taken")


def _unlisted_place(prices: OfferingPrices, use: Use, terms: Terms) -> Quote:
    """No total where the seller is known to ask more than its usual price, which is the least that it can be."""
    usual = quote(prices, use.usage._replace(region=None), use.at, use.context._replace(region=STANDARD), terms)
    reason = (
        f"the seller asks a price of its own in {use.context.region}, and no list has it{_then(prices, use)}: who "
        f"knows it enters it (llmpricing pin {prices.offering} METER AMOUNT --conditions '{_of_place(use.context)}')"
    )
    return refused(UNKNOWN, reason, use.usage)._replace(
        currency=usual.currency, low=usual.low if usual.total is None else usual.total, warnings=usual.warnings
    )


def _of_place(context: Context) -> str:
    """Under what a price of this place is entered."""
    return Conditions(context.service_tier or STANDARD, context.region or "").key


def _then(prices: OfferingPrices, use: Use) -> str:
    """That lists have it for other times, where they do."""
    return " for that time" if listed_place(use.context.region or "", prices.regions) else ""


def _bill_of(prices: OfferingPrices, use: Use, terms: Terms) -> Quote:
    """The bill in a decided context; in all ways that an unknown hour may turn out where only the day is known."""
    if use.context.time_known:
        cases = _cases(prices, use, terms)
    else:
        cases = [
            ((*facts, (TIME, moment.isoformat())), case)
            for moment in moments(prices, use.at)
            for facts, case in _cases(prices, use._replace(at=moment), terms)
        ]
    return cases[0][1] if len(cases) == 1 else answer_of(cases, prices.defaults)


def _with_others(answer: Quote, prices: OfferingPrices, use: Use, terms: Terms) -> tuple[Quote, Sequence[Notice]]:
    """The answer with the most it can cost, and what else the usage might cost where other lists, a change or a waiting
    value leave it in doubt.
    """
    found = prices.alternatives(use.at)
    if not found:
        return answer, ()

    def bill(other: OfferingPrices) -> Quote:
        try:
            return _bill_of(other, use, terms)
        except (ContextError, PriceDataError) as refusal:
            return refused(UNKNOWN, str(refusal), use.usage)

    return highest(answer, found, bill), other_notices(answer, use.usage.keys, found, bill)


def _cases(prices: OfferingPrices, use: Use, terms: Terms) -> list[tuple[StatedFacts, Quote]]:
    """The quote for each way in which the facts left open may turn out, one if none matters."""
    usage, at, context = use
    listed = prices.pricing(at, context)
    if listed.refusal:
        return [((), refused(listed.refusal.state, listed.refusal.reason, usage))]
    variants = listed.variants(usage.keys)
    if not terms.rates:
        return [(facts, _list_bill(selection, usage, terms)) for facts, selection in variants]
    agreed = prices.pricing(at, context, terms.rates).variants(usage.keys)
    return [
        (facts, _contract_bill(selection, beside, usage, terms))
        for (facts, selection), (_, beside) in zip(variants, agreed, strict=True)
    ]


def _list_bill(selection: PriceSelection, usage: Usage, terms: Terms) -> Quote:
    allocation = selection.allocation(usage.request_input, usage.keys)
    if allocation.products and usage.whole and terms.currency is None:
        return simple_bill(allocation, usage)
    return exact_bill(allocation, usage, terms.currency, terms.exchanges)


def _contract_bill(listed: PriceSelection, agreed: PriceSelection, usage: Usage, terms: Terms) -> Quote:
    """The bill by contract rates, with the list's amounts beside it in the same currency."""
    allocation = agreed.allocation(usage.request_input, usage.keys)
    bill = exact_bill(allocation, usage, terms.currency, terms.exchanges)
    beside = exact_bill(listed.allocation(usage.request_input, usage.keys), usage, bill.currency, terms.exchanges)
    amounts = {(line.meter, line.price_id): line.amount for line in beside.lines if line.currency == bill.currency}
    lines = tuple(line._replace(list_amount=amounts.get((line.meter, line.price_id))) for line in bill.lines)
    return bill._replace(list_total=beside.total, lines=lines)


def _told_by_usage(prices: OfferingPrices, usage: Usage, context: Context) -> tuple[Context, tuple[Notice, ...]]:
    """The context with what the usage object itself says, where the caller said nothing, and what to warn of."""
    warnings = [
        Notice(Code.STAND_IN, f"{meter} was not stated and is taken as 0", meter)
        for meter in usage.overlaps
        if any(price.meter == meter for price in prices.prices)
    ]
    if usage.service_tier and not context.service_tier:
        if usage.service_tier in prices.tiers or usage.service_tier in TIERS:
            context = context._replace(service_tier=usage.service_tier)
        else:
            message = f"the usage says its service tier was {usage.service_tier[:40]}, for which no price is known"
            warnings.append(Notice(Code.NOT_UNDERSTOOD, message))
    if usage.region and not context.region:
        try:
            prices.place(usage.region)
            context = context._replace(region=usage.region)
        except ContextError:
            message = f"the usage says it ran in {usage.region}, which is no place that we know"
            warnings.append(Notice(Code.NOT_UNDERSTOOD, message))
    return context, tuple(warnings)


def requote(
    prices: OfferingPrices,
    price_ids: Collection[int],
    usage: Usage,
    at: datetime,
    context: Context = UNSTATED,
    terms: Terms = LIST_TERMS,
) -> Quote:
    """The quote that rests on exactly these prices, as an earlier one listed them: the same total, whatever was
    published since. Steps still count, tier and time are those of the prices. Raises PriceIdError, ContextError.
    """
    ids = frozenset(price_ids)
    wanted = [price for price in prices.prices if price.id in ids]
    if missing := ids - {price.id for price in wanted}:
        raise PriceIdError(missing)
    told, _ = _told_by_usage(prices, usage, context)
    if told.region:
        told = told._replace(region=prices.place(told.region).region)
    prices.check(told)
    kept = [*reused(wanted), *withheld(prices, wanted, Use(usage, at, told))]
    # An agreed amount replaces the price of the standard tier only, and the tiers of these are stripped.
    tiered = {price.meter for price in kept if price.conditions.service_tier != STANDARD}
    rates = tuple(rate for rate in terms.rates if rate.amount is None or rate.meter not in tiered)
    usage = usage._replace(service_tier=None, region=None)
    return quote(
        OfferingPrices(list(map(stripped, kept)), prices.offering), usage, at, UNSTATED, terms._replace(rates=rates)
    )
