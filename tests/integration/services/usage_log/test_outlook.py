"""What announced and withdrawn prices do to a log, by arithmetic: USD per million tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, delete, func
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.usage.quantities import Told, count
from llmpricing.models import PriceRow
from llmpricing.scripts.commands.outlook_lines import outlook_lines
from llmpricing.scripts.usage_shapes import FoundFiles
from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.sums.outlook import Outlook, outlook_of
from llmpricing.services.usage_log.sums.own_usage import OwnUsage
from llmpricing.sources.registry import SOURCES
from tests.lists import dated_list
from tests.servers import StoreUrls, new_database

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LARGE = "acme/acme-large"
# What is believed on 1 November: a rise on the 15th, and one on 16 December. The list of the 12th takes back the first.
FIRST = {"2026-11-15": (5, 15), "2026-12-16": (8, 24)}
SECOND = {"2026-12-16": (8, 24)}


@pytest.fixture
def book(store_urls: StoreUrls, empty_book: str) -> Iterator[Session]:
    with new_database(store_urls, empty_book) as url, Session(create_engine(url, poolclass=NullPool)) as session:
        for day, dated in ((1, FIRST), (12, SECOND)):
            on = datetime(2026, 11, day, tzinfo=UTC)
            import_lists(session, [(SOURCES["genai-prices"], ReadList(dated_list((4, 12), dated), on, on, "made"))])
            session.commit()
        yield session


def used(days_ago: float, taken: int, made: int, team: str = "") -> UsageRecord:
    usage = count({"input_tokens": taken, "output_tokens": made})
    return UsageRecord(LARGE, NOW - timedelta(days=days_ago), usage, labels={"team": team} if team else {})


def outlook(session: Session, records: Sequence[UsageRecord], months: int = 2) -> Outlook:
    return outlook_of(OwnUsage(session, LogPricer(session, NOW, None), records, NOW), NOW, months)


def test_an_announced_rise_is_told_in_money_by_model_and_team_and_by_month(book: Session) -> None:
    """Today 3,000,000 x 4 + 500,000 x 12 = 18; from 16 December on 3,000,000 x 8 + 500,000 x 24 = 36."""
    log = [used(1, 1_000_000, 100_000, "a"), used(2, 1_500_000, 150_000, "b"), used(3, 500_000, 250_000, "b")]
    found = outlook(book, log)
    assert (found.records, found.today, found.unpriced) == (3, Decimal(18), [])
    (step,) = found.steps
    assert (step.day, step.before, step.difference) == (datetime(2026, 12, 16, tzinfo=UTC), Decimal(18), Decimal(18))
    assert step.share == 1
    assert step.groups == {"a": Decimal("5.2"), "b": Decimal("12.8")}  # 1 x 4 + 0.1 x 12; 2 x 4 + 0.4 x 12
    (effect,) = step.models
    assert (effect.offering, effect.difference) == (LARGE, Decimal(18))
    assert {(one.meter, one.old.amount, one.new.amount) for one in effect.moved if one.old and one.new} == {
        ("input_tokens", Decimal(4), Decimal(8)),
        ("output_tokens", Decimal(12), Decimal(24)),
    }
    # 15 of December's 31 days at 18, 16 at 36.
    december = (Decimal(15 * 18 + 16 * 36) / 31).quantize(Decimal("1e-12"))
    assert found.months == [
        ("2026-12", december, december, december, ()),
        ("2027-01", Decimal(36), Decimal(36), Decimal(36), ()),
    ]
    assert found.is_beyond(Decimal("0.99"))
    assert not found.is_beyond(Decimal(1))


def test_a_withdrawn_rise_is_told_with_what_tools_that_kept_it_charge_more(book: Session) -> None:
    """1,000,000 x 4 + 100,000 x 12 = 5.2, against 1,000,000 x 5 + 100,000 x 15 = 6.5."""
    (step,) = outlook(book, [used(1, 1_000_000, 100_000)]).withdrawn
    assert (step.day, step.withdrawn) == (datetime(2026, 11, 15, tzinfo=UTC), datetime(2026, 11, 12, tzinfo=UTC))
    assert (step.difference, step.models[0].difference) == (Decimal("-1.3"), Decimal("-1.3"))


def test_a_price_that_ends_without_another_is_no_saving(book: Session) -> None:
    """From 16 December on nobody knows what it costs: of December, 15 of 31 days of USD 5.2 are known at least."""
    coming = func.lower(PriceRow.valid) == datetime(2026, 12, 16, tzinfo=UTC)
    book.execute(delete(PriceRow).where(coming))
    book.commit()
    found = outlook(book, [used(1, 1_000_000, 100_000, "a")])
    (step,) = found.steps
    assert (found.today, step.difference, step.groups) == (Decimal("5.2"), Decimal(0), {})
    assert step.models[0].difference is None
    assert step.models[0].reason.startswith("no price of input_tokens is known")
    known = (Decimal("5.2") * 15 / 31).quantize(Decimal("1e-12"))
    assert [(one.month, one.cost, one.low, one.high) for one in found.months] == [
        ("2026-12", Decimal(0), known, None),
        ("2027-01", Decimal(0), Decimal(0), None),
    ]
    gaps = [gap for one in found.months for gap in one.unpriced]
    assert [(gap.offering, gap.records, gap.today, gap.low, gap.high) for gap in gaps] == [
        (LARGE, 1, Decimal("5.2"), known, None),
        (LARGE, 1, Decimal("5.2"), Decimal(0), None),
    ]
    assert all(gap.reason.startswith("no price of input_tokens is known") for gap in gaps)


def test_what_keeps_its_price_in_a_month_counts_beside_what_of_the_same_model_loses_it(book: Session) -> None:
    """From 16 December on nobody knows the price of output: input alone, 1,000,000 x 8, has one all through January,
    and 15 of December's 31 days at 4 and 16 at 8.
    """
    coming = func.lower(PriceRow.valid) == datetime(2026, 12, 16, tzinfo=UTC)
    book.execute(delete(PriceRow).where(coming, PriceRow.meter == "output_tokens"))
    book.commit()
    found = outlook(book, [used(1, 1_000_000, 100_000), used(2, 1_000_000, 0)])
    december = (Decimal(15 * 4 + 16 * 8) / 31).quantize(Decimal("1e-12"))
    assert [(one.month, one.cost) for one in found.months] == [("2026-12", december), ("2027-01", Decimal(8))]
    assert [(gap.records, gap.today) for one in found.months for gap in one.unpriced] == [(1, Decimal("5.2"))] * 2


def test_a_month_of_sums_that_may_lie_across_a_step_is_told_with_both_ends(
    store_urls: StoreUrls, full_book: str
) -> None:
    """Three requests of 200,000 tokens in the mean, below the step of 272,000; all of them above would cost double."""
    usage = count({"input_tokens": 600_000, "output_tokens": 1_000, "requests": 3})
    summed = UsageRecord("openai/gpt-5.6-terra", NOW - timedelta(days=1), usage, span=timedelta(days=1))
    with new_database(store_urls, full_book) as url, Session(create_engine(url, poolclass=NullPool)) as session:
        (month,) = outlook(session, [summed], months=1).months
    assert (month.cost, month.low, month.high) == (Decimal("1.212"), Decimal("1.212"), Decimal("2.418"))


def test_contract_rates_of_the_day_are_applied_on_both_sides_of_a_step(book: Session) -> None:
    """At 25 % less from the beginning, and nothing less from 1 January on: 3.9, 7.8, 10.4."""
    by, begin, end = Decider("tests", NOW), datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    add_contract_rates(book, by, "acme", "*", [RateValue(Decimal("0.25"))], begin, end)
    found = outlook(book, [used(1, 1_000_000, 100_000)])
    assert found.today == Decimal("3.9")
    assert [(step.day.day, step.before, step.difference) for step in found.steps] == [
        (16, Decimal("3.9"), Decimal("3.9")),
        (1, Decimal("7.8"), Decimal("2.6")),
    ]


def said(found: Outlook) -> str:
    return "\n".join(outlook_lines(FoundFiles([], [], has_folder=False), found))


def test_the_last_thirty_full_days_count_of_a_longer_log_in_whatever_order(book: Session) -> None:
    """Of records of one a day for 45 days at noon, those of 21 October to 19 November: 30 x 4 = 120."""
    log = [used(days, 1_000_000, 0) for days in range(45)]
    for order in (log, log[::-1], [*log[20:], *log[:20]]):
        found = outlook(book, order)
        assert (found.since, found.until) == (datetime(2026, 10, 21, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
        assert (found.records, found.today) == (30, Decimal(120))
        assert (found.days, found.thirty_such_days(found.today)) == (30, None)
        assert found.last_day == date(2026, 11, 19)
        assert "2026-10-21 to 2026-11-19, both counted" in said(found)
        told = "  2026-11-20, which is not over, is left out: 1 record, USD 4 at today's prices\n"
        assert told in said(found)
    whole = [replace(one, at=(one.at or NOW) - timedelta(hours=12), span=timedelta(days=1)) for one in log]
    assert outlook(book, whole[1:]).left_out == ""
    assert outlook(book, whole).left_out == told.strip()  # what is told by the day tells of the running one in part


def test_a_last_day_that_is_over_counts_though_it_ends_with_no_record(book: Session) -> None:
    """One a day until yesterday 23:10, and 500,000 more then: of the last thirty days 30 x 4 + 2 = 122."""
    late = UsageRecord(LARGE, datetime(2026, 11, 19, 23, 10, tzinfo=UTC), count({"input_tokens": 500_000}))
    found = outlook(book, [late, *(used(days, 1_000_000, 0) for days in range(1, 45))])
    assert (found.since, found.until) == (datetime(2026, 10, 21, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
    assert (found.records, found.today, found.last_day) == (31, Decimal(122), date(2026, 11, 19))
    assert not found.left_out
    old = outlook(book, [used(days + 0.2, 1_000_000, 0) for days in range(90, 130)])  # a log that ended long ago
    assert (found.days, old.records, old.left_out) == (30, 30, "")


def test_sums_of_months_count_whole_where_the_last_days_begin_within_one(book: Session) -> None:
    """October alone is 31 days: 31 x 4 = 124, and thirty such days 120; November so far is told until now."""
    of_month = count({"input_tokens": 31_000_000})._replace(request_input=0, told=Told())
    october = UsageRecord(LARGE, datetime(2026, 10, 1, tzinfo=UTC), of_month, span=timedelta(days=31))
    found = outlook(book, [october])
    assert (found.records, found.today, found.days) == (1, Decimal(124), 31)
    assert found.thirty_such_days(found.today) == Decimal(120)
    november = replace(october, at=datetime(2026, 11, 1, tzinfo=UTC), span=timedelta(days=30))
    both = outlook(book, [november, october])
    assert (both.records, both.since, both.last_day) == (2, october.at, date(2026, 11, 19))
    alone = outlook(book, [november])
    assert (alone.records, alone.days, alone.left_out) == (1, 20, "")


def test_all_of_a_shorter_log_counts_its_last_minute_too(book: Session) -> None:
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    log = [used(5, 1_000_000, 0), UsageRecord(LARGE, midnight, count({"input_tokens": 500_000}))]
    found = outlook(book, log)
    assert (found.records, found.today, found.until) == (2, Decimal(6), midnight)
    assert (found.days, found.thirty_such_days(found.today)) == (6, Decimal(30))  # of 6 days from the 15th on
    assert "2026-11-15 to 2026-11-20, both counted" in said(found)
    assert not found.left_out


def test_days_told_whole_are_as_many_days_as_they_say(book: Session) -> None:
    """Four lines of a day each, the last until midnight: 4 x 4 = 16, and 30 / 4 of it in thirty such days."""
    day, first = timedelta(days=1), datetime(2026, 11, 16, tzinfo=UTC)
    usage = count({"input_tokens": 1_000_000})
    found = outlook(book, [UsageRecord(LARGE, first + n * day, usage, span=day) for n in range(4)])
    assert "2026-11-16 to 2026-11-19, both counted" in said(found)
    assert (found.days, found.today, found.thirty_such_days(found.today)) == (4, Decimal(16), Decimal(120))
    assert found.thirty_such_days(Decimal("0.0000001")) == Decimal("0.000001")


def test_a_log_without_a_price_has_no_outlook_and_its_bill_says_why(book: Session) -> None:
    unknown = UsageRecord("nobody-knows-this", NOW, count({"input_tokens": 10}))
    found = outlook(book, [unknown])
    assert (found.since, found.steps, found.months) == (None, [], [])
    assert sum(found.bill.unpriced.values()) == 1
