"""GET /charts/NAME.svg, .csv and .vl.json: a chart to look at and to embed, its facts, and how it is drawn."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

import msgspec
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.charts.chart import NARROW, WIDTH, Chart
from llmpricing.charts.renderer import ChartRenderer, ChartsAwayError, can_draw
from llmpricing.charts.theme import dressed, in_plain_colours
from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.services.catalogue.price_history import carried_back, price_history
from llmpricing.services.clocks import Clocks
from llmpricing.web import parameters as p
from llmpricing.web.caching import cached
from llmpricing.web.errors import RETRY_AFTER_S, Refused
from llmpricing.web.known_then import SHOW
from llmpricing.web.list_query import own_ids, standing
from llmpricing.web.paging import digest_of_question
from llmpricing.web.parameters import read_parameters
from llmpricing.web.selecting import cell
from llmpricing.web.site.charts.history import history_chart

FORMS = "svg|csv|vl\\.json"
_TTL_S = 3600
_RENDERER = "llmpricing.charts"  # in the registry
_WIDTHS = {"narrow": NARROW, "wide": WIDTH}
WIDTHS: Mapping[str, p.Reader] = {"width": p.one_of(*_WIDTHS)}  # how wide a chart is drawn
_HISTORY = {"model": p.text, "known_at": p.known, **WIDTHS, **SHOW}


def includeme(config: Any) -> None:
    """Have one process that draws, ended with the application."""
    renderer = ChartRenderer()
    config.registry[_RENDERER] = renderer
    config.registry.setdefault("llmpricing.closing", []).append(renderer.close)


def history(request: Request) -> Response:
    """The prices of ``model``, an offering's id, over time."""
    values = read_parameters(request, _HISTORY)
    if "model" not in values:
        raise Refused(400, "INVALID_PARAMETER", "model names the offering, such as openai/gpt-4o.", field="model")
    known_at, (model,) = request.book.known_at(values.get("known_at")), own_ids(request, [values["model"]])
    stands_on = standing(request, Clocks(known_at, known_at))
    found = price_history(request.reads, request.book, model, known_at, stands_on)
    if found is None:
        raise Refused(404, "MODEL_NOT_FOUND", "No offering has this id. Ids look like openai/gpt-4o.")
    shown = values.get("show", "known")
    prices = carried_back(found) if shown == UNDATED else found
    question = {"model": model, "known_at": known_at.isoformat(), "prices": shown}
    return answer(request, "history", question, lambda: history_chart(model, prices, request.period.start))


def answer(request: Request, name: str, question: dict[str, str], build: Callable[[], Chart]) -> Response:
    """The chart in the form that the address names. Drawn, it is kept under its question."""
    form, width = request.matchdict["form"], _WIDTHS[request.GET.get("width", "").strip() or "wide"]
    if form == "csv":
        return _send(request, "text/csv", _as_csv(build()))
    if form == "vl.json":
        plain = in_plain_colours(build().specification(width))
        return _send(request, "application/json", msgspec.json.format(msgspec.json.encode(plain), indent=2).decode())
    if not can_draw():
        message = "Charts are not installed here: pip install 'llmpricing[charts]'. Their facts stand under .csv."
        raise Refused(404, "NOT_FOUND", message)
    kept = digest_of_question(question | {"width": str(width)})
    return _send(
        request,
        "image/svg+xml",
        cached(request, f"chart-{name}", kept, _TTL_S, str, lambda: _drawn(request, build(), width)),
    )


def renderer_of(request: Request) -> ChartRenderer:
    """The process that draws."""
    renderer: ChartRenderer = request.registry[_RENDERER]
    return renderer


def _drawn(request: Request, chart: Chart, width: int) -> str:
    try:
        return dressed(renderer_of(request).draw(chart.specification(width)), chart.finding, chart.about)
    except ChartsAwayError:
        message = "The chart cannot be drawn now. Try again in a few seconds; its facts stand under .csv."
        raise Refused(503, "UNAVAILABLE", message, headers={"Retry-After": RETRY_AFTER_S}) from None


def _as_csv(chart: Chart) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(chart.columns)
    writer.writerows([cell(value) for value in row] for row in chart.rows)
    return text.getvalue()


def _send(request: Request, kind: str, text: str) -> Response:
    response = request.response
    response.content_type, response.charset = kind, "utf-8"
    response.text = text
    return response
