"""What a workload costs at several offerings, as bars, the cheapest first."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from llmpricing.charts.chart import Chart, axis_of_names, inline, position
from llmpricing.charts.theme import INK, SERIES
from llmpricing.domain.money import to_text
from llmpricing.services.quotes.workload_hours import CostBounds, WorkloadCost
from llmpricing.web.site import display
from llmpricing.web.site.compared_finding import dearer

_COLUMNS = ("offering", "total", "currency", "state", "prices")
NOT_RUN = "cannot_be_run"  # the state of a cost in requests that an offering does not take
_BAR = 36  # pixels of an offering


def costs_chart(
    costs: Sequence[WorkloadCost],
    names: Mapping[str, str],
    *,
    length: int | None = None,
    hindered: Mapping[str, str] | None = None,
    agreed: Container[str] = (),
) -> Chart:
    """The chart of these costs; ``names`` are those of their models by id. Offerings whose total nobody knows stand
    among the facts alone, which keep the ids, and so do those that are ``hindered``, with why, to run requests of
    ``length`` tokens, where the costs are of such. At those ``agreed``, by id, a contract rate counts.
    """
    hindered = hindered or {}
    costs = [one._replace(total=None, state=NOT_RUN) if one.offering in hindered else one for one in costs]
    known = sorted((one for one in costs if one.total is not None), key=lambda one: (one.total, one.offering))
    silent_ones = [one for one in costs if one.total is None and one.offering not in hindered]
    between = {names[one.offering]: one.bounds for one in silent_ones if one.bounds}
    unknown = sorted(names[one.offering] for one in silent_ones if not one.bounds)
    ranges = [f"{name} {display.month_range(of)}" for name, of in sorted(between.items())]
    not_run = sorted(f"{names[slug]} ({why})" for slug, why in hindered.items())
    own = sorted(names[one.offering] for one in costs if one.offering in agreed)
    rows = [[*_facts(one), "contract" if one.offering in agreed else "list"] for one in costs]
    silent = (
        ("Between", ranges),
        ("Cannot be run", not_run),
        ("Not known", unknown),
        ("By your contract rates", own),
    )
    about = " ".join(f"{words}: {', '.join(found)}." for words, found in silent if found)
    told = ". ".join(f"{names[one.offering]}: {_money(one)}" for one in known)
    return Chart(
        _finding(known, names, between, f" at {display.tokens(length)} a request" if length else ""),
        f"{told}. {about}".strip(),
        _COLUMNS,
        rows,
        lambda _: _layers(known, names),
        _BAR * max(len(known), 1),
    )


def _facts(one: WorkloadCost) -> list[Any]:
    return [one.offering, None if one.total is None else to_text(one.total), one.currency, one.state]


def _finding(
    known: Sequence[WorkloadCost], names: Mapping[str, str], between: Mapping[str, CostBounds], length: str
) -> str:
    if not known and between:
        return f"What this costs{length} at these offerings depends on what it does not state"
    if not known:
        return f"Nobody knows what this costs{length} at these offerings"
    first, last = known[0], known[-1]
    below = [name for name, of in sorted(between.items()) if first.total is not None and of.low < first.total]
    if below:
        return f"{names[first.offering]} costs {_money(first)}{length}; {' and '.join(below)} may cost less"
    if first.total is None or last.total is None or len(known) == 1:
        return f"{names[first.offering]} costs {_money(first)}{length}"
    more = f" ({dearer(last.total, first.total)})" if first.total and last.total > first.total else ""
    return f"{names[first.offering]} costs the least{length}, {_money(first)}; {names[last.offering]} the most{more}"


def _money(one: WorkloadCost) -> str:
    if not one.total:
        return "free"
    places = 2 if one.total >= 1 else 4
    return f"{display.sign(one.currency)}{display.amount(round(one.total, places))}"


def _layers(known: Sequence[WorkloadCost], names: Mapping[str, str]) -> list[dict[str, Any]]:
    bars = [
        {"offering": names[one.offering], "total": position(one.total), "words": _money(one), "least": not place}
        for place, one in enumerate(known)
        if one.total is not None
    ]
    unit = known[0].currency if known else "USD"
    y = {
        "field": "offering",
        "type": "nominal",
        "title": None,
        "sort": None,
        "axis": axis_of_names([names[one.offering] for one in known]),
    }
    x = {"field": "total", "type": "quantitative", "title": unit, "axis": {"tickCount": 5, "format": ",~f"}}
    colour = {"condition": {"test": "datum.least", "value": SERIES[0]}, "value": SERIES[3]}
    text = {"type": "text", "align": "left", "dx": 6, "color": INK, "fontWeight": 600}
    return [
        {"data": inline(bars), "mark": {"type": "bar", "height": 20}, "encoding": {"x": x, "y": y, "color": colour}},
        {"data": inline(bars), "mark": text, "encoding": {"x": x, "y": y, "text": {"field": "words"}}},
    ]
