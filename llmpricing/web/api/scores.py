"""What a model scored, as answers tell it of each of its offerings: the score, what was measured, by whom and when."""

from __future__ import annotations

import msgspec
from pyramid.request import Request

from llmpricing.domain.money import to_text
from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.clocks import Clocks
from llmpricing.services.scores.kept_scores import KeptScore, scores_of
from llmpricing.web.api.answers import DecimalText


class ScoreJson(msgspec.Struct, forbid_unknown_fields=True):
    """A score at a benchmark, which ``about`` defines; ``lowest`` to ``highest`` is its range. ``measured_on`` is null
    where its source states no day.
    """

    benchmark: str
    name: str
    about: str
    score: DecimalText
    lowest: DecimalText
    highest: DecimalText
    is_lower_better: bool
    is_out_of_range: bool
    measured_on: str | None
    source_url: str | None
    note: str | None


def scores_json(request: Request, clocks: Clocks, slug: str, model: SoldModel) -> list[ScoreJson]:
    """What the model of this offering scored, whoever sells it, as it was known then."""
    kept = scores_of(request.reads, clocks, [slug, *(row.id for row in model.rows)])
    return [_score_json(one) for one in kept]


def _score_json(kept: KeptScore) -> ScoreJson:
    benchmark = BENCHMARKS[kept.benchmark]
    return ScoreJson(
        benchmark.id,
        benchmark.name,
        benchmark.about,
        to_text(kept.score),
        to_text(benchmark.lowest),
        to_text(benchmark.highest),
        benchmark.is_lower_better,
        kept.is_out_of_range,
        kept.measured_on,
        kept.source_url,
        kept.note,
    )
