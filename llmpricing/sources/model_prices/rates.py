"""model-prices' timelines: rates per mode, from each start to the next, resolved as the library's breakdown() does."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from llmpricing.domain.conditions import BASE, Conditions, Step, conditions
from llmpricing.domain.meters import MTOK
from llmpricing.domain.money import multiply
from llmpricing.domain.observations import Basis
from llmpricing.sources.errors import EntryError
from llmpricing.sources.model_prices.schedules import Clock
from llmpricing.sources.reading.bounds import step_at
from llmpricing.sources.reading.fields import (
    as_amount,
    as_condition,
    as_count,
    as_factor,
    as_list,
    as_mapping,
    as_time,
    optional_text,
)
from llmpricing.sources.reading.timelines import ListRate, Rates

_METERS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
}
_ONE_HOUR = "cache_write_1h_tokens"
_OTHER_KEYS = frozenset({"tiers", "cache_write_1h_multiple", "source", "valid_from", "valid_from_basis", "model"})
_STANDARD = "standard"
_THINKING = "thinking"

# A model's prices in one mode at one time: per meter, the rate of each context step (None is the base).
Ladders = Mapping[str, Mapping[Step | None, ListRate]]


@dataclass(frozen=True)
class Timeline:
    """Ladders from each start to the next; the first start is always. None: not listed in this mode then."""

    starts: Sequence[datetime]
    ladders: Sequence[Ladders | None]

    def at(self, time: datetime | None) -> Ladders | None:
        return self.ladders[self._place(time)]

    def is_gone(self, time: datetime | None) -> bool:
        """Whether the list has taken the mode off by then, which it had not before it listed it first."""
        return any(self.ladders[: self._place(time)])

    def _place(self, time: datetime | None) -> int:
        return 0 if time is None else bisect_right(self.starts, time)


@dataclass(frozen=True)
class ListedModel:
    api_id: str
    modes: Mapping[str, Timeline]

    def meters(self) -> Sequence[str]:
        """Every meter that the model has a price for in any mode at any time."""
        every = (lad for line in self.modes.values() for lad in line.ladders if lad)
        return tuple({meter: None for ladders in every for meter in ladders})


def read_timelines(provider: str, api_id: str, entry: Mapping[str, Any], unknown: Counter[str]) -> ListedModel:
    """A model's modes; raises EntryError. Unknown rate keys are counted."""
    modes = {
        as_condition(mode, "mode"): _timeline(
            provider, as_list(line, mode), unknown, writes=mode != _STANDARD and _states_writes(entry.get(_STANDARD))
        )
        for mode, line in entry.items()
    }
    if _STANDARD not in modes:
        raise EntryError("the model has no standard prices")
    if "embed" in api_id:
        modes = {mode: replace(line, ladders=[_embedding(lad) for lad in line.ladders]) for mode, line in modes.items()}
    return ListedModel(api_id, modes)


def _states_writes(intervals: object) -> bool:
    """Whether a mode has a price of cache writes at any time; 0 is none."""
    items = intervals if isinstance(intervals, list) else []
    rates = [item.get("rates") for item in items if isinstance(item, dict)]
    stated = [rate.get("cache_write") for rate in rates if isinstance(rate, dict)]
    return any(price is not None and as_amount(price, "cache_write")[0] for price in stated)


def _timeline(provider: str, intervals: Sequence[Any], unknown: Counter[str], *, writes: bool) -> Timeline:
    if not intervals:
        raise EntryError("a mode without intervals")
    items = [as_mapping(item, "interval") for item in intervals]
    starts = [as_time(item.get("start"), "start") for item in items[1:]]
    if starts != sorted(set(starts)):
        raise EntryError("the intervals' starts do not ascend")
    return Timeline(starts, [_ladders(provider, item.get("rates"), unknown, writes=writes) for item in items])


def _ladders(provider: str, value: object, unknown: Counter[str], *, writes: bool) -> Ladders | None:
    """Rates of one interval. A tier keeps the base's price of what it leaves out (Rates.breakdown).

    The multiple for writes of one hour stands on models without cache writes too: it counts only beside a price of
    writes, the mode's own or (``writes``) the standard mode's.
    """
    if value is None:
        return None
    rates = as_mapping(value, "rates")
    unknown.update(key for key in rates if key not in _METERS and key not in _OTHER_KEYS)
    found: dict[str, dict[Step | None, ListRate]] = {}
    _read_prices(rates, None, rates, found)
    if rates.get("input") is None or rates.get("output") is None:
        raise EntryError("rates without input and output")
    for item in as_list(rates.get("tiers") or [], "tiers"):
        tier = as_mapping(item, "tiers")
        unknown.update(key for key in tier if key not in _METERS and key != "above")
        _read_prices(tier, step_at(provider, as_count(tier.get("above"), "above")), rates, found)
    multiple = rates.get("cache_write_1h_multiple")
    writes = writes or any(rate.amount for rate in found.get("cache_write_tokens", {}).values())
    if multiple is not None and writes:
        factor = as_factor(multiple, "cache_write_1h_multiple")
        found[_ONE_HOUR] = {step: _scaled(rate, factor) for step, rate in found["input_tokens"].items()}
    return found


def _read_prices(
    prices: Mapping[str, Any],
    step: Step | None,
    rates: Mapping[str, Any],
    found: dict[str, dict[Step | None, ListRate]],
) -> None:
    documented = rates.get("valid_from_basis") == "documented"
    basis = Basis.DOCUMENTED if documented else Basis.FIRST_OBSERVED
    url, first_seen = optional_text(rates, "source"), _first_seen(rates)
    for key, meter in _METERS.items():
        if prices.get(key) is not None:
            amount, raw = as_amount(prices[key], key)
            if key == "cache_read" and not amount and rates.get("input"):
                continue  # beside a price of input, 0 says that nothing is cached
            found.setdefault(meter, {})[step] = ListRate(amount, MTOK, raw, basis, url, first_seen=first_seen)


def _first_seen(rates: Mapping[str, Any]) -> datetime | None:
    """When the list first saw the rates, which may be later than the time from which it applies them."""
    return None if rates.get("valid_from") is None else as_time(rates["valid_from"], "valid_from")


def _scaled(rate: ListRate, factor: Decimal) -> ListRate:
    return rate if rate.amount is None else replace(rate, amount=multiply(rate.amount, factor), raw=None)


def _embedding(ladders: Ladders | None) -> Ladders | None:
    """An embedding model's output price of 0 means that there is no output."""
    if not ladders or any(rate.amount for rate in ladders["output_tokens"].values()):
        return ladders
    return {**ladders, "output_tokens": {None: replace(ladders["output_tokens"][None], amount=None)}}


def rate_changes(model: ListedModel, clocks: Sequence[Clock]) -> Iterator[tuple[datetime | None, Rates]]:
    """Every time at which a price of the model may change, None (always) first, with the rates from then on."""
    times = {start for line in model.modes.values() for start in line.starts}
    times |= {bound for clock in clocks for bound in (clock.valid_from, clock.valid_until) if bound}
    for time in (None, *sorted(times)):
        rates = _rates(model, time)
        running = next((clock for clock in clocks if clock.runs_at(time)), None)
        if running:
            factor = running.factor(model.api_id)
            for (meter, when), rate in list(rates.items()):
                if rate.amount is not None:
                    rates[meter, replace(when, schedule=running.schedule)] = _scaled(rate, factor)
        yield time, rates


def _rates(model: ListedModel, time: datetime | None) -> dict[tuple[str, Conditions], ListRate]:
    standard = model.modes[_STANDARD].at(time)
    found: dict[tuple[str, Conditions], ListRate] = {}
    for mode, timeline in model.modes.items():
        ladders = timeline.at(time)
        if ladders is None:
            if not timeline.is_gone(time):
                continue  # not seen yet is no word on whether it was sold
            ladders = {meter: {None: ListRate(None, MTOK, basis=Basis.FIRST_OBSERVED)} for meter in model.meters()}
        elif mode == _THINKING:
            ladders = {meter: ladder for meter, ladder in ladders.items() if ladder != (standard or {}).get(meter)}
        elif mode != _STANDARD:
            ladders = _completed(ladders, standard or {})
        for meter, ladder in ladders.items():
            for step, rate in ladder.items():
                found[meter, replace(_context(mode), step=step)] = rate
    return found


def _context(mode: str) -> Conditions:
    if mode == _STANDARD:
        return BASE
    return conditions(thinking="enabled") if mode == _THINKING else conditions(service_tier=mode)


def _completed(ladders: Ladders, standard: Ladders) -> Ladders:
    """A mode's missing cache prices are its own input price, not the standard mode's cache price."""
    found = dict(ladders)
    for meter in standard:
        own = found.get(meter) or (found.get("cache_write_tokens") if meter == _ONE_HOUR else None) or {}
        if None not in own:
            found[meter] = {**found["input_tokens"], **own}
        elif meter not in found:
            found[meter] = own
    return found
