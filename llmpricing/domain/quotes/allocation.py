"""How the shares of a usage are billed at given tariffs: worked out once per set of meters, then only multiplied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from llmpricing.domain.meters import METERS, ancestors, descendants
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.unit_rates import UnitRate

REQUESTS = "requests"
UNKNOWN = State.UNKNOWN.value
_ORDER = {slug: place for place, slug in enumerate(METERS)}

UnitRates = Mapping[str, tuple[UnitRate, ...]]


@dataclass(frozen=True, slots=True)
class BillEntry:
    """A line to be: the shares, by place, that ``meter`` bills; the place after the last one counts the request."""

    meter: str
    tariffs: tuple[UnitRate, ...]
    places: tuple[int, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """How shares are billed. ``simple``: all are, each line by one tariff of whole 1e-12, in one currency."""

    entries: tuple[BillEntry, ...]
    unpriced: tuple[tuple[str, int, str], ...]  # meter, place, reason
    warnings: tuple[str, ...]
    state: str
    simple: bool


def allocate(
    tariffs: UnitRates,
    keys: tuple[str, ...],
    reason: Callable[[str], str],
    notes: Callable[[UnitRate], tuple[str, ...]],
) -> Allocation:
    """The shape of usage with shares in ``keys``; each is billed at its own tariff or its nearest ancestor's.

    ``reason`` tells why a meter has no price, ``notes`` what to warn of when a tariff is used.
    """
    billed: dict[str, list[int]] = {}
    unpriced = []
    for place, key in enumerate(keys):
        payer = next((slug for slug in (key, *ancestors(key)) if slug in tariffs), None)
        if payer and _is_stopped(tariffs[payer]):
            unpriced.append((key, place, _stopped(payer)))
        elif payer:
            billed.setdefault(payer, []).append(place)
        else:
            unpriced.append((key, place, _unpriced_reason(tariffs, key, reason)))
    if REQUESTS in tariffs and REQUESTS not in keys:
        if _is_stopped(tariffs[REQUESTS]):
            unpriced.append((REQUESTS, len(keys), _stopped(REQUESTS)))
        else:
            billed[REQUESTS] = [len(keys)]
    entries, warnings = [], []
    for meter in sorted(billed, key=_ORDER.__getitem__):
        used = tariffs[meter]
        if used[0].state is State.NOT_OFFERED:
            warnings.append(f"{meter} is not offered and costs nothing here")
            continue
        warnings += [note for tariff in used for note in notes(tariff)]
        entries.append(_entry(meter, used, tuple(billed[meter]), keys))
    paid = [tariff for entry in entries for tariff in entry.tariffs] or [tariffs[meter][0] for meter in billed]
    warnings += _split_warnings(tariffs, keys)
    state = UNKNOWN if unpriced or not tariffs else _state(paid or [bands[0] for bands in tariffs.values()])
    is_simple = not unpriced and _is_simple(entries)
    return Allocation(tuple(entries), tuple(unpriced), tuple(warnings), state, is_simple)


def _entry(meter: str, used: tuple[UnitRate, ...], places: tuple[int, ...], keys: tuple[str, ...]) -> BillEntry:
    others = [keys[place] for place in places if place < len(keys) and keys[place] != meter]
    rule = used[0].rule + (f"; counts {', '.join(others)} too, without a price of its own" if others else "")
    return BillEntry(meter, used, places, rule)


def _is_simple(entries: list[BillEntry]) -> bool:
    return len({entry.tariffs[0].currency for entry in entries}) == 1 and all(
        len(entry.tariffs) == 1
        and entry.tariffs[0].per == 1
        and not (entry.tariffs[0].price and entry.tariffs[0].price.minimum_quantity)
        for entry in entries
    )


def _state(paid: list[UnitRate]) -> str:
    """The state of a bill by the tariffs it rests on; without usage by all there are."""
    states = {tariff.state for tariff in paid}
    if states == {State.NOT_OFFERED}:
        return State.NOT_OFFERED
    order = (State.PRICED, State.INCLUDED, State.SUBSCRIPTION, State.FREE)
    return next((state for state in order if state in states), State.UNKNOWN)


def _is_stopped(bands: tuple[UnitRate, ...]) -> bool:
    return any(tariff.state is State.UNKNOWN for tariff in bands)


def _stopped(meter: str) -> str:
    return f"what the seller's list says of {meter} was stopped for review"


def _priced_parts(tariffs: UnitRates, meter: str) -> list[str]:
    return [slug for slug in descendants(meter) if slug in tariffs and tariffs[slug][0].state is State.PRICED]


def _unpriced_reason(tariffs: UnitRates, meter: str, reason: Callable[[str], str]) -> str:
    if parts := _priced_parts(tariffs, meter):
        return f"{meter} is priced by its parts only: state {', '.join(parts)}"
    return reason(meter)


def _split_warnings(tariffs: UnitRates, keys: tuple[str, ...]) -> list[str]:
    """Cache writes without a time-to-live, where the seller's price depends on it."""
    return [
        f"{key} has no price of its own, only by time-to-live: state {', '.join(parts)}"
        for key in keys
        if METERS[key].dimensions.get("token_type") == "cache_write"
        and key not in tariffs
        and (parts := _priced_parts(tariffs, key))
    ]
