"""Quality against price on a logarithmic axis, with the models that none beats joined and named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmpricing.charts.chart import Chart, inline, position, share_of_axis
from llmpricing.charts.theme import GROUND, INK, QUIET, SERIES
from llmpricing.domain.money import ratio_text
from llmpricing.domain.scores.best_value import ValuedOffering
from llmpricing.web.site.charts.label_places import Spot, placed

_COLUMNS = ("model", "id", "average_per_mtok", "quality", "qaps", "is_on_frontier")
_HEIGHT = 340
_PLAIN = ["USD per million tokens, average", "of input and output, logarithmic"]
_OF_MONTH = ["USD per million tokens", "of my month, logarithmic"]


def frontier_chart(
    ranked: Sequence[ValuedOffering], names: Mapping[str, str] | None = None, *, by_month: bool = False
) -> Chart:
    """The chart of the ranking of paid models, by the price of a month or by the plain average; ``names`` are those of
    the models by id of the offering. The facts keep the ids.
    """
    names = {one.offering.id: (names or {}).get(one.offering.id, one.offering.model) for one in ranked}
    best = sorted((one for one in ranked if one.is_on_frontier), key=lambda one: one.average)
    rows = [_row(one) for one in ranked]
    title = _OF_MONTH if by_month else _PLAIN

    def layers(width: int) -> list[dict[str, Any]]:
        return _layers(ranked, best, names, width, title)

    return Chart(_finding(ranked, best, names), _about(best, names), _COLUMNS, rows, layers, _HEIGHT)


def _finding(ranked: Sequence[ValuedOffering], best: Sequence[ValuedOffering], names: Mapping[str, str]) -> str:
    if not best:
        return "No model has enough scores and a price"
    cheap, good = names[best[0].offering.id], names[best[-1].offering.id]
    if len(best) == 1:
        return f"None of {len(ranked)} models is cheaper or better than {cheap}"
    return f"{len(best)} of {len(ranked)} models are beaten by none in quality and price: {cheap} to {good}"


def _about(best: Sequence[ValuedOffering], names: Mapping[str, str]) -> str:
    return ". ".join(
        f"{names[one.offering.id]}: quality {ratio_text(one.quality)} at ${ratio_text(one.average)} per million tokens"
        for one in best
    )


def _row(one: ValuedOffering) -> list[Any]:
    qaps = "" if one.qaps is None else ratio_text(one.qaps)
    numbers = [ratio_text(one.average), ratio_text(one.quality), qaps]
    return [one.offering.model, one.offering.id, *numbers, "yes" if one.is_on_frontier else "no"]


def _layers(
    ranked: Sequence[ValuedOffering],
    best: Sequence[ValuedOffering],
    names: Mapping[str, str],
    width: int,
    title: list[str],
) -> list[dict[str, Any]]:
    prices = [position(one.average) for one in ranked] or [1.0]
    scores = [position(one.quality) for one in ranked] or [0.0, 1.0]
    across = {"type": "log", "domain": [min(prices) / 1.5, max(prices) * 2], "nice": False}
    up = {"type": "linear", "domain": [max(min(scores) - 0.05, 0), min(max(scores) + 0.05, 1)], "nice": False}
    axis = {"format": "~g", "grid": False, "tickCount": 6}
    x = {"field": "price", "type": "quantitative", "scale": across, "title": title, "axis": axis}
    y = {"field": "quality", "type": "quantitative", "scale": up, "title": "quality, 0 to 1"}
    line = {"type": "line", "interpolate": "step-after", "color": SERIES[0], "strokeDash": [5, 3]}
    others = inline([_point(one, names[one.offering.id]) for one in ranked if not one.is_on_frontier])
    points = inline([_point(one, names[one.offering.id]) for one in best])
    where = placed(
        [_spot(one, names, across, up, width) for one in best], _others(ranked, across, up, width), (width, _HEIGHT)
    )
    hollow = {"type": "point", "color": QUIET, "size": 50}
    full = {"type": "point", "color": SERIES[0], "shape": "diamond", "filled": True, "opacity": 1, "size": 110}
    text = {"field": "model"}
    halos, words = [], []
    for (align, dx, dy), names_there in where.items():
        data = inline([_point(one, names[one.offering.id]) for one in best if names[one.offering.id] in names_there])
        word = {"type": "text", "align": align, "baseline": "middle", "dx": dx, "dy": dy, "color": INK}
        halo = {"color": GROUND, "stroke": GROUND, "strokeWidth": 4, "strokeJoin": "round", "opacity": 0.85}
        halos.append({"data": data, "mark": word | halo, "encoding": {"x": x, "y": y, "text": text}})
        words.append({"data": data, "mark": word, "encoding": {"x": x, "y": y, "text": text}})
    return [
        {"data": others, "mark": hollow, "encoding": {"x": x, "y": y}},
        {"data": points, "mark": line, "encoding": {"x": x, "y": y}},
        *halos,
        {"data": points, "mark": full, "encoding": {"x": x, "y": y}},
        *words,
    ]


def _point(one: ValuedOffering, name: str) -> dict[str, Any]:
    return {"price": position(one.average), "quality": position(one.quality), "model": name}


def _spot(
    one: ValuedOffering, names: Mapping[str, str], across: dict[str, Any], up: dict[str, Any], width: int
) -> Spot:
    x, y = _pixels(one, across, up, width)
    return Spot(names[one.offering.id], x, y)


def _others(
    ranked: Sequence[ValuedOffering], across: dict[str, Any], up: dict[str, Any], width: int
) -> list[tuple[float, float]]:
    return [_pixels(one, across, up, width) for one in ranked if not one.is_on_frontier]


def _pixels(one: ValuedOffering, across: dict[str, Any], up: dict[str, Any], width: int) -> tuple[float, float]:
    """Where it stands, from the upper left corner."""
    x = width * share_of_axis(position(one.average), across)
    return x, _HEIGHT * (1 - share_of_axis(position(one.quality), up))
