"""What the months of a comparison say: what each costs, which is the cheapest, by how much the others are dearer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain

from pyramid.request import Request

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.offering_detail import PriceDetail
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workload_hours import CostBounds, WorkloadCost
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.known_then import costs_then, models_then
from llmpricing.web.site import display
from llmpricing.web.site.compared_finding import (
    MonthBetween,
    MonthFinding,
    above_the_cheapest,
    cheapest_of,
    dollars,
    finding,
    is_sure,
)
from llmpricing.web.site.compared_lines import AS_MODEL, GONE, ComparedLine, are_sold, line_of
from llmpricing.web.site.compared_prices import with_hours, with_reached_steps
from llmpricing.web.site.long_months import LongMonth, LongMonths, long_months
from llmpricing.web.site.own_months import own_beside, told_beside
from llmpricing.web.site.workload import month_between, month_bounds, month_hours, month_total, per_mtok

_NOT_RUN = "cannot be run"
PricesOfEach = Sequence[Sequence[PriceDetail]]


@dataclass(frozen=True, slots=True)
class ComparedMonths:
    """What the month costs by offering, the same in ``long`` requests where such are asked for, and what is said of
    each one's maker, by id.
    """

    workload: Workload
    costs: Mapping[str, WorkloadCost]
    long: LongMonths | None
    own: Mapping[str, str]

    def lines(self, items: Sequence[OfferingItem], prices: PricesOfEach) -> list[ComparedLine]:
        """The month at each, and by how much the others are dearer; the same in long requests where these ask of
        anybody another month.
        """
        months = self.at_length(items)
        month = _month_line("My month", items, self.workload, self.costs, prices)
        usual = [month.also([self.own[item.id] for item in items]), _above("Above the cheapest", items, self.costs)]
        return [*usual, *_long_lines(self.long, months, items, prices)] if self.long and months else usual

    def line_per_mtok(self, items: Sequence[OfferingItem]) -> ComparedLine:
        """What a million tokens of the month cost at each."""
        each = [per_mtok(total, self.workload) for total in totals_of(items, self.costs)]

        def write(of: CostBounds) -> str:
            low, high = (per_mtok(one, self.workload) or one for one in (of.low, of.high))
            return display.month_range(CostBounds(low, high, of.missing))

        return _with_bounds(
            line_of("My month, per million tokens", each, dollars, min, are_sold(items)), items, self.costs, write
        )

    def at_length(self, items: Sequence[OfferingItem]) -> list[LongMonth]:
        """The month of each in long requests; none where none are asked for, or they ask of nobody another month."""
        months = [self.long.at(item) for item in items] if self.long else []
        usual = totals_of(items, self.costs)
        return months if any(one.is_other(total) for one, total in zip(months, usual, strict=bool(months))) else []

    def findings(
        self,
        items: Sequence[OfferingItem],
        models: Mapping[str, SoldModel],
        sellers: Mapping[str, str],
        lent: Container[str] = (),
    ) -> list[MonthFinding]:
        """What is found of the month: in long requests first, where these ask another one of anybody, and as it is
        stated; none of a month that fewer than two have. Those ``lent``, by id, are what is asked for by what lists
        say of the model alone.
        """
        plain = names_of([item.id for item in items], models, sellers)
        names, at = told_names(items, plain, lent), _sold_at(items, plain, models, sellers)
        found = []
        if self.long and (months := self.at_length(items)):
            hindered = [(names[item.id], one.hindrance) for item, one in zip(items, months, strict=True)]
            can_run = [item for item, one in zip(items, months, strict=True) if not one.hindrance]
            at_length = month_finding(can_run, self.long.costs, names, at)
            kept = tuple(one for one in hindered if one[1])
            found.append(at_length and replace(at_length, length=self.long.length, hindered=kept))
        found.append(month_finding(items, self.costs, names, at))
        return [one for one in found if one]


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
    length = f"at {display.tokens(long.length)} a request"
    can_run = {item.id for item, one in zip(items, months, strict=True) if not one.hindrance}
    costs = {slug: cost for slug, cost in long.costs.items() if slug in can_run}
    line = _month_line(f"My month {length}", items, long.workload, costs, prices)
    told = line.also([one.hindrance for one in months])
    is_any_above = sum(one is not None for one in _months(items, costs)) > 1
    above = [_above(f"Above the cheapest {length}", items, costs)] if is_any_above else []
    return [_where_run(one, months) for one in (told, *above)]


def _where_run(line: ComparedLine, months: Sequence[LongMonth]) -> ComparedLine:
    cells = [_NOT_RUN if one.hindrance else cell for one, cell in zip(months, line.cells, strict=True)]
    return replace(line, cells=cells)


def _above(title: str, items: Sequence[OfferingItem], costs: Mapping[str, WorkloadCost]) -> ComparedLine:
    sold = are_sold(items)
    months = [one if is_sold else None for one, is_sold in zip(_months(items, costs), sold, strict=True)]
    above = above_the_cheapest(months)
    return ComparedLine(title, [cell if is_sold else GONE for cell, is_sold in zip(above, sold, strict=True)])


def _months(items: Sequence[OfferingItem], costs: Mapping[str, WorkloadCost]) -> list[MonthBetween | None]:
    """Between what the month lies at each, None where nobody knows."""
    return [month_between(item.price_state, costs.get(item.id)) for item in items]


def totals_of(items: Sequence[OfferingItem], costs: Mapping[str, WorkloadCost]) -> list[Decimal | None]:
    """The month at each, None where it is unknown."""
    return [month_total(one.price_state, costs.get(one.id)) for one in items]


def _month_line(
    title: str,
    items: Sequence[OfferingItem],
    workload: Workload,
    costs: Mapping[str, WorkloadCost],
    prices: PricesOfEach,
) -> ComparedLine:
    totals = totals_of(items, costs)
    hours = [month_hours(total, costs.get(one.id)) for total, one in zip(totals, items, strict=True)]
    line = with_hours(
        with_reached_steps(line_of(title, totals, dollars, min, are_sold(items)), workload, prices), hours
    )
    return _with_bounds(line, items, costs, display.month_range)


def _with_bounds(
    line: ComparedLine,
    items: Sequence[OfferingItem],
    costs: Mapping[str, WorkloadCost],
    write: Callable[[CostBounds], str],
) -> ComparedLine:
    """The line with the months that lie between bounds: none is the best that one of these may be below."""
    bounds = [month_bounds(item.price_state, costs.get(item.id)) for item in items]
    if not any(bounds):
        return line
    cells, months = (
        [write(of) if of else cell for cell, of in zip(line.cells, bounds, strict=True)],
        _months(items, costs),
    )
    sold = [one if is_sold else None for one, is_sold in zip(months, are_sold(items), strict=True)]
    cheapest = cheapest_of(filter(None, sold))
    best = {place for place, one in enumerate(sold) if one in cheapest} if is_sure(cheapest) else set()
    return replace(line, cells=cells, best=frozenset(best if len(best) < len(months) else ()))


def month_finding(
    items: Sequence[OfferingItem],
    costs: Mapping[str, WorkloadCost],
    names: Mapping[str, str],
    sellers: Mapping[str, str],
) -> MonthFinding | None:
    """What is found of the months of these ``costs``, by id, at the offerings that are still sold: the cheapest is
    named with what ``sellers`` says behind its name. None where fewer than two have a month.
    """
    sold = [item for item, is_sold in zip(items, are_sold(items), strict=True) if is_sold]
    months = {item.id: one for item, one in zip(sold, _months(sold, costs), strict=True) if one}
    bounds = {item.id: month_bounds(item.price_state, costs.get(item.id)) for item in sold}
    told = {slug: display.month_range(of) if (of := bounds[slug]) else dollars(one[0]) for slug, one in months.items()}
    unknown = tuple((names[item.id], display.no_month(item)) for item in sold if item.id not in months)
    found = finding(months, told, names, sellers)
    return found and replace(found, unknown=unknown, gone=tuple(names[item.id] for item in items if item not in sold))


def told_names(items: Sequence[OfferingItem], names: Mapping[str, str], lent: Container[str] = ()) -> dict[str, str]:
    """The names, each with what stands against it: another way to sell it than the plain one, that it is sold no more,
    or said of the model alone.
    """
    told = {}
    for item in items:
        doubts = [way] if (way := display.way(item.id)) else []
        doubts += [display.words(item.status)] if item.status not in (None, "active") else []
        doubts += [AS_MODEL] if item.id in lent else []
        told[item.id] = f"{names[item.id]} ({', '.join(doubts)})" if doubts else names[item.id]
    return told


def _sold_at(
    items: Sequence[OfferingItem],
    names: Mapping[str, str],
    models: Mapping[str, SoldModel],
    sellers: Mapping[str, str],
) -> dict[str, str]:
    """What is said of the seller behind the ``names``, by id: nothing where the name tells who it is."""
    houses = {item.id: sellers.get(item.provider, item.provider) for item in items}
    return {slug: f" at {houses[slug]}" if name == models[slug].name else "" for slug, name in names.items()}


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
