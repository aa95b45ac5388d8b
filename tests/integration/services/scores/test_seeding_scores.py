"""Scores that come with the installation: each names a model of the bundled lists and where it is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.scores.benchmarks import DEFAULT_WEIGHTS
from llmpricing.domain.scores.score_file import read_scores
from llmpricing.models import ScoreRow
from llmpricing.services.clocks import Clocks
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import book_state
from llmpricing.services.scores.importing_scores import import_scores
from llmpricing.services.scores.seeding_scores import seed_scores
from llmpricing.services.scores.valuing import ValueQuestion, value_models
from llmpricing.sources.bundled_scores import bundled_scores
from tests.conftest import NOW

LATER = NOW + timedelta(days=1)
OWN = "model,benchmark,score,source_url\ngpt-5.5,livebench_coding,50,https://example.com/ours\n"


@pytest.fixture
def session(full_book_of_module: str) -> Iterator[Session]:
    """All bundled lists; nothing of what a test does is kept."""
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as session:
        yield session


def test_each_bundled_score_can_be_read_and_names_where_it_is_published() -> None:
    rows = list(read_scores(bundled_scores()))
    assert [row.reason for row, stated in rows if stated is None] == []
    stated = [one for _, one in rows if one is not None]
    assert not [one for one in stated if one.is_out_of_range]
    assert {one.source_url.split("/blob/")[1].split("/")[0] for one in stated if one.source_url} == {
        "165029bc04932a90afa3f0b330211a3efd20c6db",
        "e6ff071c917569e1e6ed84b72413a833e09100cd",
        "37fc0e9a757a3b42cee659a3e1914539b6b5de06",
    }


def test_a_new_book_ranks_models_by_them_and_a_second_start_adds_none(session: Session) -> None:
    said = [stated for _, stated in read_scores(bundled_scores())]
    assert seed_scores(session, bundled_scores(), NOW) == len(said)  # each names a model of the bundled lists
    assert seed_scores(session, bundled_scores(), LATER) == 0
    clocks = Clocks(LATER, LATER)
    standing = names_of(session, book_state(session)).standing(clocks.known_at)
    found, _ = value_models(session, clocks, standing, ValueQuestion(DEFAULT_WEIGHTS))
    assert len(found.ranked) >= 50
    assert len([one for one in found.ranked if one.is_on_frontier]) >= 3
    assert {one.scores for one in found.ranked} == {4}  # of the same tests, so that they compare


def test_what_a_person_brought_in_stays(session: Session) -> None:
    import_scores(session, Decider("ada", NOW, None), OWN, "own.csv")
    seed_scores(session, bundled_scores(), LATER)
    kept = session.scalars(
        select(ScoreRow.score).where(ScoreRow.benchmark == "livebench_coding", ScoreRow.source_url.contains("ours"))
    )
    assert kept.all() == [Decimal(50)]
    coding = [one for _, one in read_scores(bundled_scores()) if one and one.benchmark == "livebench_coding"]
    current = select(func.count()).where(ScoreRow.benchmark == "livebench_coding", ScoreRow.current())
    assert session.scalar(current) == len(coding)
