"""Models by quality against price, at any time: kept scores and, for one answer, those that somebody brings along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.domain.names.answers import Resolution
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.domain.scores.best_value import BestValue, ScoredOffering, best_value
from llmpricing.domain.scores.score_file import StatedScore
from llmpricing.models import Model, Offering, ScoreRow
from llmpricing.services.catalogue.listing import get_offerings
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import resolve_name

_GONE = "removed"  # from its seller's list: nobody can buy it now
_SLOWER = (":batch", ":flex")  # ids under which the same model answers later for less: another service
_Scores = dict[str, dict[str, Decimal]]


@dataclass(frozen=True, slots=True)
class ValueQuestion:
    """By which weights models are valued, and the least quality that counts."""

    weights: Mapping[str, Decimal]
    floor: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class KeptScore:
    """A model's score as it is kept."""

    benchmark: str
    score: Decimal
    measured_on: str | None
    source_url: str | None
    is_out_of_range: bool


def value_models(
    session: Session, clocks: Clocks, standing: StandsOn, question: ValueQuestion, own: Sequence[StatedScore] = ()
) -> tuple[BestValue, list[str]]:
    """The rankings by the prices of ``as_of`` and the scores of ``known_at``; own scores take the place of kept ones.
    Beside them the names of ``own`` that mean no model.
    """
    scores = _kept(session, clocks)
    unknown = _with_own(session, clocks, scores, own)
    models = {
        slug: model
        for slug, model in session.execute(
            select(Offering.slug, Model.slug)
            .join(Model, Model.id == Offering.model_id)
            .where(Model.slug.in_(scores), Offering.created_at <= clocks.known_at)
        )
    }
    offered = [
        ScoredOffering(
            one.id, models[one.id], scores[models[one.id]], one.input_per_mtok, one.output_per_mtok, one.currency
        )
        for one in get_offerings(session, clocks, list(models), standing)
        if one.status != _GONE and not one.id.endswith(_SLOWER)
    ]
    return best_value(offered, question.weights, question.floor), unknown


def scores_of(session: Session, clocks: Clocks, offering: str) -> list[KeptScore]:
    """What the model of an offering scored, by benchmark, as it was known then."""
    query = (
        select(ScoreRow)
        .join(Offering, Offering.model_id == ScoreRow.model_id)
        .where(Offering.slug == offering, ScoreRow.believed_at(clocks.known_at))
        .order_by(ScoreRow.benchmark)
    )
    return [_told(row) for row in session.scalars(query) if row.benchmark in BENCHMARKS]


def count_scores(session: Session, clocks: Clocks) -> dict[str, int]:
    """How many models have a score of each benchmark."""
    query = select(ScoreRow.benchmark, func.count()).where(ScoreRow.believed_at(clocks.known_at))
    return {benchmark: count for benchmark, count in session.execute(query.group_by(ScoreRow.benchmark))}


def _told(row: ScoreRow) -> KeptScore:
    return KeptScore(
        row.benchmark,
        row.score,
        row.measured_on.isoformat() if row.measured_on else None,
        row.source_url,
        not BENCHMARKS[row.benchmark].holds(row.score),
    )


def _kept(session: Session, clocks: Clocks) -> _Scores:
    query = (
        select(Model.slug, ScoreRow.benchmark, ScoreRow.score)
        .join(Model, Model.id == ScoreRow.model_id)
        .where(ScoreRow.believed_at(clocks.known_at))
    )
    found: _Scores = {}
    for model, benchmark, score in session.execute(query):
        found.setdefault(model, {})[benchmark] = score
    return found


def _with_own(session: Session, clocks: Clocks, scores: _Scores, own: Sequence[StatedScore]) -> list[str]:
    """Put own scores among the others; returns the names that mean no model."""
    meanings = {name: _model(session, clocks, name) for name in dict.fromkeys(one.model for one in own)}
    for one in own:
        if (model := meanings[one.model]) is not None:
            scores.setdefault(model, {})[one.benchmark] = one.score
    return [name for name, model in meanings.items() if model is None]


def _model(session: Session, clocks: Clocks, name: str) -> str | None:
    if (exact := session.scalar(select(Model.slug).where(Model.slug == name.lower()))) is not None:
        return exact
    found = resolve_name(session, clocks, name)
    if not isinstance(found, Resolution) or found.stands_in_for:
        return None
    query = select(Model.slug).join(Offering, Offering.model_id == Model.id).where(Offering.slug == found.slug)
    return session.scalar(query)
