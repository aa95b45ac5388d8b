"""How the shares of a usage are billed at given unit rates: worked out once per set of meters, then only multiplied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from llmpricing.domain.meters import METERS, descendants
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.notices import Code, Notice, merged
from llmpricing.domain.quotes.stand_ins import UnitRates, of_untold_output, payment
from llmpricing.domain.quotes.unit_rates import Bounds, UnitRate

REQUESTS, OUTPUT = "requests", "output_tokens"
UNKNOWN = State.UNKNOWN.value
_ORDER = {slug: place for place, slug in enumerate(METERS)}


@dataclass(frozen=True, slots=True)
class BillEntry:
    """A line to be: the shares, by place, that ``meter`` bills; the place after the last one counts the request."""

    meter: str
    unit_rates: tuple[UnitRate, ...]
    places: tuple[int, ...]
    rule: str


class UnpricedShare(NamedTuple):
    """The share at a ``place``, why no price covers it, and what a unit of it may cost where that is known."""

    meter: str
    place: int
    reason: str
    bounds: Bounds | None = None


class Product(NamedTuple):
    """A line that is one multiplication: the shares at these places times ``units`` of 1e-12."""

    places: tuple[int, ...]
    units: int
    unit_rate: UnitRate
    currency: str
    rule: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """How shares are billed. ``products``: where all are, each by one unit rate of whole 1e-12, in one currency."""

    entries: tuple[BillEntry, ...]
    unpriced: tuple[UnpricedShare, ...]
    warnings: tuple[Notice, ...]
    notes: tuple[Notice, ...]
    state: str
    products: tuple[Product, ...] = ()


def allocate(
    unit_rates: UnitRates,
    keys: tuple[str, ...],
    reason: Callable[[str], str],
    doubts: Callable[[UnitRate], tuple[Notice, ...]],
    offering: str = "",
) -> Allocation:
    """The allocation of usage with shares in ``keys``; each is billed at its own unit rate or its nearest ancestor's.

    ``reason`` tells why a meter has no price, ``doubts`` what to warn of when a unit rate is used.
    """
    billed: dict[str, list[int]] = {}
    unpriced = []
    warnings: list[Notice] = []
    notes: list[Notice] = []
    untold = of_untold_output(unit_rates, keys, offering)
    for place, key in enumerate(keys):
        paid_by = untold if untold and key == OUTPUT else payment(unit_rates, key, offering)
        if paid_by.payer is None:
            if key == REQUESTS and len(keys) > 1:
                continue  # how many requests are summed up costs nothing where none has a fee
            why = paid_by.reason or _unpriced_reason(unit_rates, key, reason)
            unpriced.append(UnpricedShare(key, place, why, paid_by.bounds))
        elif _is_stopped(unit_rates[paid_by.payer]):
            unpriced.append(_stopped(unit_rates[paid_by.payer], key, place))
        else:
            billed.setdefault(paid_by.payer, []).append(place)
            warnings += [paid_by.warning] if paid_by.warning else []
            notes += [paid_by.note] if paid_by.note else []
    if REQUESTS in unit_rates and REQUESTS not in keys:
        if _is_stopped(unit_rates[REQUESTS]):
            unpriced.append(_stopped(unit_rates[REQUESTS], REQUESTS, len(keys)))
        else:
            billed[REQUESTS] = [len(keys)]
    entries = []
    for meter in sorted(billed, key=_ORDER.__getitem__):
        used = unit_rates[meter]
        if used[0].state is State.NOT_OFFERED:
            warnings.append(Notice(Code.NOT_OFFERED, f"{meter} is not offered and costs nothing here", meter))
            continue
        warnings += [notice for unit_rate in used for notice in doubts(unit_rate)]
        notes += [_via(meter, price.via) for unit_rate in used if (price := unit_rate.price) and price.via]
        entries.append(_entry(meter, used, tuple(billed[meter]), keys, unit_rates))
    gone = {share.place for share in unpriced}
    paid = [unit_rate for entry in entries for unit_rate in entry.unit_rates] or [
        unit_rates[meter][0] for meter in billed
    ]
    warnings += _split_warnings(unit_rates, [key for place, key in enumerate(keys) if place not in gone])
    state = UNKNOWN if unpriced or not unit_rates else _state(paid or [bands[0] for bands in unit_rates.values()])
    products = () if unpriced else _products(entries)
    return Allocation(tuple(entries), tuple(unpriced), merged(warnings), merged(notes), state, products)


def _via(meter: str, offering: str) -> Notice:
    return Notice(Code.VIA_OFFERING, f"the price of {meter} is that of {offering}, which is the same model", meter)


def _entry(
    meter: str, used: tuple[UnitRate, ...], places: tuple[int, ...], keys: tuple[str, ...], unit_rates: UnitRates
) -> BillEntry:
    others = [keys[place] for place in places if place < len(keys) and keys[place] != meter]
    why = "" if set(others) <= unit_rates.keys() else ", without a price of its own"
    rule = used[0].rule + (f"; counts {', '.join(others)} too{why}" if others else "")
    return BillEntry(meter, used, places, rule)


def _products(entries: list[BillEntry]) -> tuple[Product, ...]:
    """The entries as products where every one is, in one currency."""
    found = []
    for entry in entries:
        first, *others = entry.unit_rates
        if others or first.per != 1 or (first.price and first.price.minimum_quantity):
            return ()
        found.append(Product(entry.places, first.units, first, first.currency, entry.rule))
    return tuple(found) if len({one.currency for one in found}) == 1 else ()


def _state(paid: list[UnitRate]) -> str:
    """The state of a bill by the unit rates it rests on; without usage by all there are."""
    states = {unit_rate.state for unit_rate in paid}
    if states == {State.NOT_OFFERED}:
        return State.NOT_OFFERED
    order = (State.PRICED, State.INCLUDED, State.SUBSCRIPTION, State.FREE)
    return next((state for state in order if state in states), State.UNKNOWN)


def _is_stopped(bands: tuple[UnitRate, ...]) -> bool:
    return any(unit_rate.state is State.UNKNOWN for unit_rate in bands)


def _stopped(bands: tuple[UnitRate, ...], key: str, place: int) -> UnpricedShare:
    payer = next(unit_rate for unit_rate in bands if unit_rate.state is State.UNKNOWN)
    if payer.bounds is None:
        return UnpricedShare(key, place, f"what the seller's list says of {payer.meter} was stopped for review")
    reason = f"no list prices {payer.meter} [{payer.rule}] beyond the context step that the usual price has"
    return UnpricedShare(key, place, reason, payer.bounds)


def _priced_parts(unit_rates: UnitRates, meter: str) -> list[str]:
    return [slug for slug in descendants(meter) if slug in unit_rates and unit_rates[slug][0].state is State.PRICED]


def _unpriced_reason(unit_rates: UnitRates, meter: str, reason: Callable[[str], str]) -> str:
    if parts := _priced_parts(unit_rates, meter):
        return f"{meter} is priced by its parts only: state {', '.join(parts)}"
    return reason(meter)


def _split_warnings(unit_rates: UnitRates, keys: Sequence[str]) -> list[Notice]:
    """Cache writes without a time-to-live, where the seller's price depends on it."""
    return [
        Notice(Code.STAND_IN, f"{key} has no price of its own, only by time-to-live: state {', '.join(parts)}", key)
        for key in keys
        if METERS[key].dimensions.get("token_type") == "cache_write"
        and key not in unit_rates
        and (parts := _priced_parts(unit_rates, key))
    ]
