"""What announced prices do to a log: its usage at the prices of today, of each coming month, and across each step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.charges import money
from llmpricing.services.usage_log.bill import Bill
from llmpricing.services.usage_log.sums.model_usage import ModelUsage, PricingSide
from llmpricing.services.usage_log.sums.moved_prices import MovedPrice, moved_prices
from llmpricing.services.usage_log.sums.outlook_months import MonthCost, WithoutPrice, months_of, unpriced_today
from llmpricing.services.usage_log.sums.own_prices import withdrawn_steps
from llmpricing.services.usage_log.sums.own_usage import OwnUsage
from llmpricing.services.usage_log.sums.window import DAYS, RunningDay

_TICK = timedelta(microseconds=1)
_MICRO = 10**6  # of a dollar, each 1e6 of the unit of money
_LOOKED_BACK = timedelta(days=366)  # at announcements that were withdrawn


class ModelEffect(NamedTuple):
    """What a step does to the usage of one offering: ``difference`` in USD, None where some of it has no price on one
    side, for a ``reason``; ``moved`` are the prices that do it.
    """

    offering: str
    difference: Decimal | None
    reason: str
    moved: Sequence[MovedPrice]


@dataclass(frozen=True)
class OutlookStep:
    """A day from which on the log costs another sum, which is ``before`` USD until then; the ``difference`` is that of
    what has a price on both sides. A step with ``withdrawn`` was
    announced until that time and does not come: its difference is what is paid less than by prices that kept it.
    """

    day: datetime
    before: Decimal
    difference: Decimal
    models: Sequence[ModelEffect]
    groups: Mapping[str, Decimal]
    withdrawn: datetime | None = None

    @property
    def share(self) -> Decimal | None:
        """The difference as a part of what it cost before; None where that is nothing."""
        return self.difference / self.before if self.before else None


@dataclass
class Outlook:
    """The same usage at other times: that from ``since`` until ``until``, of so many ``days`` and ``records``, which is
    a month's only where the log is long enough. ``today`` is what it
    costs at today's prices, ``months`` what in each month to come, all in USD. ``unpriced`` is what has
    no one price today, by offering; ``running`` the day that is not over, where that does not count, and
    ``running_today`` what it costs at today's prices, as far as it has one.
    """

    bill: Bill
    way: str = "team"  # what groups are told apart by
    since: datetime | None = None
    until: datetime | None = None
    days: int = 0
    records: int = 0
    today: Decimal = Decimal(0)
    months: list[MonthCost] = field(default_factory=list)
    steps: list[OutlookStep] = field(default_factory=list)
    withdrawn: list[OutlookStep] = field(default_factory=list)
    unpriced: list[WithoutPrice] = field(default_factory=list)
    running: RunningDay | None = None
    running_today: Decimal = Decimal(0)

    @property
    def last_day(self) -> date | None:
        """The last day of UTC that counts, where ``until`` may be the midnight after it; None of an empty log."""
        return None if self.since is None else self.since.astimezone(UTC).date() + timedelta(days=self.days - 1)

    @property
    def days_in_words(self) -> str:
        """How long the usage is: what a few days cost must not be taken for a month."""
        if self.days == 1:
            return "this one day"
        return f"{'these ' if self.days != DAYS else ''}{self.days} days"

    @property
    def left_out(self) -> str:
        """What is left out of a longer log at its end, in words; empty where nothing is."""
        if self.running is None:
            return ""
        day, records = self.running
        of_it = f"{records:,} record{'s' if records != 1 else ''}, USD {to_text(self.running_today)} at today's prices"
        return f"{day}, which is not over, is left out: {of_it}"

    def thirty_such_days(self, cost: Decimal) -> Decimal | None:
        """What costs so much in the days of the log, in thirty days like these, to 1e-6 USD; None where it is thirty
        days already.
        """
        if self.days in (0, DAYS):
            return None
        return money(round(Fraction(cost) * DAYS / self.days * _MICRO) * _MICRO)

    def is_beyond(self, tolerance: Decimal) -> bool:
        """Whether a step that comes moves the log by more than this part of what it cost before."""
        return any(abs(step.difference) > tolerance * step.before for step in self.steps)


def outlook_of(
    own: OwnUsage, now: datetime, months: int, progress: Callable[[int], None] = lambda rows: None
) -> Outlook:
    """The outlook of a log over so many whole months to come; raises LogError."""
    return outlook_from(own, own.read(progress), now, months)


def outlook_from(own: OwnUsage, bill: Bill, now: datetime, months: int) -> Outlook:
    """The outlook of the usage that was added already, whose bill this is."""
    found = Outlook(bill, own.way)
    if own.bounds is None:
        return found
    (found.since, found.until), found.days = own.bounds, own.days
    found.running = own.running
    found.running_today = _total(own.models_of_running_day(), now) if found.running else Decimal(0)
    models = own.models()
    starts = _month_starts(now, months + 1)
    found.records = sum(one.usage.records for model in models.values() for one in model.sums)
    found.today = _total(models, now)
    found.unpriced = unpriced_today(models, now)
    found.months = months_of(models, now, starts)
    found.steps = list(_steps(models, now, starts[-1]))
    found.withdrawn = list(_withdrawn(models, now))
    return found


def _month_starts(now: datetime, number: int) -> list[datetime]:
    """The beginnings of so many months in UTC, that after ``now`` first."""
    first = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month
    return [datetime((first + more) // 12, (first + more) % 12 + 1, 1, tzinfo=UTC) for more in range(number)]


def _total(models: Mapping[str, ModelUsage], at: datetime) -> Decimal:
    """What all usage costs at a time, as far as it has a price."""
    return _usd(sum((model.cost(model.at(at)).total for model in models.values()), Fraction(0)))


def _steps(models: Mapping[str, ModelUsage], now: datetime, until: datetime) -> Iterator[OutlookStep]:
    turns: dict[datetime, list[str]] = defaultdict(list)
    for slug, model in models.items():
        for turn in model.now.turns(now, until):
            turns[turn].append(slug)
    for day, slugs in sorted(turns.items()):
        effects = [
            one
            for slug in slugs
            for one in _effect(slug, models[slug], models[slug].at(day - _TICK), models[slug].at(day))
        ]
        if effects:
            yield _step(day, _total(models, day - _TICK), effects)


def _withdrawn(models: Mapping[str, ModelUsage], now: datetime) -> Iterator[OutlookStep]:
    for slug, model in models.items():
        for step in withdrawn_steps(model.versions, now - _LOOKED_BACK):
            kept, right = PricingSide(step.believed, step.day, now), PricingSide(model.now, step.day, now)
            if effects := list(_effect(slug, model, kept, right)):
                yield _step(step.day, _total(models, now), effects, step.withdrawn)


_GroupEffect = tuple[ModelEffect, Mapping[str, Fraction]]


def _effect(slug: str, model: ModelUsage, old: PricingSide, new: PricingSide) -> Iterator[_GroupEffect]:
    """What lies between two sides of an offering's prices, in all and by group; nothing where it costs the same."""
    before, after = model.cost(old), model.cost(new)
    if before == after:
        return
    reason = after.reason or before.reason
    then, there = (side.prices.prices.period(side.at) for side in (old, new))
    moved = moved_prices(then, there, model.meters, model.tiers)
    effect = ModelEffect(slug, None if reason else _usd(after.total - before.total), reason, moved)
    # What has no price on one side has not become cheaper: it counts for no sum.
    yield effect, {} if reason else {group: after.groups[group] - before.groups[group] for group in after.groups}


def _step(
    day: datetime, before: Decimal, effects: Sequence[_GroupEffect], withdrawn: datetime | None = None
) -> OutlookStep:
    groups: dict[str, Fraction] = defaultdict(Fraction)
    for _, of_model in effects:
        for group, units in of_model.items():
            groups[group] += units
    largest = sorted((one for one, _ in effects), key=lambda one: (-abs(one.difference or Decimal(0)), one.offering))
    moved = {group: _usd(units) for group, units in sorted(groups.items()) if units}
    return OutlookStep(day, before, _usd(sum(groups.values(), Fraction(0))), largest, moved, withdrawn)


def _usd(units: Fraction) -> Decimal:
    return money(round(units))
