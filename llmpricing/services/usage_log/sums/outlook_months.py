"""The same usage in each month to come, and what of it has no one price then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from llmpricing.domain.quotes.charges import money
from llmpricing.services.usage_log.sums.model_usage import ModelUsage

_TICK = timedelta(microseconds=1)


class WithoutPrice(NamedTuple):
    """So many records of an offering that have no one price at a time, and why most of them have none. ``today`` is
    what they cost at today's prices, as far as they have one; ``low`` and ``high`` bound what they cost then, None
    where nobody says. All in USD.
    """

    offering: str
    records: int
    reason: str
    today: Decimal
    low: Decimal | None
    high: Decimal | None


class MonthCost(NamedTuple):
    """What the usage costs in a month, in USD, but for what is ``unpriced`` then. ``low`` and ``high`` are what all of
    it costs at least and at most: sums of requests may lie across a step, and what nobody bounds counts for nothing in
    ``low`` and leaves no ``high``.
    """

    month: str
    cost: Decimal
    low: Decimal
    high: Decimal | None
    unpriced: tuple[WithoutPrice, ...] = ()


class _SumWithout(NamedTuple):
    """Records without one price, and what they cost today and then at least and at most, in 1e-12 USD."""

    records: int
    reason: str
    today: Fraction
    low: Fraction | None
    high: Fraction | None


def months_of(models: Mapping[str, ModelUsage], now: datetime, starts: Sequence[datetime]) -> list[MonthCost]:
    """The usage in each month between these starts, spread evenly over it."""
    return [_month(models, now, start, end) for start, end in pairwise(starts)]


def unpriced_today(models: Mapping[str, ModelUsage], now: datetime) -> list[WithoutPrice]:
    """What has no one price today, by offering."""
    return list(_month(models, now, now, now + _TICK).unpriced)


def _month(models: Mapping[str, ModelUsage], now: datetime, start: datetime, end: datetime) -> MonthCost:
    sums = [Fraction(0)] * 3
    without = []
    for slug, model in models.items():
        priced, unpriced = _split(model, now, start, end)
        sums = [known + more for known, more in zip(sums, priced, strict=True)]
        if unpriced:
            without.append(_together(slug, unpriced))
    cost, low, high = map(_usd, sums)
    highs = [one.high for one in without]
    return MonthCost(
        f"{start:%Y-%m}",
        cost,
        sum((one.low or Decimal(0) for one in without), low),
        None if None in highs else sum((one for one in highs if one is not None), high),
        tuple(without),
    )


def _split(
    model: ModelUsage, now: datetime, start: datetime, end: datetime
) -> tuple[list[Fraction], list[_SumWithout]]:
    """What has a price all through the stretch, with its cost there (and at least, and at most), and each sum that has
    none for a part of it.
    """
    bounds = [start, *(turn for turn in model.now.turns(start, end) if turn < end), end]
    shares = [Fraction((until - since) // _TICK, (end - start) // _TICK) for since, until in pairwise(bounds)]
    by_part = [model.costs(model.at(since)) for since in bounds[:-1]]
    sums, unpriced = [Fraction(0)] * 3, []
    for used, today, *then in zip(model.sums, model.costs(model.at(now)), *by_part, strict=True):
        cost, low, high = (_weighted([getattr(one, name) for one in then], shares) for name in ("total", "low", "high"))
        if cost is not None and low is not None and high is not None:
            sums = [known + more for known, more in zip(sums, (cost, low, high), strict=True)]
        else:
            reason = next(one.reason for one in then if one.total is None)
            unpriced.append(_SumWithout(used.usage.records, reason, today.total or Fraction(0), low, high))
    return sums, unpriced


def _weighted(amounts: Sequence[Fraction | None], shares: Sequence[Fraction]) -> Fraction | None:
    if None in amounts:
        return None
    return sum((one * share for one, share in zip(amounts, shares, strict=True) if one is not None), Fraction(0))


def _together(slug: str, unpriced: Sequence[_SumWithout]) -> WithoutPrice:
    reasons: Counter[str] = Counter()
    for one in unpriced:
        reasons[one.reason] += one.records
    low, high = (_sum(getattr(one, name) for one in unpriced) for name in ("low", "high"))
    today = _usd(sum((one.today for one in unpriced), Fraction(0)))
    return WithoutPrice(slug, sum(reasons.values()), reasons.most_common(1)[0][0], today, low, high)


def _sum(amounts: Iterator[Fraction | None]) -> Decimal | None:
    found = list(amounts)
    return None if None in found else _usd(sum((one for one in found if one is not None), Fraction(0)))


def _usd(units: Fraction) -> Decimal:
    return money(round(units))
