"""Two to five offerings side by side: prices, what the month costs, limits and needs, the best of each line marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.domain.choice.needs import NEEDS
from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.services.catalogue import freshness, listing
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.same_model import models_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workload_plans import WorkloadTotal
from llmpricing.services.quotes.workloads import Workload
from llmpricing.services.scores.kept_scores import scores_of
from llmpricing.web import parameters as p
from llmpricing.web.errors import Refused
from llmpricing.web.list_query import CLOCKS, most_like, own_ids, read_clocks, standing
from llmpricing.web.site import display
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.charts.renderer import can_draw
from llmpricing.web.site.filters import clock_query
from llmpricing.web.site.keeping import escaped, permalink, table
from llmpricing.web.site.known_then import SHOW, costs_then, items_then, left_out, with_undated
from llmpricing.web.site.workload import WORKLOAD, month_total, per_mtok
from llmpricing.web.workloads import workload_of

FEWEST, MOST = 2, 5
_READERS: Mapping[str, p.Reader] = {"models": p.text_of(2000), **WORKLOAD, **CLOCKS, **SHOW}
_DASH, _NOT_THEN = "–", "not known then"
_PRICED_CACHE = {"yes": "yes", "no": "yes, lists differ", _DASH: "yes"}


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One fact of all offerings: what is written of each, and which of them are the best."""

    title: str
    cells: list[str]
    best: frozenset[int] = frozenset()


def show(request: Request) -> dict[str, Any]:
    """The page; with fewer than two ids it says how to choose, with one that is unknown what is most like it."""
    values = p.read_parameters(request, _READERS, ("models",))
    asked = [one.strip() for text in values.get("models", ()) for one in text.split(",") if one.strip()]
    slugs = list(dict.fromkeys(own_ids(request, asked)))
    clocks, workload = read_clocks(values, request.period.start, request.book), workload_of(values)
    enough = FEWEST <= len(slugs) <= MOST
    stands_on = standing(request, clocks)
    stated = _items(request, clocks, slugs, stands_on) if enough else []
    items = items_then(request, clocks, stated, stands_on)
    models = models_of(request.reads, request.book, clocks, slugs, stands_on) if items else {}
    scored = _score_lines(request, clocks, items, models)
    rows = [row for slug, model in models.items() for row in model.rows if row.id == slug]
    costs = costs_then(request, clocks, workload, rows, stands_on)
    lines = [*_lines(workload, costs, items, stated), *scored] if items else []
    kept = [pair for pair in request.GET.items() if pair[0] in (*WORKLOAD, *SHOW) and pair[1].strip()]
    link = permalink(request, clocks, [("models", ",".join(slugs)), *kept])
    names = {slug: name for slug, name, _ in listing.providers(request.reads)}
    return {
        "show": display,
        "slugs": slugs,
        "items": items,
        "models": models,
        "lines": lines,
        "workload": workload,
        "provider_names": names,
        "most": MOST,
        "permalink": link,
        "chart": _chart(request, slugs, workload),
        "can_draw": can_draw(),
        "scored": bool(scored),
        "markdown": _markdown(items, lines, workload, link),
        "csv": "/api/v1/compare?" + urlencode([("models", ",".join(slugs)), ("format", "csv"), *_clocks(request)]),
        "clock_query": clock_query(request),
        "with_undated": with_undated(request) if any(map(left_out, stated, items)) else None,
        **ages_shown(freshness.source_ages(request.reads, request.period.start)),
    }


def _chart(request: Request, slugs: Sequence[str], workload: Workload) -> str:
    """The query by which the chart of costs shows the same month at the same offerings."""
    shares = (("input_share", workload.input_share), ("cached_share", workload.cached_share))
    asked = [("models", ",".join(slugs)), ("tokens", str(workload.tokens)), ("requests", str(workload.requests))]
    asked += [(name, to_text(share)) for name, share in shares if isinstance(share, Decimal)]
    asked += [pair for pair in request.GET.items() if pair[0] in SHOW]
    return urlencode([*asked, *_clocks(request)])


def _clocks(request: Request) -> list[tuple[str, str]]:
    return [pair for pair in request.GET.items() if pair[0] in CLOCKS and pair[1].strip()]


def _items(request: Request, clocks: Clocks, slugs: Sequence[str], stands_on: StandsOn) -> list[OfferingItem]:
    """The offerings in the order asked; a 404 that names what is most like the first unknown one."""
    found = {item.id: item for item in listing.get_offerings(request.reads, clocks, slugs, stands_on)}
    for slug in slugs:
        if slug not in found:
            like = most_like(request, clocks, slug)
            raise Refused(404, "MODEL_NOT_FOUND", f"No offering has the id {slug[:100]!r}.", suggestions=like)
    return [found[slug] for slug in slugs]


def _lines(
    workload: Workload,
    costs: Mapping[str, WorkloadTotal],
    items: Sequence[OfferingItem],
    stated: Sequence[OfferingItem],
) -> list[ComparedLine]:
    """What is shown of the offerings; where ``stated`` alone has a price, the line says that it was not known then."""
    totals, later_too = ([month_total(one.price_state, costs.get(one.id)) for one in row] for row in (items, stated))
    each = [per_mtok(total, workload) for total in totals]
    prices = [
        _known_then(_line(title, _prices(name, items), display.price, min), _prices(name, stated))
        for title, name in _PRICES
    ]
    limits = [
        _line(title, [getattr(item, name) for item in items], display.tokens, max)
        for title, name in (("Context", "context_window"), ("Max output", "max_output_tokens"))
    ]
    month = [
        _line("My month", totals, _dollars, min),
        ComparedLine("To the cheapest", _to_the_cheapest(totals)),
        _line("My month, per million tokens", each, _dollars, min),
    ]
    return [
        *prices,
        *(_known_then(line, later_too) for line in month),
        *limits,
        *(_need_line(name, stated) for name in NEEDS),
    ]


def _prices(name: str, items: Sequence[OfferingItem]) -> list[Decimal | None]:
    return [getattr(item, name) if item.currency == "USD" else None for item in items]


def _known_then(line: ComparedLine, stated: Sequence[Decimal | None]) -> ComparedLine:
    """The line, which says of what is stated and not shown that it was not known then."""
    told = zip(line.cells, stated, strict=True)
    cells = [_NOT_THEN if cell == _DASH and value is not None else cell for cell, value in told]
    return replace(line, cells=cells)


_PRICES = (
    ("Input", "input_per_mtok"),
    ("Output", "output_per_mtok"),
    ("Cache read", "cache_read_per_mtok"),
    ("Cache write", "cache_write_per_mtok"),
)


def _score_lines(
    request: Request, clocks: Clocks, items: Sequence[OfferingItem], models: Mapping[str, SoldModel]
) -> list[ComparedLine]:
    """What their models scored, by each benchmark at which one of them did."""
    kept = [scores_of(request.reads, clocks, [item.id, *(row.id for row in models[item.id].rows)]) for item in items]
    found = [{one.benchmark: one.score for one in of_it} for of_it in kept]
    return [
        _line(
            f"{one.name} (less is better)" if one.is_lower_better else one.name,
            [scores.get(one.id) for scores in found],
            to_text,
            min if one.is_lower_better else max,
        )
        for one in BENCHMARKS.values()
        if any(one.id in scores for scores in found)
    ]


def _line(
    title: str, values: Sequence[Any], write: Callable[[Any], str], best_of: Callable[[Any], Any]
) -> ComparedLine:
    known = [value for value in values if value is not None]
    best = best_of(known) if len(set(known)) > 1 else None
    cells = [_DASH if value is None else write(value) for value in values]
    return ComparedLine(title, cells, frozenset(i for i, one in enumerate(values) if best is not None and one == best))


def _need_line(name: str, items: Sequence[OfferingItem]) -> ComparedLine:
    need = NEEDS[name]
    met = [
        need.met(item.capabilities, (item.modalities or {}).get("input"), (item.modalities or {}).get("output"))
        for item in items
    ]
    words = {True: "yes", False: "no", None: _DASH}
    cells = [words[one] for one in met]
    if name == "prompt_caching":  # which who prices it offers, whatever lists of capabilities say
        priced = [item.cache_read_per_mtok is not None for item in items]
        cells = [_PRICED_CACHE[cell] if is_priced else cell for cell, is_priced in zip(cells, priced, strict=True)]
    return ComparedLine(need.words, cells)


def _to_the_cheapest(totals: Sequence[Decimal | None]) -> list[str]:
    """By how many per cent each costs more than the cheapest that asks something."""
    least = min(filter(None, totals), default=None)
    if least is None:
        return [_DASH for _ in totals]
    return [_DASH if total is None else _dearer(total, least) for total in totals]


def _dearer(total: Decimal, least: Decimal) -> str:
    rounded = round((total - least) / least * 100)
    return "+<1 %" if total > least and not rounded else f"{rounded:+,} %"


def _dollars(total: Decimal) -> str:
    return display.total(total, "USD")


def _markdown(items: Sequence[OfferingItem], lines: Sequence[ComparedLine], workload: Workload, link: str) -> str:
    """The table for a document, the best in bold; signs that would break a table or be run are escaped."""
    head = ["", *(escaped(item.id) for item in items)]
    rows = [
        [line.title, *(f"**{cell}**" if place in line.best else cell for place, cell in enumerate(line.cells))]
        for line in lines
    ]
    about = f"Prices in USD per million tokens; my month is {display.workload(workload)}."
    return f"{table([head, *rows])}\n\n{about}\nSource: {link}\n"
