"""Take scores in out of a file: the rows that can be read, all in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.domain.scores.score_file import PLAIN, FailedRow, ScoreFileShape, StatedScore, read_scores
from llmpricing.models import Model, Offering, ScoreRow
from llmpricing.models.bitemporal import since
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.decisions.reviews_and_pins import Decider, DecisionRefused, meant
from llmpricing.services.price_book.changes import begin_change, end_change


@dataclass(frozen=True, slots=True)
class ScoresRead:
    """What a file brought: scores by what they are to those that are known, and the rows that were left out."""

    new: int
    changed: int
    same: int
    out_of_range: Sequence[StatedScore]
    failed: Sequence[FailedRow]


def import_scores(session: Session, by: Decider, text: str, origin: str, shape: ScoreFileShape = PLAIN) -> ScoresRead:
    """Keep the scores of a file; raises ScoreFileError where it has none of the columns. What a score was before stays
    known. The caller commits, or does not where this is a trial.
    """
    recorded = begin_change(session, by.at)
    known = {(row.model_id, row.benchmark): row for row in session.scalars(select(ScoreRow).where(ScoreRow.current()))}
    counts, beyond, failed = {"new": 0, "changed": 0, "same": 0}, [], []
    for row, model_id, stated in _of_models(session, by, text, shape):
        if model_id is None or stated is None:
            failed.append(row)
            continue
        found = known.get((model_id, stated.benchmark))
        kept = _keep(session, found, model_id, stated, recorded)
        counts["same" if kept is found else "changed" if found else "new"] += 1
        if stated.is_out_of_range:
            beyond.append(stated)
    session.flush()
    if counts["new"] or counts["changed"]:
        note_event(session, recorded, by.name, "scores_imported", origin, note=by.note, failed=len(failed), **counts)
        end_change(session, recorded)
    return ScoresRead(**counts, out_of_range=beyond, failed=failed)


def _of_models(
    session: Session, by: Decider, text: str, shape: ScoreFileShape
) -> Iterator[tuple[FailedRow, int | None, StatedScore | None]]:
    """The rows with the model that each names; two names of one model are its second score, which is left out."""
    meanings: dict[str, int | str] = {}
    seen: set[tuple[int, str]] = set()
    for row, stated in read_scores(text, shape):
        if stated is None:
            yield row, None, None
            continue
        if stated.model not in meanings:
            meanings[stated.model] = _model(session, by, stated.model)
        meaning = meanings[stated.model]
        if isinstance(meaning, int) and (meaning, stated.benchmark) in seen:
            meaning = "an earlier row has a score of this model and benchmark, under another name"
        if isinstance(meaning, str):
            yield replace(row, reason=meaning), None, None
            continue
        seen.add((meaning, stated.benchmark))
        yield row, meaning, stated


def _model(session: Session, by: Decider, name: str) -> int | str:
    """The model that a name means, or why it means none."""
    if (exact := session.scalar(select(Model.id).where(Model.slug == name.lower()))) is not None:
        return exact
    try:
        offering, _ = meant(session, name, by.at)
    except DecisionRefused as refused:
        return str(refused)
    found = session.scalar(select(Offering.model_id).where(Offering.id == offering))
    return f"{name} belongs to no model" if found is None else found


def _keep(session: Session, known: ScoreRow | None, model_id: int, stated: StatedScore, recorded: datetime) -> ScoreRow:
    """The row that holds the score from now on: the known one where it says the same."""
    said = {name: getattr(stated, name) for name in ("score", "measured_on", "source_url", "note")}
    if known is None:
        added = ScoreRow(model_id=model_id, benchmark=stated.benchmark, recorded=since(recorded), **said)
        session.add(added)
        return added
    if all(getattr(known, name) == value for name, value in said.items()):
        return known
    return known.supersede(session, recorded, **said)
