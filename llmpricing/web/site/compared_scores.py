"""What the models of a comparison scored, each score with its day, how it was measured and where it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from pyramid.request import Request

from llmpricing.domain.money import to_text
from llmpricing.domain.scores.benchmarks import BENCHMARKS, Benchmark
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.clocks import Clocks
from llmpricing.services.scores.kept_scores import KeptScore, scores_of
from llmpricing.web.site.compared_lines import ComparedLine, line_of
from llmpricing.web.site.score_days import measured


def score_lines(
    request: Request, clocks: Clocks, items: Sequence[OfferingItem], models: Mapping[str, SoldModel]
) -> list[ComparedLine]:
    """By each benchmark at which one of the models scored, what all did."""
    kept = [scores_of(request.reads, clocks, [item.id, *(row.id for row in models[item.id].rows)]) for item in items]
    found = [{one.benchmark: one for one in of_it} for of_it in kept]
    return [_line(one, [of_it.get(one.id) for of_it in found]) for one in BENCHMARKS.values() if _is_in(one, found)]


def _is_in(benchmark: Benchmark, found: Sequence[Mapping[str, KeptScore]]) -> bool:
    return any(benchmark.id in of_it for of_it in found)


def _line(benchmark: Benchmark, scores: Sequence[KeptScore | None]) -> ComparedLine:
    title = f"{benchmark.name} (less is better)" if benchmark.is_lower_better else benchmark.name
    values = [None if one is None else one.score for one in scores]
    line = line_of(title, values, to_text, min if benchmark.is_lower_better else max)
    return replace(line, notes=tuple("" if one is None else _origin(one) for one in scores))


def _origin(score: KeptScore) -> str:
    host = urlsplit(score.source_url or "").hostname
    return ", ".join(
        filter(None, [*measured(score.measured_on, score.note), host.removeprefix("www.") if host else ""])
    )
