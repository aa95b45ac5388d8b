"""What each month of an audit's log used, beside the price of a subscription."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.charges import WIDE

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.groups import Grouping
    from llmpricing.services.usage_log.formats.usage_file import UsageFile

_DAY = len("2026-01-31")


@dataclass
class UsedMonth:
    """What was used in a month, in USD; ``first`` and ``last`` are the days that the log tells of where it begins or
    ends within the month, so that more may have been used.
    """

    month: str
    used: Decimal = Decimal(0)
    first: str | None = None
    last: str | None = None


def used_months(days: Grouping) -> list[UsedMonth]:
    """The months of these days, in order; what has no day comes last."""
    found: dict[str, UsedMonth] = {}
    for (day,), group in sorted(days.groups.items()):
        month = day[:7] if day[:1].isdigit() else day
        one = found.setdefault(month, UsedMonth(month))
        one.used = WIDE.add(one.used, group.recomputed)
    dated = sorted(day for (day,) in days.groups if day[:1].isdigit() and len(day) == _DAY)
    if dated:
        begins, ends = dated[0], dated[-1]
        if begins[8:] != "01":
            found[begins[:7]].first = begins
        if int(ends[8:]) < monthrange(int(ends[:4]), int(ends[5:7]))[1]:
            found[ends[:7]].last = ends
    return [one for _, one in sorted(found.items(), key=lambda item: (not item[0][:1].isdigit(), item[0]))]


def month_document(flat: Decimal, one: UsedMonth) -> dict[str, Any]:
    """A month for programs."""
    sums = {"used": to_text(one.used), "flat": to_text(flat), "flat_saves": to_text(one.used - flat)}
    return {"month": one.month, **sums, "log_begins": one.first, "log_ends": one.last}


def month_lines(files: Sequence[UsageFile], days: Grouping, flat: Decimal) -> Iterator[str]:
    """The months for people."""
    yield f"A subscription at USD {to_text(flat)} a month breaks even at as much usage:"
    for one in used_months(days):
        more = one.used - flat
        said = f"it would save USD {to_text(more)}" if more > 0 else f"paying by use saves USD {to_text(-more)}"
        yield f"  {one.month}: USD {to_text(one.used)} used{_partly(one)}, {said}"
    tools = dict.fromkeys(file.shape.title for file in files)
    if len(tools) > 1:
        yield (
            f"  That is one subscription for all of {', '.join(tools)}: a plan of one tool is set against its own "
            "usage where its files are named alone, such as llmpricing audit ~/.claude/projects --flat 200/month"
        )


def _partly(one: UsedMonth) -> str:
    parts = [f"from {one.first}"] if one.first else []
    parts += [f"to {one.last}"] if one.last else []
    return f" {' '.join(parts)}, which is all that the log tells of the month" if parts else ""
