"""What a workload costs at several offerings, as bars, the cheapest first: as the comparison that shows it has it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from decimal import Decimal
from typing import Any

from llmpricing.charts.chart import Chart, axis_of_names, inline, position
from llmpricing.charts.theme import INK, SERIES
from llmpricing.domain.money import to_text
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.quotes.workloads import why_no_cost
from llmpricing.web.site import display
from llmpricing.web.site.compared_finding import MonthFinding, dollars
from llmpricing.web.site.compared_lines import are_sold
from llmpricing.web.site.compared_months import month_finding, told_names, totals_of
from llmpricing.web.site.workload import month_bounds

_COLUMNS = ("offering", "total", "currency", "state", "prices")
NOT_RUN = "cannot_be_run"  # the state of a cost in requests that an offering does not take
_BAR = 36  # pixels of an offering


def costs_chart(
    items: Sequence[OfferingItem],
    costs: Mapping[str, WorkloadCost],
    names: Mapping[str, str],
    *,
    length: int | None = None,
    hindered: Mapping[str, str] | None = None,
    agreed: Container[str] = (),
) -> Chart:
    """The chart of these offerings' months in USD; ``costs`` are by id, as are ``names`` of their models. Offerings
    whose total nobody knows stand among the facts alone, which keep the ids, and so do those that are ``hindered``,
    with why, to run requests of ``length`` tokens, where the costs are of such. At those ``agreed``, by id, a contract
    rate counts.
    """
    hindered, names = hindered or {}, told_names(items, names)
    run = [item for item in items if item.id not in hindered]
    months = dict(zip([item.id for item in run], totals_of(run, costs), strict=True))
    ordered = sorted((total, slug) for slug, total in months.items() if total is not None)
    between = {item.id: of for item in run if (of := month_bounds(item.price_state, costs.get(item.id)))}
    silent = [item for item in run if months[item.id] is None and item.id not in between]
    gone = {item.id for item, is_sold in zip(items, are_sold(items), strict=True) if not is_sold}
    about = (
        ("Between", sorted(f"{names[slug]} {display.month_range(of)}" for slug, of in between.items())),
        ("Cannot be run", sorted(f"{names[slug]} ({why})" for slug, why in hindered.items())),
        ("Not known", sorted(_unknown(item, names) for item in silent)),
        ("No longer sold, and not ranked", sorted(names[slug] for slug in gone)),
        ("By your contract rates", sorted(names[item.id] for item in items if item.id in agreed)),
    )
    told = " ".join(f"{words}: {', '.join(found)}." for words, found in about if found)
    bars = ". ".join(f"{names[slug]}: {dollars(total)}" for total, slug in ordered)
    sold = [(total, slug) for total, slug in ordered if slug not in gone]
    found = month_finding(run, costs, names, dict.fromkeys(names, ""))
    lone = None if len(sold) != 1 else f"{names[sold[0][1]]} costs {dollars(sold[0][0])}"
    best = {slug for total, slug in sold if total == sold[0][0]}
    return Chart(
        _finding(found, lone, f" at {display.tokens(length)} a request" if length else "", is_open=bool(between)),
        f"{bars}. {told}".strip(),
        _COLUMNS,
        [_facts(item, costs.get(item.id), months.get(item.id), hindered, agreed) for item in items],
        lambda _: _layers(ordered, names, best if found is None or len(found.cheapest) == 1 else ()),
        _BAR * max(len(ordered), 1),
    )


def _unknown(item: OfferingItem, names: Mapping[str, str]) -> str:
    why = display.no_month(item).removeprefix("unknown").removeprefix(": ")
    return f"{names[item.id]} ({why})" if why else names[item.id]


def _facts(
    item: OfferingItem,
    cost: WorkloadCost | None,
    total: Decimal | None,
    hindered: Container[str],
    agreed: Container[str],
) -> list[Any]:
    state = "unknown" if cost is None else cost.state
    if item.id in hindered:
        state = NOT_RUN
    elif item.price_state == UNDATED:
        state = UNDATED
    elif cost is not None and cost.total is not None:
        state = why_no_cost(item.price_state, cost.total) or state
    currency, prices = cost and cost.currency, "contract" if item.id in agreed else "list"
    return [item.id, None if total is None else to_text(total), currency, state, prices]


def _finding(found: MonthFinding | None, lone: str | None, length: str, *, is_open: bool) -> str:
    """What the comparison finds, in a line; ``lone`` is the one month that is known, where it is one alone."""
    if found is None:
        if lone is not None:
            return f"{lone}{length}"
        depends = f"What this costs{length} at these offerings depends on what it does not state"
        return depends if is_open else f"Nobody knows what this costs{length} at these offerings"
    known = "of those whose month is known " if found.unknown else ""
    if len(found.cheapest) > 1:
        open_ = " or ".join(f"{name} ({month})" for name, month in found.cheapest)
        return f"It depends which {known}costs the least{length}: {open_}"
    (name, month), last = found.cheapest[0], found.others[-1:]
    head = f"{name} costs the least {known.strip()}".strip() + f"{length}, {month}"
    if not last:
        return head
    return f"{head}; {last[0][0]} {'as much' if last[0][1] == 'cheapest' else f'the most ({last[0][1]})'}"


def _layers(
    ordered: Sequence[tuple[Decimal, str]], names: Mapping[str, str], best: Container[str]
) -> list[dict[str, Any]]:
    bars = [
        {"offering": names[slug], "total": position(total), "words": dollars(total), "least": slug in best}
        for total, slug in ordered
    ]
    y = {
        "field": "offering",
        "type": "nominal",
        "title": None,
        "sort": None,
        "axis": axis_of_names([names[slug] for _, slug in ordered]),
    }
    x = {"field": "total", "type": "quantitative", "title": "USD", "axis": {"tickCount": 5, "format": ",~f"}}
    colour = {"condition": {"test": "datum.least", "value": SERIES[0]}, "value": SERIES[3]}
    text = {"type": "text", "align": "left", "dx": 6, "color": INK, "fontWeight": 600}
    return [
        {"data": inline(bars), "mark": {"type": "bar", "height": 20}, "encoding": {"x": x, "y": y, "color": colour}},
        {"data": inline(bars), "mark": text, "encoding": {"x": x, "y": y, "text": {"field": "words"}}},
    ]
