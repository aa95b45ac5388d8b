"""The prices of an offering that stands on another id of the same model: what its own lists lack, that one's tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from llmpricing.domain.conditions import BASE, Conditions
from llmpricing.domain.observations import State
from llmpricing.domain.prices import OtherPrice, Price


class StoodOn(NamedTuple):
    """An offering that another one stands on: its number and its id."""

    number: int
    slug: str


StandsOn = Mapping[int, StoodOn]  # by the number of who stands on it
NO_STANDING: StandsOn = MappingProxyType({})
_INPUT = "input_tokens"
_ROUNDING = Fraction(5, 1000)
_Span = tuple[datetime | None, datetime | None]
_MeterGroup = tuple[str, Conditions]


def standing_on(
    own: Sequence[Price],
    beside: Sequence[OtherPrice],
    claimed: Sequence[Price],
    beside_claimed: Sequence[OtherPrice],
    slug: str,
) -> tuple[list[Price], list[OtherPrice]]:
    """The own prices and those kept beside them, with what the claimed offering, called ``slug``, has besides: where
    the own lists have no price of a meter, tier, step or region, while both ask the same for input or one says nothing.
    """
    spans: dict[int, list[_Span]] = defaultdict(list)
    for span in _stretches((*own, *claimed)):
        ours = [price for price in own if _holds(price, span)]
        theirs = [price for price in claimed if _holds(price, span) and price.state is not State.UNKNOWN]
        for price in _lacking(ours, theirs):
            _extend(spans[price.id], span)
    borrowed = [
        replace(price, valid_from=start, valid_until=end, via=slug)
        for price in claimed
        for start, end in spans.get(price.id, ())
    ]
    return [*own, *borrowed], [*beside, *_others(borrowed, beside, beside_claimed)]


def _stretches(prices: Iterable[Price]) -> Iterable[_Span]:
    bounds = {bound for price in prices for bound in (price.valid_from, price.valid_until) if bound is not None}
    return pairwise([None, *sorted(bounds), None])


def _holds(price: Price, span: _Span) -> bool:
    start, _ = span
    return price.valid_at(start) if start else price.valid_from is None


def _extend(spans: list[_Span], span: _Span) -> None:
    if spans and spans[-1][1] == span[0]:
        span = (spans.pop()[0], span[1])
    spans.append(span)


def _lacking(ours: Sequence[Price], theirs: Sequence[Price]) -> list[Price]:
    """Of their prices those that ours lack and that belong to the same tariff."""
    own, other = _by_series(ours), _by_series(theirs)
    if not _same_base(own.get((_INPUT, BASE)), other.get((_INPUT, BASE))):
        return []
    found = []
    for (meter, group), prices in other.items():
        if not _same_base(own.get((_INPUT, group)), other.get((_INPUT, group))):
            continue
        listed = own.get((meter, group))
        if listed is None:
            found += prices
        elif len(listed) == 1 and listed[0].conditions == group and _same_base(listed, prices):
            found += [price for price in prices if price.conditions != group]  # its steps and hours
    return found


def _by_series(prices: Iterable[Price]) -> Mapping[_MeterGroup, list[Price]]:
    found: dict[_MeterGroup, list[Price]] = defaultdict(list)
    for price in prices:
        found[price.meter, price.conditions.series].append(price)
    return dict(found)


def _same_base(ours: Sequence[Price] | None, theirs: Sequence[Price] | None) -> bool:
    """Whether two series ask the same without step and hours; true where one of them says nothing."""
    one, other = _base(ours), _base(theirs)
    if one is None or other is None:
        return True
    if not (one.amount and other.amount):
        return one.state == other.state
    factor = Fraction(one.amount) * other.per / (Fraction(other.amount) * one.per)
    return one.currency == other.currency and abs(factor - 1) <= _ROUNDING


def _base(prices: Sequence[Price] | None) -> Price | None:
    return next((price for price in prices or () if price.conditions == price.conditions.series), None)


def _others(
    borrowed: Sequence[Price], beside: Sequence[OtherPrice], beside_claimed: Sequence[OtherPrice]
) -> Iterable[OtherPrice]:
    """What is kept beside the claimed prices, for the time in which they are borrowed."""
    known = {(other.reason, other.price.source, _series(other.price)) for other in beside}
    for other in beside_claimed:
        if (other.reason, other.price.source, series := _series(other.price)) in known:
            continue
        spans = [span for price in borrowed if _series(price) == series if (span := _common(price, other.price))]
        for start, end in _merged(spans):
            yield replace(other, price=replace(other.price, valid_from=start, valid_until=end))


def _series(price: Price) -> _MeterGroup:
    return price.meter, price.conditions.series


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    """The spans in order, those that meet or overlap as one."""
    found: list[_Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0] is not None, span[0])):
        last = found[-1] if found else None
        if last and (last[1] is None or start is None or start <= last[1]):
            found[-1] = (last[0], None if last[1] is None or end is None else max(last[1], end))
        else:
            found.append((start, end))
    return found


def _common(one: Price, other: Price) -> _Span | None:
    starts = [bound for bound in (one.valid_from, other.valid_from) if bound is not None]
    ends = [bound for bound in (one.valid_until, other.valid_until) if bound is not None]
    start, end = max(starts, default=None), min(ends, default=None)
    return None if start is not None and end is not None and start >= end else (start, end)
