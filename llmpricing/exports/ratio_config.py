"""Prices as new-api's ratios: 1 is 2 USD per million tokens of input, all else is asked as a multiple of that.

A ratio is flat: the usual prices stand here, not those of steps, tiers or hours. A name is left out where its ratios
would bill something else than what is asked for: input or output of unknown price, another currency, a fee for each
request beside tokens, a subscription, or output that is paid where input is free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.conditions import BASE
from llmpricing.domain.meters import MTOK
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.overlay import USD, number_of, plain

_USD_OF_RATIO_1 = Decimal(2)
_CALLS = ("requests", "output_images")  # what new-api can bill a fixed price for
_OF_INPUT = {"cache_ratio": "cache_read_tokens", "create_cache_ratio": "cache_write_tokens"}
_FIELDS = ("model_ratio", "completion_ratio", *_OF_INPUT, "model_price")

Ratios = dict[str, dict[str, Decimal]]


def ratios_of(published: Mapping[str, CountingPrices]) -> Ratios:
    """By field of new-api the number of each name that it can bill by; ``published`` holds the prices by name."""
    found: Ratios = {field: {} for field in _FIELDS}
    for name, prices in sorted(published.items()):
        for field, number in (_of_tokens(prices) or _of_calls(prices)).items():
            found[field][name] = number
    return found


class LeftOut(NamedTuple):
    """A name without ratios, or without that ``field`` alone, and why."""

    name: str
    field: str | None
    reason: str


def left_out(published: Mapping[str, CountingPrices]) -> Iterator[LeftOut]:
    """Each of these names, or each field of one, that has no ratio although the offering is known."""
    ratios = ratios_of(published)
    for name, prices in sorted(published.items()):
        if name not in ratios["model_ratio"] and name not in ratios["model_price"]:
            yield LeftOut(name, None, _reason(prices))
        for field, meter in _OF_INPUT.items():
            if name in ratios["completion_ratio"] and name not in ratios[field]:
                yield LeftOut(name, field, f"the price of {meter} is not known, or waits for a person")


def _reason(prices: CountingPrices) -> str:
    """Why no ratios say what is asked."""
    asked = [price for price in prices.prices if price.state is not State.NOT_OFFERED]
    if not asked:
        return "no price of it is known, or the first one waits for a person"
    for meter in ("input_tokens", "output_tokens", "requests"):
        price = prices.of(meter, BASE)
        if price is not None and price.state is State.UNKNOWN:
            return f"the price of {meter} is not known, or waits for a person"
    if foreign := sorted({price.currency for price in asked} - {USD}):
        return f"it is asked in {', '.join(foreign)}"
    if all(price.state is State.SUBSCRIPTION for price in asked):
        return "a subscription pays for it"
    if not _is_asked(prices.of("input_tokens", BASE)):
        meters = sorted({price.meter for price in asked})
        return "no usual price of it is known" if "input_tokens" in meters else f"it is paid by {', '.join(meters)}"
    if _is_asked(fee := prices.of("requests", BASE)) and _number(fee, 1) != 0:
        return "each request costs a fee beside its tokens"
    return "output is paid where input is free"


def _of_tokens(prices: CountingPrices) -> dict[str, Decimal]:
    """The ratios of what is paid by the token; none where ratios cannot say it."""
    paid = prices.of("input_tokens", BASE), prices.of_output(BASE)
    amount, output = (_number(price, MTOK) for price in paid)
    fee = prices.of("requests", BASE)
    if amount is None or (output is None and _is_asked(paid[1])) or (_is_asked(fee) and _number(fee, 1) != 0):
        return {}
    if not amount:
        return {} if output else {"model_ratio": Decimal(0)}
    found = {"model_ratio": plain(amount / _USD_OF_RATIO_1)}
    if output is not None:
        found["completion_ratio"] = plain(output / amount)
        for field, meter in _OF_INPUT.items():
            if (number := _number(prices.of(meter, BASE), MTOK)) is not None:
                found[field] = plain(number / amount)
    return found


def _of_calls(prices: CountingPrices) -> dict[str, Decimal]:
    """The fixed price of what is paid by the request or the image and by nothing else."""
    asked = {price.meter for price in prices.prices if _is_asked(price)}
    for meter in _CALLS:
        number = _number(prices.of(meter, BASE), 1)
        if asked == {meter} and number is not None and len(prices.prices) == 1:
            return {"model_price": number}
    return {}


def _is_asked(price: Price | None) -> bool:
    return price is not None and price.state is not State.NOT_OFFERED


def _number(price: Price | None, quantity: int) -> Decimal | None:
    """The price in USD; None also where a subscription pays, which new-api would give away."""
    return None if price is None or price.state is State.SUBSCRIPTION else number_of(price, quantity)
