"""Which month of a comparison is the cheapest, as far as what is known of each can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmpricing.web.site import display
from llmpricing.web.site.compared_lines import DASH, DEPENDS

MonthBetween = tuple[Decimal, Decimal]  # between what a month lies in USD, twice the same where it is known


@dataclass(frozen=True, slots=True)
class MonthFinding:
    """What a comparison finds of a month, each by its name: which is the ``cheapest`` with its month, several where it
    depends on what the month does not state; by how much the ``others`` whose month is known are dearer; between what
    those ``between`` lie; why others are ``hindered`` to run it, and why the month of others is ``unknown``, any of
    which may be cheaper; those ``gone`` are no longer sold and take no part. In requests of ``length`` tokens; None: as
    the month is stated.
    """

    cheapest: list[tuple[str, str]]
    others: list[tuple[str, str]]
    between: list[tuple[str, str]]
    length: int | None = None
    hindered: tuple[tuple[str, str], ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()


def cheapest_of(months: Iterable[MonthBetween]) -> list[MonthBetween]:
    """Those that may be the least, as often as they stand there: several but where they are known to be alike, if it
    depends.
    """
    ordered = sorted(months, key=lambda one: (one[1], one[0]))
    if not ordered:
        return []
    least = ordered[0]
    below = [one for one in ordered[1:] if one[0] < least[1]]
    return [least, *below] if below else [one for one in ordered if one == least]


def is_sure(cheapest: Sequence[MonthBetween]) -> bool:
    """Whether these are known to be alike, if there are several."""
    return len(cheapest) == 1 or all(low == high for low, high in cheapest)


def above_the_cheapest(months: Sequence[MonthBetween | None]) -> list[str]:
    """By how many per cent each costs more than the cheapest that asks something, which what is free is not; where it
    depends which one that is, that it does.
    """
    cheapest = cheapest_of(one for one in months if one and one[1])
    least = "cheapest that is not free" if any(one and not one[1] for one in months) else "cheapest"
    return [DASH if one is None or not cheapest else _above(one, cheapest, least) for one in months]


def _above(month: MonthBetween, cheapest: Sequence[MonthBetween], word: str) -> str:
    (low, high), least = month, cheapest[0]
    if not high:
        return "free"
    if not is_sure(cheapest):
        return DEPENDS
    if month == least:
        return word
    if least[0] != least[1]:
        return DEPENDS
    return dearer(low, least[0]) if low == high else f"{dearer(low, least[0])} to {dearer(high, least[0])}"


def dearer(total: Decimal, least: Decimal) -> str:
    """By how many per cent a month costs more than the cheapest, as the table and its chart write it."""
    if total == least:
        return "cheapest"
    rounded = round((total - least) / least * 100)
    return "+<1 %" if total > least and not rounded else f"{rounded:+,} %"


def finding(
    months: Mapping[str, MonthBetween], told: Mapping[str, str], names: Mapping[str, str], sellers: Mapping[str, str]
) -> MonthFinding | None:
    """What is found of these ``months``, by id, as they are ``told``; the cheapest is named with who sells it, as
    ``sellers`` tells. None of fewer than two.
    """
    if len(months) < 2:
        return None
    cheapest, ordered = cheapest_of(months.values()), sorted(months, key=lambda slug: (*months[slug][::-1], slug))
    first = ordered[:1] if is_sure(cheapest) else [slug for slug in ordered if months[slug] in cheapest]
    rest = [slug for slug in ordered if slug not in first]
    exact = [slug for slug in rest if months[slug][0] == months[slug][1]]
    is_figure = is_sure(cheapest) and cheapest[0][0] == cheapest[0][1] > 0
    return MonthFinding(
        cheapest=[(names[slug] + sellers[slug], told[slug]) for slug in first],
        others=[(names[slug], dearer(months[slug][0], cheapest[0][0]) if is_figure else told[slug]) for slug in exact],
        between=[(names[slug], told[slug]) for slug in rest if slug not in exact],
    )


def dollars(total: Decimal) -> str:
    """A month as the table writes it."""
    return display.total(total, "USD")
