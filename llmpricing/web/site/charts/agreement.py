"""How many prices of each two lists agree, as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmpricing.services.catalogue.agreement import ListAgreement
from llmpricing.web.site.charts.chart import Chart, axis_of_names, inline
from llmpricing.web.site.charts.theme import INK, SERIES

_COLUMNS = ("first", "second", "compared", "agree", "apart", "severe")
_BAR = 44  # pixels of two lists
_KINDS = ("agree", "apart")


def agreement_chart(found: Sequence[ListAgreement]) -> Chart:
    """The chart of the agreement of each two lists."""
    rows = [[one.first, one.second, one.compared, one.compared - one.apart, one.apart, one.severe] for one in found]
    return Chart(_finding(found), _about(found), _COLUMNS, rows, lambda _: _layers(found), _BAR * max(len(found), 1))


def share(compared: int, apart: int) -> int:
    """The share that agrees, in whole per cent."""
    return 100 * (compared - apart) // compared


def _pair(one: ListAgreement) -> str:
    return f"{one.first}, {one.second}"


def _finding(found: Sequence[ListAgreement]) -> str:
    if not found:
        return "No price stands in two lists yet"
    total, apart = sum(one.compared for one in found), sum(one.apart for one in found)
    return f"{share(total, apart)} % of {total:,} prices that two lists state agree"


def _about(found: Sequence[ListAgreement]) -> str:
    return ". ".join(f"{_pair(one)}: {share(one.compared, one.apart)} % of {one.compared:,}" for one in found)


def _layers(found: Sequence[ListAgreement]) -> list[dict[str, Any]]:
    bars = [
        {"pair": _pair(one), "kind": kind, "prices": count}
        for one in found
        for kind, count in zip(_KINDS, (one.compared - one.apart, one.apart), strict=True)
    ]
    words = [
        {"pair": _pair(one), "prices": one.compared, "words": f"{share(one.compared, one.apart)} % agree"}
        for one in found
    ]
    y = {"field": "pair", "type": "nominal", "title": None, "axis": axis_of_names([_pair(one) for one in found])}
    x = {"field": "prices", "type": "quantitative", "title": "prices that both state", "axis": {"tickCount": 5}}
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
