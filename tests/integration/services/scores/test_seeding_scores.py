"""Scores that come with the installation: each names a model of the bundled lists and where it is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.names.model_groups import moves
from llmpricing.domain.scores.benchmarks import DEFAULT_WEIGHTS
from llmpricing.domain.scores.best_value import average_of
from llmpricing.domain.scores.score_file import read_scores
from llmpricing.models import ScoreRow
from llmpricing.services.catalogue.listed_models import listed_models
from llmpricing.services.clocks import Clocks
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import book_state
from llmpricing.services.scores.importing_scores import import_scores
from llmpricing.services.scores.kept_scores import model_of, scores_by_model
from llmpricing.services.scores.seeding_scores import seed_scores
from llmpricing.services.scores.valuing import ValueQuestion, value_models
from llmpricing.sources.bundled_scores import REPLACED_SOURCES, bundled_scores
from tests.conftest import NOW

_SLOWER = (":batch", ":flex")  # another service
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
        "3b7de9bf989bfa15e38b5ded9e384536a5557d4c",
        "0339916709d6216bb4884bc158fb68fd2c7c0e90",
        "f38409f4bd695ed983ac0bc8a5e170d0454a1c89",
    }
    assert not {one.source_url for one in stated} & REPLACED_SOURCES


def test_a_new_book_ranks_models_by_them_and_a_second_start_adds_none(session: Session) -> None:
    said = [stated for _, stated in read_scores(bundled_scores())]
    assert seed_scores(session, bundled_scores(), NOW) == len(said)  # each names a model of the bundled lists
    assert seed_scores(session, bundled_scores(), LATER) == 0
    clocks = Clocks(LATER, LATER)
    standing = names_of(session, book_state(session)).standing(clocks.known_at)
    found, _ = value_models(session, clocks, standing, ValueQuestion(DEFAULT_WEIGHTS))
    assert len(found.ranked) >= 95
    assert len([one for one in found.ranked if one.is_on_frontier]) >= 3
    assert {one.scores for one in found.ranked} == {4}  # of the same tests, so that they compare


def test_a_model_stands_at_its_cheapest_seller_whatever_that_calls_it(session: Session) -> None:
    seed_scores(session, bundled_scores(), NOW)
    clocks, book = Clocks(LATER, LATER), book_state(session)
    standing = names_of(session, book).standing(clocks.known_at)
    found, _ = value_models(session, clocks, standing, ValueQuestion(DEFAULT_WEIGHTS))
    sold = {row.id: model for model in listed_models(session, book, clocks, standing) for row in model.rows}
    elsewhere = 0
    for one in found.ranked:
        rows = [row for row in sold[one.offering.id].rows if row.status is None and not row.id.endswith(_SLOWER)]
        asked = {row.id: average_of(row.input_per_mtok, row.output_per_mtok) for row in rows if row.currency == "USD"}
        paid = [average for slug, average in asked.items() if average and not moves(slug.partition("/")[2])]
        assert one.average <= min(paid, default=one.average), one.offering.id
        elsewhere += model_of(session, one.offering.id) != one.offering.model
    assert elsewhere >= 3  # under a name to which nobody gave a score
    assert len({sold[one.offering.id].name for one in found.ranked}) == len(found.ranked)  # each once


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


def test_what_came_with_an_earlier_installation_gives_way_and_stays_known(session: Session) -> None:
    earlier = sorted(REPLACED_SOURCES)[0]
    rows = [("gpt-5.5", "livebench_coding", earlier), ("gpt-4o", "hallucination_rate", earlier)]
    rows += [("claude-opus-4-7", "livebench_coding", "https://example.com/ours")]
    lines = [f"{model},{benchmark},50,{url}" for model, benchmark, url in rows]
    import_scores(
        session, Decider("ada", NOW, None), "\n".join(["model,benchmark,score,source_url", *lines]), "old.csv"
    )
    assert seed_scores(session, bundled_scores(), LATER, REPLACED_SOURCES) > 0
    assert seed_scores(session, bundled_scores(), LATER, REPLACED_SOURCES) == 0

    def at(known_at: datetime) -> list[tuple[bool, bool]]:
        kept = scores_by_model(session, Clocks(known_at, known_at))
        of_rows = [(kept.get(model, {}), benchmark) for model, benchmark, _ in rows]
        return [(benchmark in scores, scores.get(benchmark) == 50) for scores, benchmark in of_rows]

    assert at(NOW + timedelta(hours=1)) == [(True, True)] * 3
    # Of gpt-4o itself nobody measures the rate any longer: that of another method would not compare.
    assert at(LATER + timedelta(hours=1)) == [(True, False), (False, False), (True, True)]
