"""Scores of several models by benchmark, as bars from 0 to the best that the benchmark knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmpricing.charts.chart import Chart, inline, position
from llmpricing.charts.theme import INK, SERIES
from llmpricing.domain.money import ratio_text, to_text
from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.services.scores.kept_scores import KeptScore

_COLUMNS = ("offering", "benchmark", "score", "normalised", "measured_on", "source_url")
_BAR = 24  # pixels of a score


def scores_chart(scores: Mapping[str, Sequence[KeptScore]], names: Mapping[str, str]) -> Chart:
    """The chart of what the models of these offerings scored, by the offerings' ids; ``names`` are what each is
    called beside the others.
    """
    flat = [(offering, one) for offering, kept in scores.items() for one in kept]
    rows = [
        [offering, one.benchmark, to_text(one.score), _share(one), one.measured_on, one.source_url]
        for offering, one in flat
    ]
    named = {names[offering]: kept for offering, kept in scores.items()}
    finding = _finding(named) if flat else f"No score is known of {', '.join(named)}"
    about = ". ".join(
        f"{names[offering]}: {to_text(one.score)} at {BENCHMARKS[one.benchmark].name}" for offering, one in flat
    )
    told = [(names[offering], one) for offering, one in flat]
    tests = len({one.benchmark for _, one in flat})
    return Chart(
        finding, about, _COLUMNS, rows, lambda _: _layers(list(named), told), max(tests * len(scores), 1) * _BAR
    )


def _share(one: KeptScore) -> str:
    return ratio_text(BENCHMARKS[one.benchmark].normalised(one.score))


def _finding(scores: Mapping[str, Sequence[KeptScore]]) -> str:
    """By names, who leads at how many of the benchmarks at which more than one has a score."""
    by_test: dict[str, list[tuple[Any, str]]] = {}
    for name, kept in scores.items():
        for one in kept:
            share = BENCHMARKS[one.benchmark].normalised(one.score)
            by_test.setdefault(one.benchmark, []).append((share, name))
    shared = [found for found in by_test.values() if len(found) > 1]
    leads = [one for found in shared for share, one in found if share > max(other for other, by in found if by != one)]
    if not leads:
        return f"Scores of {', '.join(scores)}"
    best = max(sorted(set(leads)), key=leads.count)
    return f"{best} leads at {leads.count(best)} of {len(shared)} benchmarks that they share"


def _layers(names: Sequence[str], told: Sequence[tuple[str, KeptScore]]) -> list[dict[str, Any]]:
    rows = [
        {
            "model": name,
            "benchmark": BENCHMARKS[one.benchmark].name,
            "share": position(BENCHMARKS[one.benchmark].normalised(one.score)),
            "words": f"{to_text(one.score)}  {name}",
        }
        for name, one in told
    ]
    y = {"field": "benchmark", "type": "nominal", "title": None, "axis": {"labelLimit": 200}}
    inner = {"field": "model", "sort": list(names)}
    scale = {"domain": [0, 1]}
    x = {"field": "share", "type": "quantitative", "title": "share of the range", "scale": scale}
    colours = {"domain": list(names), "range": SERIES}
    colour = {"field": "model", "type": "nominal", "scale": colours, "legend": None}
    text = {"type": "text", "align": "left", "dx": 5, "color": INK}
    return [
        {"data": inline(rows), "mark": "bar", "encoding": {"x": x, "y": y, "yOffset": inner, "color": colour}},
        {
            "data": inline(rows),
            "mark": text,
            "encoding": {"x": x, "y": y, "yOffset": inner, "text": {"field": "words"}},
        },
    ]
