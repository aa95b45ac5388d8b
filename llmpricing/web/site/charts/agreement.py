"""How many prices of each two lists agree, as bars."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from llmpricing.charts.chart import Chart, axis_of_names, inline
from llmpricing.charts.theme import INK, SERIES
from llmpricing.services.catalogue.agreement import ListAgreement, summed
from llmpricing.web.site.display import per_cent, stated_by

_COLUMNS = ("first", "second", "compared", "agree", "apart", "severe", "in_one_alone")
_BAR = 44  # pixels of two lists
_KINDS = ("agree", "apart")


def agreement_chart(found: Sequence[ListAgreement]) -> Chart:
    """The chart of the agreement of each two lists."""
    rows = [
        [one.first, one.second, one.compared, one.compared - one.apart, one.apart, one.severe, one.lone]
        for one in found
    ]
    return Chart(_finding(found), _about(found), _COLUMNS, rows, lambda _: _layers(found), _BAR * max(len(found), 1))


def share(of: ListAgreement) -> str:
    """The share that agrees: ``91 % of 1,108``; nothing where nothing is compared."""
    return f"{per_cent(Fraction(of.compared - of.apart, of.compared))} of {of.compared:,}" if of.compared else ""


def _pair(one: ListAgreement) -> str:
    return f"{stated_by(one.first)}, {stated_by(one.second)}"


def _finding(found: Sequence[ListAgreement]) -> str:
    agreed = share(summed("", found))
    if not agreed:
        return "No price stands in two lists yet"
    return f"{agreed} figures that a list states beside the price that counts agree with it"


def _about(found: Sequence[ListAgreement]) -> str:
    return ". ".join(f"{_pair(one)}: {share(one) or 'nothing to compare'}" for one in found)


def _layers(found: Sequence[ListAgreement]) -> list[dict[str, Any]]:
    bars = [
        {"pair": _pair(one), "kind": kind, "prices": count}
        for one in found
        for kind, count in zip(_KINDS, (one.compared - one.apart, one.apart), strict=True)
    ]
    words = [
        {"pair": _pair(one), "prices": one.compared, "words": f"{share(one)} agree"} for one in found if one.compared
    ]
    y = {"field": "pair", "type": "nominal", "title": None, "axis": axis_of_names([_pair(one) for one in found])}
    x = {"field": "prices", "type": "quantitative", "title": "figures that both have", "axis": {"tickCount": 5}}
    colour = {
        "field": "kind",
        "scale": {"domain": _KINDS, "range": [SERIES[0], SERIES[2]]},
        "title": None,
        "legend": {"orient": "top"},
    }
    order = {"field": "kind", "sort": "ascending"}
    text = {"type": "text", "align": "left", "dx": 6, "color": INK}
    return [
        {"data": inline(bars), "mark": "bar", "encoding": {"x": x, "y": y, "color": colour, "order": order}},
        {"data": inline(words), "mark": text, "encoding": {"x": x, "y": y, "text": {"field": "words"}}},
    ]
