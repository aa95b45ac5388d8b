"""What models scored at benchmarks, as it was known at a time: from the database or from the book in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.models import Model, Offering, ScoreRow
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import Reads


@dataclass(frozen=True, slots=True)
class KeptScore:
    """A model's score as it is kept."""

    benchmark: str
    score: Decimal
    measured_on: str | None
    source_url: str | None
    is_out_of_range: bool
    note: str | None = None


class _ScoreOfModel(NamedTuple):
    """A row of scores with its model's id."""

    model: str
    benchmark: str
    score: Decimal
    measured_on: date | None
    source_url: str | None
    note: str | None


_COLUMNS = _ScoreOfModel._fields[1:]


def scores_of(reads: Reads, clocks: Clocks, offerings: Sequence[str]) -> list[KeptScore]:
    """What the model of these offerings scored, by benchmark, as it was known then: scores may be kept under the stored
    model of any of them, and that of the first offering that has one counts.
    """
    models = _models_of(reads, offerings)
    if isinstance(reads, PriceBook):
        numbers = {slug: number for number, slug in reads.models.items()}
        found = list(_in(reads, clocks.known_at, [numbers[one] for one in models]))
    else:
        query = _believed(clocks.known_at).where(Model.slug.in_(models))
        found = [_row(row) for row in reads.execute(query)]
    first: dict[str, _ScoreOfModel] = {}
    for row in sorted(found, key=lambda row: models.index(row.model)):
        first.setdefault(row.benchmark, row)
    return [_told(first[benchmark]) for benchmark in sorted(first) if benchmark in BENCHMARKS]


def _models_of(reads: Reads, offerings: Sequence[str]) -> list[str]:
    """The ids of the stored models of these offerings, in their order."""
    if isinstance(reads, PriceBook):
        found = [reads.models[number] for one in offerings for number in _model_number(reads, one)]
    else:
        query = select(Offering.slug, Model.slug).join(Model, Model.id == Offering.model_id)
        stored = {slug: model for slug, model in reads.execute(query.where(Offering.slug.in_(offerings)))}
        found = [stored[one] for one in offerings if one in stored]
    return list(dict.fromkeys(found))


def scores_by_model(reads: Reads, clocks: Clocks) -> dict[str, dict[str, Decimal]]:
    """Of each model that has one, its scores by benchmark."""
    found: dict[str, dict[str, Decimal]] = {}
    for row in _all(reads, clocks.known_at):
        found.setdefault(row.model, {})[row.benchmark] = row.score
    return found


def count_scores(reads: Reads, clocks: Clocks) -> dict[str, int]:
    """How many models have a score of each benchmark."""
    return dict(Counter(row.benchmark for row in _all(reads, clocks.known_at)))


def models_sold(reads: Reads, clocks: Clocks, models: Collection[str]) -> dict[str, str]:
    """Of the offerings that there were and that are of one of these models, by id, the model's id."""
    if isinstance(reads, PriceBook):
        rows = reads.rows("offering", ("slug", "model_id", "created_at"))
        sold = {slug: reads.models[number] for slug, number, at in rows if number is not None and at <= clocks.known_at}
        return {slug: model for slug, model in sold.items() if model in models}
    query = select(Offering.slug, Model.slug).join(Model, Model.id == Offering.model_id)
    query = query.where(Model.slug.in_(models), Offering.created_at <= clocks.known_at)
    return {slug: model for slug, model in reads.execute(query)}


def model_of(reads: Reads, offering: str) -> str | None:
    """The id of an offering's model."""
    if isinstance(reads, PriceBook):
        return next((reads.models[number] for number in _model_number(reads, offering)), None)
    query = select(Model.slug).join(Offering, Offering.model_id == Model.id).where(Offering.slug == offering)
    return reads.scalar(query)


def is_model(reads: Reads, model: str) -> bool:
    """Whether there is a model of this id."""
    if isinstance(reads, PriceBook):
        return model in reads.models.values()
    return reads.scalar(select(Model.id).where(Model.slug == model)) is not None


def _all(reads: Reads, known_at: datetime) -> Iterable[_ScoreOfModel]:
    if isinstance(reads, PriceBook):
        return _in(reads, known_at)
    return map(_row, reads.execute(_believed(known_at)))


def _believed(known_at: datetime) -> Any:
    columns = [getattr(ScoreRow, name) for name in _COLUMNS]
    query = select(Model.slug, *columns).join(Model, Model.id == ScoreRow.model_id)
    return query.where(ScoreRow.believed_at(known_at))


def _row(row: Any) -> _ScoreOfModel:
    return _ScoreOfModel(*row)


def _in(book: PriceBook, known_at: datetime, models: Collection[int] | None = None) -> Iterable[_ScoreOfModel]:
    for model, recorded, *told in book.rows("score", ("model_id", "recorded", *_COLUMNS), models):
        if known_at in recorded:
            yield _ScoreOfModel(book.models[model], *told)


def _model_number(book: PriceBook, offering: str) -> list[int]:
    """The number of an offering's model, or none."""
    number = book.numbers.get(offering)
    keys = [] if number is None else [number]
    return [model for (model,) in book.rows("offering", ("model_id",), keys) if model is not None]


def _told(row: _ScoreOfModel) -> KeptScore:
    return KeptScore(
        row.benchmark,
        row.score,
        row.measured_on.isoformat() if row.measured_on else None,
        row.source_url,
        not BENCHMARKS[row.benchmark].holds(row.score),
        row.note,
    )
