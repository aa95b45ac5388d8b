"""GET /api/v1/benchmarks, /best-value and /frontier: models by quality against price."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from pyramid.request import Request

from llmpricing.domain.money import ratio_text, to_text
from llmpricing.domain.scores.benchmarks import BENCHMARKS, DEFAULT_WEIGHTS
from llmpricing.domain.scores.best_value import ExcludedModel, ValuedOffering
from llmpricing.services.scores.kept_scores import count_scores
from llmpricing.web.api.answers import ClocksMeta, CountMeta, DecimalText, book_meta, stale_meta
from llmpricing.web.api.calculator import WorkloadJson, workload_json
from llmpricing.web.list_query import read_clocks
from llmpricing.web.operations import Operation
from llmpricing.web.paging import page_of, page_readers
from llmpricing.web.value_query import VALUE, VALUE_REPEATABLE, ask_for_value, read_value_question, stated_month
from llmpricing.web.workloads import WORKLOAD_READERS


class BenchmarkJson(msgspec.Struct, forbid_unknown_fields=True):
    """A benchmark: the range by which its scores are normalised, its weight where none is stated, and how many models
    have a score.
    """

    id: str
    name: str
    about: str
    lowest: DecimalText
    highest: DecimalText
    is_lower_better: bool
    default_weight: DecimalText
    scores: int


class BenchmarksAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of benchmarks."""

    data: list[BenchmarkJson]
    meta: CountMeta


class ValuedJson(msgspec.Struct, forbid_unknown_fields=True):
    """A model at its cheapest seller, or why it is in no ranking. ``standing`` is ``ranked``, ``free`` or
    ``excluded``. ``quality`` and ``coverage`` are from 0 to 1, ``average_per_mtok`` is (input + output) / 2 in USD, or
    what a million tokens of the month cost where one is stated. ``sold_as`` is another way to sell it than the plain
    one, on terms of its own, such as ``spot`` or ``plan``: it stands there where nobody sells the model plainly.
    """

    rank: int | None
    standing: str
    why: str | None
    model: str
    id: str | None
    quality: DecimalText | None
    coverage: DecimalText | None
    scores: int
    average_per_mtok: DecimalText | None
    qaps: DecimalText | None
    is_on_frontier: bool
    sold_as: str | None


class ValueMeta(ClocksMeta, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """By which weights and from which quality on, and by which month, null where none is stated; how many there are,
    and where the next page begins.
    """

    count: int
    next: str | None
    weights: dict[str, DecimalText]
    floor: DecimalText
    workload: WorkloadJson | None


class ValueAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of models in order: ranked by QAPS, then free ones by quality, then those in no ranking."""

    data: list[ValuedJson]
    meta: ValueMeta


def list_benchmarks(request: Request) -> BenchmarksAnswer:
    """A page of definitions."""
    values = BENCHMARKS_READ.read(request)
    counts = count_scores(request.reads, read_clocks({}, request.period.start, request.book))
    rows = [
        BenchmarkJson(
            one.id,
            one.name,
            one.about,
            to_text(one.lowest),
            to_text(one.highest),
            one.is_lower_better,
            to_text(DEFAULT_WEIGHTS.get(one.id, one.lowest * 0)),
            counts.get(one.id, 0),
        )
        for one in BENCHMARKS.values()
    ]
    page, following = page_of(request, values, rows, [one.id for one in rows])
    return BenchmarksAnswer(page, CountMeta(len(rows), following, **stale_meta(request)))


def list_best_value(request: Request) -> ValueAnswer:
    """A page of the models that have a score."""
    values = BEST_VALUE.read(request)
    found, _ = ask_for_value(request, values)
    rows = [_valued(one, place, "ranked") for place, one in enumerate(found.ranked, 1)]
    rows += [_valued(one, place, "free") for place, one in enumerate(found.free, 1)]
    return _answer(request, values, [*rows, *(_excluded(one) for one in found.excluded)])


def list_frontier(request: Request) -> ValueAnswer:
    """A page of those on the frontier, the cheapest first."""
    values = FRONTIER.read(request)
    found, _ = ask_for_value(request, values)
    places = {one.offering.id: place for place, one in enumerate(found.ranked, 1)}
    best: Iterable[ValuedOffering] = sorted(
        (one for one in found.ranked if one.is_on_frontier), key=lambda one: (one.average, one.offering.id)
    )
    return _answer(request, values, [_valued(one, places[one.offering.id], "ranked") for one in best])


def _answer(request: Request, values: dict[str, Any], rows: list[ValuedJson]) -> ValueAnswer:
    clocks, question = read_clocks(values, request.period.start, request.book), read_value_question(values)
    page, following = page_of(request, values, rows, [[one.standing, one.model] for one in rows])
    meta = ValueMeta(
        count=len(rows),
        next=following,
        weights={name: to_text(weight) for name, weight in question.weights.items()},
        floor=to_text(question.floor),
        workload=workload_json(month) if (month := stated_month(values)) else None,
        as_of=clocks.as_of,
        known_at=clocks.known_at,
        **book_meta(request),
    )
    return ValueAnswer(page, meta)


def _valued(one: ValuedOffering, place: int, standing: str) -> ValuedJson:
    return ValuedJson(
        place,
        standing,
        None,
        one.offering.model,
        one.offering.id,
        ratio_text(one.quality),
        ratio_text(one.coverage),
        one.scores,
        ratio_text(one.average),
        None if one.qaps is None else ratio_text(one.qaps),
        one.is_on_frontier,
        one.offering.sold_as or None,
    )


def _excluded(one: ExcludedModel) -> ValuedJson:
    quality = None if one.quality is None else ratio_text(one.quality)
    why = one.why.value
    return ValuedJson(
        None,
        "excluded",
        why,
        one.model,
        None,
        quality,
        None,
        one.scores,
        None,
        None,
        is_on_frontier=False,
        sold_as=None,
    )


BENCHMARKS_READ = Operation(
    name="benchmarks",
    path="/api/v1/benchmarks",
    view=list_benchmarks,
    title="The benchmarks whose scores count, with their ranges",
    parameters=page_readers(),
    answers=(BenchmarksAnswer,),
    rows=BenchmarkJson,
    is_lasting=True,
    asks_the_book=True,
)
BEST_VALUE = Operation(
    name="best_value",
    path="/api/v1/best-value",
    view=list_best_value,
    title="Models by quality against price, with the reason of each that is left out",
    about="QAPS = quality / ((input + output) / 2), in USD per million tokens, each model at its cheapest seller; of "
    "those that ask the same one of which lists say what is asked for before one of whose model alone they say it; "
    "where a month is stated, quality / what a million tokens of it cost.",
    parameters={**VALUE, **WORKLOAD_READERS, **page_readers()},
    repeatable=VALUE_REPEATABLE,
    answers=(ValueAnswer,),
    rows=ValuedJson,
    is_lasting=True,
    asks_the_book=True,
)
FRONTIER = Operation(
    name="frontier",
    path="/api/v1/frontier",
    view=list_frontier,
    title="The models that none beats in both, quality and price: the cheapest first",
    parameters={**VALUE, **WORKLOAD_READERS, **page_readers()},
    repeatable=VALUE_REPEATABLE,
    answers=(ValueAnswer,),
    rows=ValuedJson,
    is_lasting=True,
    asks_the_book=True,
)
