"""Mistakes in whose price, which step, tier, place or day was taken."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.meters import METERS
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.allocation import REQUESTS
from llmpricing.domain.quotes.context import TIERS
from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse, ChangedPrices
from llmpricing.domain.quotes.mistakes.counts import untold_as_text
from llmpricing.domain.quotes.unstated import moments

_MOST_DAYS = 24  # other stretches of time that are looked at, the nearest ones


def step_ignored(use: AuditedUse) -> Iterator[AuditedUse]:
    """The price below the context step is taken for a request above it."""
    if _is_above(use):
        yield from _some(use.priced_by("no steps", lambda price: () if price.conditions.step else (price,)))
        yield from _some(use.priced_by("no steps of caches", partial(_without_cache_step, "cache")))
        yield from _some(use.priced_by("no steps of cache writes", partial(_without_cache_step, "cache_write")))


def step_on_the_part(use: AuditedUse) -> Iterator[AuditedUse]:
    """Only the tokens beyond the context step pay its price, not the whole request."""
    if not _is_above(use):
        return
    yield from _some(use.priced_by("marginal steps", _marginal))
    yield from _some(use.priced_by("marginal steps of input", lambda price: _marginal(price, of_input=True)))


def step_on_wrong_side(use: AuditedUse) -> Iterator[AuditedUse]:
    """The price above the context step is taken for a request below it, or that of another step."""
    own = use.usage.request_input
    for least in use.prices.steps:
        if own < least:
            yield use._replace(usage=use.usage._replace(request_input=least), detail=f"above {least - 1}")


def _is_above(use: AuditedUse) -> bool:
    return any(least <= use.usage.request_input for least in use.prices.steps)


def _without_cache_step(kind: str, price: Price) -> Sequence[Price]:
    found = METERS[price.meter].dimensions.get("token_type", "")
    return () if price.conditions.step and found.startswith(kind) else (price,)


def _marginal(price: Price, *, of_input: bool = False) -> Sequence[Price]:
    step = price.conditions.step
    if step is None or step.marginal:
        return (price,)
    if METERS[price.meter].direction != "input":
        return () if of_input else (price,)
    return (replace(price, conditions=replace(price.conditions, step=replace(step, marginal=True))),)


class TierIgnored:
    """The standard price is taken for a request of this tier."""

    def __init__(self, tier: str) -> None:
        self._tier = tier

    def __call__(self, use: AuditedUse) -> Iterator[AuditedUse]:
        """The same use at the standard tier."""
        if use.tier == self._tier:
            usage = use.usage._replace(service_tier=None)
            yield use._replace(usage=usage, context=use.context._replace(service_tier=None))


def region_ignored(use: AuditedUse) -> Iterator[AuditedUse]:
    """The seller's usual price is taken for a request in a place that costs more."""
    if use.region:
        usage = use.usage._replace(region=None)
        yield use._replace(usage=usage, context=use.context._replace(region=STANDARD), detail=use.region)
    for name, prices in use.surroundings.places.items():
        yield from _where_offered(use, use.stating(prices, use.at)._replace(rates=(), detail=name), [None])


def another_day(use: AuditedUse) -> Iterator[AuditedUse]:
    """A price of the offering is taken that held before, or holds since."""
    for at in use.prices.other_times(use.at, _MOST_DAYS):
        there = use.stating(use.prices, at)._replace(detail=at.date().isoformat())
        yield from _where_offered(use, there, [use.region or None])


def another_hour(use: AuditedUse) -> Iterator[AuditedUse]:
    """The price of another hour is taken, by a schedule of peak hours."""
    prices = use.prices.prices
    if not prices.has_clock:
        return
    midnight = use.at.replace(hour=0, minute=0, second=0, microsecond=0)
    own = prices.period(use.at)
    seen = {own.clock(use.at)}
    for days in (0, -1, -2, 2):  # on some days of the week there are no peak hours at all
        for at in moments(prices, midnight + timedelta(days=days)):
            if prices.period(at) is own and own.clock(at) not in seen:
                seen.add(own.clock(at))
                yield use._replace(at=at, detail=f"{at:%H:%M} UTC")


def withdrawn(use: AuditedUse) -> Iterator[AuditedUse]:
    """A price is taken that was once believed for that time, and was withdrawn before it came, or corrected."""
    for name, prices in use.surroundings.believed.items():
        there = use.stating(prices, use.at)._replace(detail=name)
        yield from _where_offered(use, there, [use.region or None])


def another_seller(use: AuditedUse) -> Iterator[AuditedUse]:
    """The price of another seller of the same model is taken."""
    yield from _others(use, use.surroundings.sellers)


def another_model(use: AuditedUse) -> Iterator[AuditedUse]:
    """The price of a model of nearly the same name is taken, or that of its text where this one makes no text."""
    yield from _others(use, use.surroundings.models)
    for told in untold_as_text(use):
        yield from _others(told, use.surroundings.models)


def _others(use: AuditedUse, found: Mapping[str, ChangedPrices]) -> Iterator[AuditedUse]:
    """Where the place decides the price, that of the place; where it does not, a tool may have left it out too."""
    regions = [use.region] if use.has_own_place() else dict.fromkeys([use.region or None, None])
    for name, prices in found.items():
        there = use.stating(prices, use.at)._replace(rates=(), detail=name)
        yield from _where_offered(use, there, regions)


def _where_offered(use: AuditedUse, there: AuditedUse, regions: Iterable[str | None]) -> Iterator[AuditedUse]:
    """The use at other prices in each of these places, where these bill all apart that is billed apart by its own: a
    price that knows less of a request than its own is not the only mistake in a figure.
    """
    own = use.meters()
    for region in regions:
        placed = there._replace(usage=there.usage._replace(region=None), context=there.context._replace(region=region))
        is_known = not region or placed.has_own_place() or not use.has_own_place()
        bills = placed.meters() if is_known and own is not None else None
        if own is not None and bills is not None and all(_is_billed(meter, bills) for meter in own):
            yield placed


def _is_billed(meter: str, bills: Collection[str]) -> bool:
    """Whether one of the meters bills this one or a part of it: five minutes are the usual life of a cache write."""
    if meter == REQUESTS:
        return True
    own = _apart(meter)
    return meter in bills or any(own.items() <= _apart(one).items() for one in bills)


def _apart(meter: str) -> Mapping[str, str]:
    usual = {("modality", "text"), ("cache_ttl", "5m")}
    return dict(METERS[meter].dimensions.items() - usual)


def contract_ignored(use: AuditedUse) -> Iterator[AuditedUse]:
    """The list price is taken, not what was agreed with the seller."""
    if use.rates:
        yield use._replace(rates=())


def request_fee_missing(use: AuditedUse) -> Iterator[AuditedUse]:
    """What each request costs besides its tokens is left out."""
    yield from _some(use.priced_by("no request fee", lambda price: () if price.meter == REQUESTS else (price,)))


def another_fact(use: AuditedUse) -> Iterator[AuditedUse]:
    """The price of another size, resolution or other condition is taken than the request states."""
    told = dict(use.usage.told.facts) if use.usage.told else {}
    for name, known in use.prices.prices.extra.items():
        stated = dict(use.context.extra).get(name, told.get(name))
        for value in sorted(known - {stated}):
            extra = tuple(sorted({**dict(use.context.extra), name: value}.items()))
            yield use._replace(context=use.context._replace(extra=extra), detail=f"{name} {value}")


def _some(found: AuditedUse | None) -> Iterator[AuditedUse]:
    if found is not None:
        yield found


TIERED = tuple(tier for tier in TIERS if tier != STANDARD)
