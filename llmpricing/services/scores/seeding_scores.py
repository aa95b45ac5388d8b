"""Give a price book the scores that come with the installation, without taking the place of anybody's own."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.domain.scores.score_file import read_scores
from llmpricing.models import Model, ScoreRow
from llmpricing.models.bitemporal import since
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.price_book.changes import begin_change, end_change

_BY = "llmpricing"


def seed_scores(session: Session, text: str, now: datetime, replaced: Collection[str] = ()) -> int:
    """Keep the scores of a CSV file of which the book's models never had any; returns how many. The caller commits.

    Scores that are published at an address of ``replaced`` came with an earlier installation: they are believed no
    longer. Rows of models that the book does not know are left out until it does. Raises ScoreFileError for what is no
    such file.
    """
    models = {slug: id_ for slug, id_ in session.execute(select(Model.slug, Model.id))}
    had = {(id_, benchmark) for id_, benchmark in session.execute(select(ScoreRow.model_id, ScoreRow.benchmark))}
    earlier = session.scalars(select(ScoreRow).where(ScoreRow.current(), ScoreRow.source_url.in_(replaced))).all()
    had -= {(row.model_id, row.benchmark) for row in earlier}
    read = [(models.get(stated.model), stated) for _, stated in read_scores(text) if stated is not None]
    missing = [(id_, one) for id_, one in read if id_ is not None and (id_, one.benchmark) not in had]
    if not missing and not earlier:
        return 0
    recorded = begin_change(session, now)
    ScoreRow.close_all(session, [row.id for row in earlier], recorded)
    for id_, one in missing:
        said = {name: getattr(one, name) for name in ("benchmark", "score", "measured_on", "source_url", "note")}
        session.add(ScoreRow(model_id=id_, recorded=since(recorded), **said))
    note_event(session, recorded, _BY, "scores_seeded", "bundled scores", new=len(missing), given_up=len(earlier))
    end_change(session, recorded)
    return len(missing)
