"""An offering's prices as a table of flat rates with dates, and which usual requests such rates cannot price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from llmpricing.domain.conditions import BASE
from llmpricing.domain.meters import MTOK
from llmpricing.domain.money import multiply
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.contract_rates import ContractRate
from llmpricing.domain.quotes.counting_prices import CountingPrices

_OUTPUT = "output_tokens"
_METERS = ("input_tokens", _OUTPUT, "cache_read_tokens", "cache_write_tokens", "requests")
_NOTHING = (State.FREE, State.INCLUDED)

Dated = TypeVar("Dated", Price, ContractRate)


@dataclass(frozen=True, slots=True)
class FlatRate:
    """What an offering asks from ``valid_from`` (inclusive) until ``valid_until`` (exclusive; None: without end), in
    ``currency`` per million tokens and per request; None where nothing is known. Cached tokens that nobody prices apart
    cost what input does; of a model that makes nothing but pictures or sound, output is what these cost.

    Where ``is_flat``, a usual request of text costs these rates times its counts. ``beside`` names what has a price
    that they do not say: conditions and other meters.
    """

    offering: str
    provider: str
    valid_from: datetime | None
    valid_until: datetime | None
    currency: str | None
    input_per_mtok: Decimal | None
    output_per_mtok: Decimal | None
    cache_read_per_mtok: Decimal | None
    cache_write_per_mtok: Decimal | None
    per_request: Decimal | None
    is_flat: bool
    beside: str


def flat_rates(offering: str, prices: Sequence[Price], contract: Sequence[ContractRate] = ()) -> list[FlatRate]:
    """The rates of one offering, by its id and all its prices, less what the ``contract`` says, oldest first; equal
    neighbours are one.
    """
    found: list[FlatRate] = []
    for start, end, counting in dated_prices(offering, prices, contract):
        rate = _rate(offering, start, end, counting)
        last = found[-1] if found else None
        if last is not None and replace(last, valid_until=end) == replace(rate, valid_from=last.valid_from):
            found[-1] = replace(last, valid_until=end)
        else:
            found.append(rate)
    return found


def dated_prices(
    offering: str, prices: Sequence[Price], contract: Sequence[ContractRate] = ()
) -> Iterator[tuple[datetime | None, datetime | None, CountingPrices]]:
    """The stretches of time in which the offering has the same prices, less what the ``contract`` says of each, oldest
    first, with these; none without any.
    """
    ends = {end for one in (prices, contract) for dated in one for end in (dated.valid_from, dated.valid_until)}
    bounds = sorted(end for end in ends if end)
    for start, end in zip([None, *bounds], [*bounds, None], strict=True):
        valid, agreed = _held(prices, start), _held(contract, start)
        counting = CountingPrices(valid, offering, agreed)
        if counting.prices:
            yield start, end, counting


def _held(dated: Sequence[Dated], start: datetime | None) -> list[Dated]:
    """Those that hold at the time, None being the beginning of time."""
    return [one for one in dated if (one.valid_at(start) if start else one.valid_from is None)]


def _rate(offering: str, start: datetime | None, end: datetime | None, prices: CountingPrices) -> FlatRate:
    asked = {meter: prices.of(meter, BASE) for meter in _METERS} | {_OUTPUT: prices.of_output(BASE)}
    currencies = {price.currency for price in asked.values() if price and price.state is State.PRICED}
    numbers = {
        meter: None if price is None or len(currencies) > 1 else _number(price, 1 if meter == "requests" else MTOK)
        for meter, price in asked.items()
    }
    return FlatRate(
        offering=offering,
        provider=offering.partition("/")[0],
        valid_from=start,
        valid_until=end,
        currency=next(iter(currencies)) if len(currencies) == 1 else None,
        input_per_mtok=numbers["input_tokens"],
        output_per_mtok=numbers[_OUTPUT],
        cache_read_per_mtok=numbers["cache_read_tokens"],
        cache_write_per_mtok=numbers["cache_write_tokens"],
        per_request=numbers["requests"],
        is_flat=_is_flat(prices, asked, numbers),
        beside="; ".join(sorted({_named(price) for price in prices.prices if not _is_said(price, asked)})),
    )


def _is_flat(prices: CountingPrices, asked: dict[str, Price | None], numbers: dict[str, Decimal | None]) -> bool:
    """Whether all that a usual request of text pays is said by the numbers."""
    changes = any(
        (price.conditions.step or price.conditions.schedule) and price.conditions.series == BASE
        for price in prices.prices
    )
    is_unknown = any(
        numbers[meter] is None and price is not None and price.state is not State.NOT_OFFERED
        for meter, price in asked.items()
    )
    pays_by_call = all(asked[meter] is None for meter in _METERS[:-1]) and numbers["requests"] is not None
    return not changes and not is_unknown and (numbers["input_tokens"] is not None or pays_by_call)


def _is_said(price: Price, asked: dict[str, Price | None]) -> bool:
    return price in asked.values() and price.conditions == BASE and price.state in (State.PRICED, *_NOTHING)


def _named(price: Price) -> str:
    return f"{price.meter} {price.conditions.key}".strip()


def _number(price: Price, quantity: int) -> Decimal | None:
    """What so many units cost; None where it is not known, or paid by a subscription."""
    if price.state in _NOTHING:
        return Decimal(0)
    if price.state is not State.PRICED or price.amount is None:
        return None
    return multiply(price.amount, Decimal(quantity)) / price.per
