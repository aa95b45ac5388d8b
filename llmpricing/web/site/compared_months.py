"""What the months of a comparison say: what each costs, which is the cheapest, by how much the others are dearer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain

from pyramid.request import Request

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.offering_detail import PriceDetail
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workload_plans import WorkloadTotal
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.site import display
from llmpricing.web.site.compared_lines import DASH, ComparedLine, line_of
from llmpricing.web.site.compared_prices import with_hours, with_reached_steps
from llmpricing.web.site.known_then import costs_then, models_then
from llmpricing.web.site.long_months import LongMonth, LongMonths, long_months
from llmpricing.web.site.own_months import own_beside, told_beside
from llmpricing.web.site.workload import month_bounds, month_hours, month_total

_NOT_RUN = "cannot be run"
PricesOfEach = Sequence[Sequence[PriceDetail]]


@dataclass(frozen=True, slots=True)
class MonthFinding:
    """What a comparison finds of a month: (name, how its month compares) from the cheapest on, and (name, why) of those
    that cannot run it and of those whose month is ``unknown``, any of which may be cheaper; in requests of ``length``
    tokens, None: as the month is stated.
    """

    months: list[tuple[str, str]]
    length: int | None = None
    hindered: tuple[tuple[str, str], ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ComparedMonths:
    """What the month costs by offering, the same in ``long`` requests where such are asked for, and what is said of
    each one's maker, by id.
    """

    workload: Workload
    costs: Mapping[str, WorkloadTotal]
    long: LongMonths | None
    own: Mapping[str, str]

    def lines(self, items: Sequence[OfferingItem], prices: PricesOfEach) -> list[ComparedLine]:
        """The month at each, and by how much the others are dearer; the same in long requests where these ask of
        anybody another month.
        """
        totals, months = totals_of(items, self.costs), self.at_length(items)
        month = _month_line("My month", items, totals, self.workload, self.costs, prices)
        usual = [month.also([self.own[item.id] for item in items]), _above("Above the cheapest", totals)]
        return [*usual, *_long_lines(self.long, months, items, prices)] if self.long and months else usual

    def at_length(self, items: Sequence[OfferingItem]) -> list[LongMonth]:
        """The month of each in long requests; none where none are asked for, or they ask of nobody another month."""
        months = [self.long.at(item) for item in items] if self.long else []
        usual = totals_of(items, self.costs)
        return months if any(one.is_other(total) for one, total in zip(months, usual, strict=bool(months))) else []

    def findings(
        self, items: Sequence[OfferingItem], models: Mapping[str, SoldModel], sellers: Mapping[str, str]
    ) -> list[MonthFinding]:
        """What is found of the month: in long requests first, where these ask another one of anybody, and as it is
        stated; none of a month that fewer than two have.
        """
        found, names = [], names_of([item.id for item in items], models, sellers)
        if self.long and (months := self.at_length(items)):
            hindered = [(names[item.id], one.hindrance) for item, one in zip(items, months, strict=True)]
            ranked = finding(items, models, sellers, {i.id: m.total for i, m in zip(items, months, strict=True)})
            can_run = [item for item, one in zip(items, months, strict=True) if not one.hindrance]
            unknown = _unknown(can_run, names, self.long.costs)
            found.append(MonthFinding(ranked, self.long.length, tuple(one for one in hindered if one[1]), unknown))
        usual = dict(zip([item.id for item in items], totals_of(items, self.costs), strict=True))
        found.append(MonthFinding(finding(items, models, sellers, usual), unknown=_unknown(items, names, self.costs)))
        return [one for one in found if one.months]


def compared_months(
    request: Request,
    clocks: Clocks,
    workload: Workload,
    length: int | None,
    models: Mapping[str, SoldModel],
    sellers: Mapping[str, str],
    stands_on: StandsOn,
) -> ComparedMonths:
    """The months at the offerings that these ``models`` are by, for requests of ``length`` too."""
    then = dict(zip(models, models_then(request, clocks, list(models.values()), stands_on), strict=True))
    shown = [row for slug, model in models.items() for row in model.rows if row.id == slug]
    own = {slug: own_beside(model, slug, models) for slug, model in then.items()}
    costs = costs_then(request, clocks, workload, [*shown, *chain(*own.values())], stands_on)
    told = {slug: told_beside(of_one, costs, sellers) for slug, of_one in own.items()}
    return ComparedMonths(workload, costs, long_months(request, clocks, workload, length, shown, stands_on), told)


def _long_lines(
    long: LongMonths, months: Sequence[LongMonth], items: Sequence[OfferingItem], prices: PricesOfEach
) -> list[ComparedLine]:
    totals, length = [one.total for one in months], f"at {display.tokens(long.length)} a request"
    line = _month_line(f"My month {length}", items, totals, long.workload, long.costs, prices)
    told = line.also([one.hindrance for one in months])
    above = [_above(f"Above the cheapest {length}", totals)] if len(totals) - totals.count(None) > 1 else []
    return [_where_run(one, months) for one in (told, *above)]


def _where_run(line: ComparedLine, months: Sequence[LongMonth]) -> ComparedLine:
    cells = [_NOT_RUN if one.hindrance else cell for one, cell in zip(months, line.cells, strict=True)]
    return replace(line, cells=cells)


def _above(title: str, totals: Sequence[Decimal | None]) -> ComparedLine:
    return ComparedLine(title, above_the_cheapest(totals))


def totals_of(items: Sequence[OfferingItem], costs: Mapping[str, WorkloadTotal]) -> list[Decimal | None]:
    """The month at each, None where it is unknown."""
    return [month_total(one.price_state, costs.get(one.id)) for one in items]


def _month_line(
    title: str,
    items: Sequence[OfferingItem],
    totals: Sequence[Decimal | None],
    workload: Workload,
    costs: Mapping[str, WorkloadTotal],
    prices: PricesOfEach,
) -> ComparedLine:
    hours = [month_hours(total, costs.get(one.id)) for total, one in zip(totals, items, strict=True)]
    line = with_hours(with_reached_steps(line_of(title, totals, dollars, min), workload, prices), hours)
    bounds = [month_bounds(one.price_state, costs.get(one.id)) for one in items]
    told = zip(line.cells, bounds, strict=True)
    return replace(line, cells=[f"unknown: {display.month_range(one)}" if one else cell for cell, one in told])


def finding(
    items: Sequence[OfferingItem],
    models: Mapping[str, SoldModel],
    sellers: Mapping[str, str],
    totals: Mapping[str, Decimal | None],
) -> list[tuple[str, str]]:
    """(name, how its month compares) from the cheapest on, one that is sold no more marked; none where fewer than two
    ``totals`` are known.
    """
    known = sorted((total, slug) for slug, total in totals.items() if total is not None)
    if len(known) < 2:
        return []
    named = names_of([slug for _, slug in known], models, sellers)
    names = [named[slug] for _, slug in known]
    gone = {one.id: f" ({display.words(one.status)})" for one in items if one.status not in (None, "active")}
    names = [name + gone.get(slug, "") for name, (_, slug) in zip(names, known, strict=True)]
    told = above_the_cheapest([total for total, _ in known]) if known[0][0] else [dollars(total) for total, _ in known]
    return [(names[0], dollars(known[0][0])), *zip(names[1:], told[1:], strict=True)]


def _unknown(
    items: Sequence[OfferingItem], names: Mapping[str, str], costs: Mapping[str, WorkloadTotal]
) -> tuple[tuple[str, str], ...]:
    each = zip(items, totals_of(items, costs), strict=True)
    return tuple(
        (names[item.id], display.no_month(item, month_bounds(item.price_state, costs.get(item.id))))
        for item, total in each
        if total is None
    )


def names_of(slugs: Sequence[str], models: Mapping[str, SoldModel], sellers: Mapping[str, str]) -> dict[str, str]:
    """What each is called beside the others, by id: by its model, with its seller where two are of one model, and by
    its id where one seller has several of it.
    """
    name = {slug: models[slug].name for slug in slugs}
    once = Counter(name.values())
    full = {
        slug: text if once[text] == 1 else f"{text} by {sellers.get(house := slug.partition('/')[0], house)}"
        for slug, text in name.items()
    }
    again = Counter(full.values())
    return {slug: text if again[text] == 1 else slug for slug, text in full.items()}


def above_the_cheapest(totals: Sequence[Decimal | None]) -> list[str]:
    """By how many per cent each costs more than the cheapest that asks something."""
    least = min(filter(None, totals), default=None)
    if least is None:
        return [DASH for _ in totals]
    return [DASH if total is None else dearer(total, least) for total in totals]


def dearer(total: Decimal, least: Decimal) -> str:
    """By how many per cent a month costs more than the cheapest, as the table and its chart write it."""
    if total == least:
        return "cheapest"
    rounded = round((total - least) / least * 100)
    return "+<1 %" if total > least and not rounded else f"{rounded:+,} %"


def dollars(total: Decimal) -> str:
    """A month as the table writes it."""
    return display.total(total, "USD")
