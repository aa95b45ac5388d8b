"""What an audit makes of whole logs with planted mistakes: their money is named, and nothing else is blamed."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy.orm import Session

from llmpricing.services.usage_log.audit.verdicts import Audited, FinestPlaces, figure_kind
from tests.audits import audited, report_of
from tests.planted_logs import PlantedRecord, planted, planted_log
from tests.planted_mistakes import PAIRS, PLANTS
from tests.servers import StoreUrls
from tests.usage_bills import book_with_entries

ROWS = int(os.environ.get("LLMPRICING_TEST_PLANTED_ROWS", "10000"))  # .ci/long takes ten times as many
TOGETHER = " + "


@pytest.fixture(scope="module")
def book(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    with book_with_entries(store_urls, full_book) as session:
        yield session


@pytest.fixture(scope="module")
def log() -> list[PlantedRecord]:
    return planted_log(20261122, ROWS)


@pytest.fixture(scope="module")
def found(book: Session, log: list[PlantedRecord]) -> list[Audited]:
    return audited(book, [one.record for one in log])


@pytest.mark.parametrize("plant", [*PLANTS, *PAIRS], ids=lambda plant: plant.cause)
def test_each_planted_mistake_is_named_whatever_its_counts(book: Session, plant) -> None:
    rng = Random(1)  # noqa: S311 - counts for a test
    log = [planted(plant, plant.counts(rng), str(number)) for number in range(20)]
    for one, said in zip(log, audited(book, [one.record for one in log]), strict=True):
        assert said.difference == one.money
        assert plant.cause in said.verdict.decided(0).causes


def test_nearly_all_planted_money_is_named_by_its_cause(log: list[PlantedRecord], found: list[Audited]) -> None:
    """Where another mistake gives the same figure, both are named, and the one that the log has more of wins."""
    wrong: dict[str, Decimal] = defaultdict(Decimal)
    named: dict[str, Decimal] = defaultdict(Decimal)
    finest = FinestPlaces()
    for one in log:
        finest.count(one.record)
    told = {name for row in report_of(found).causes() for name in (row.name, *row.also)}
    for one, said in zip(log, found, strict=True):
        wrong[one.cause] += abs(one.money)
        names = said.verdict.decided(finest.of(figure_kind(one.record))).causes
        named[one.cause] += abs(said.difference) if one.cause in names else 0
    del wrong[""]
    assert {plant.cause for plant in (*PLANTS, *PAIRS)} <= wrong.keys() <= told
    assert {cause: named[cause] for cause in wrong} == pytest.approx(wrong, rel=Decimal("0.01"))


def test_hardly_any_right_row_is_blamed_and_no_pair_is_taken_for_one_mistake(
    log: list[PlantedRecord], found: list[Audited]
) -> None:
    right = [said for one, said in zip(log, found, strict=True) if not one.cause]
    assert sum(bool(said.verdict.causes) for said in right) < len(right) / 1000
    pairs = [said.verdict.causes for one, said in zip(log, found, strict=True) if TOGETHER in one.cause]
    assert len(pairs) > ROWS / 30
    assert all(TOGETHER in name or name == "unexplained" for names in pairs for name in names)


def test_the_causes_sum_to_the_difference_exactly(found: list[Audited]) -> None:
    report = report_of(found)
    assert sum(row.money for row in report.causes()) == report.difference == report.logged - report.recomputed
    assert report.difference == sum(said.difference for said in found)


def test_order_and_splits_of_the_log_change_nothing(
    book: Session, log: list[PlantedRecord], found: list[Audited]
) -> None:
    whole = rows_of(found)
    mixed = [one.record for one in log[:2000]]
    Random(3).shuffle(mixed)  # noqa: S311 - an order for a test
    assert rows_of(audited(book, mixed)) == rows_of(found[:2000])
    parts: Counter[str] = Counter()
    for start in range(0, len(found), 1700):
        parts.update({name: money for name, _, money in rows_of(found[start : start + 1700])})
    assert parts == Counter({name: money for name, _, money in whole})


def rows_of(found: Sequence[Audited]) -> list[tuple[str, int, Decimal]]:
    return [(row.name, row.records, row.money) for row in report_of(found).causes()]
