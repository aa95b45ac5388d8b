"""What an outlook found, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING

from llmpricing.domain.money import to_text
from llmpricing.scripts.commands.price_bill import counted_records, recognised
from llmpricing.scripts.prices_moved import amount_text
from llmpricing.scripts.usage_shapes import FoundFiles

if TYPE_CHECKING:
    from llmpricing.services.usage_log.sums.moved_prices import MovedPrice
    from llmpricing.services.usage_log.sums.outlook import ModelEffect, Outlook, OutlookStep
    from llmpricing.services.usage_log.sums.outlook_months import MonthCost, WithoutPrice

_SHOWN = 40


def outlook_lines(files: FoundFiles, found: Outlook) -> Iterator[str]:
    """The outlook for people."""
    yield from recognised(files.known, files.unknown)
    yield from counted_records(found.bill)
    if found.since is None:
        yield "No record has a price, so that there is nothing to look ahead with."
        return
    yield (
        f"Usage of {found.days_in_words}, {_from_to(found)}: "
        f"{found.records:,} records, USD {to_text(found.today)} at today's prices{_thirty(found, found.today)}"
    )
    if found.left_out:
        yield f"  {found.left_out}"
    yield from _gaps(found.unpriced, "now")
    yield "What is coming:" if found.steps else "What is coming: no announced price changes what this usage costs."
    for step in found.steps:
        by = "" if step.share is None else f" ({step.share * 100:+.2f} %)"
        yield f"  {step.day:%Y-%m-%d}: {_signed(step.difference)}{by}"
        yield from _effects(step, found.way)
    if found.withdrawn:
        yield "Announced and withdrawn:"
    for step in found.withdrawn:
        yield (
            f"  {step.day:%Y-%m-%d}, withdrawn on {step.withdrawn:%Y-%m-%d}: "
            f"{_signed(step.difference)} against tools that kept it"
        )
        yield from _effects(step, found.way)
    yield f"The usage of {found.days_in_words} at the prices of each month:"
    for one in found.months:
        yield f"  {one.month}: USD {to_text(one.cost)}{_thirty(found, one.cost)}{_beyond(one)}"
        yield from _gaps(one.unpriced, "then")


def _from_to(found: Outlook) -> str:
    """The days that count, the last one too."""
    assert found.since is not None  # noqa: S101 - asked of what has usage
    first = f"{found.since.astimezone(UTC):%Y-%m-%d}"
    return first if found.days == 1 else f"{first} to {found.last_day}, both counted"


def _thirty(found: Outlook, cost: Decimal) -> str:
    """What thirty days like those of a shorter log cost."""
    each = found.thirty_such_days(cost)
    return "" if each is None else f" (30 such days: USD {to_text(each)})"


def _beyond(one: MonthCost) -> str:
    """Between what all of a month lies, where some of it has no one price or may lie across a step."""
    if not one.unpriced and one.low == one.high:
        return ""
    most = "nobody says how much at most" if one.high is None else f"at most {to_text(one.high)}"
    priced = " for what has a price" if one.unpriced else ""
    return f"{priced}; all of it at least {to_text(one.low)}, {most}"


def _gaps(gaps: Sequence[WithoutPrice], when: str) -> Iterator[str]:
    for one in gaps[:_SHOWN]:
        today = f", which cost USD {to_text(one.today)} today" if one.today else ""
        bounds = (
            "" if one.low is None or one.high is None else f" (between USD {to_text(one.low)} and {to_text(one.high)})"
        )
        yield f"    not counted: {one.records:,} records of {one.offering}{today}; {when}: {one.reason}{bounds}"
    if len(gaps) > _SHOWN:
        yield f"    and {len(gaps) - _SHOWN} more offerings; --json tells all"


def _effects(step: OutlookStep, way: str) -> Iterator[str]:
    from llmpricing.services.usage_log.audit.groups import NOT_STATED

    for one in step.models[:_SHOWN]:
        yield f"    {_effect(one)}"
    if len(step.models) > _SHOWN:
        yield f"    and {len(step.models) - _SHOWN} more models; --json tells all"
    if step.groups.keys() - {NOT_STATED}:
        yield f"    by {way}: {', '.join(f'{group} {_signed(money)}' for group, money in step.groups.items())}"


def _effect(one: ModelEffect) -> str:
    said = _signed(one.difference) if one.difference is not None else one.reason
    moved = "; ".join(map(_moved, one.moved))
    return f"{one.offering}: {said}{f' ({moved})' if moved else ''}"


def _moved(moved: MovedPrice) -> str:
    old, new = ("no price" if one is None else amount_text(one) for one in (moved.old, moved.new))
    return f"{moved.meter}{f' [{moved.conditions}]' if moved.conditions else ''}: {old} -> {new}"


def _signed(money: Decimal) -> str:
    return f"USD {'+' if money > 0 else ''}{to_text(money)}"
