"""Every cause of an audit by an example with its arithmetic written out: USD per million tokens, fees in USD each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.quotes.context import Context, context
from llmpricing.domain.usage.quantities import Told, Usage, count
from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.exchange_rates import set_exchange_rate
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.usage_log.audit.uses import NoExchangeRate
from llmpricing.services.usage_log.audit.verdicts import Audited
from llmpricing.services.usage_log.formats.record import BILLED, REPEATED, RETOLD, UsageRecord, not_billed, unpriced
from llmpricing.sources.registry import SOURCES
from tests.audits import audited, report_of
from tests.lists import dated_list
from tests.planted_figures import NOON, PEAK
from tests.servers import StoreUrls, new_database
from tests.usage_bills import book_with_entries

HAIKU, SONNET, OPUS = "anthropic/claude-haiku-4-5", "anthropic/claude-sonnet-4-6", "anthropic/claude-opus-4-8"
TERRA, SOL, MINI = "openai/gpt-5.6-terra", "openai/gpt-5.6-sol", "openai/gpt-4.1-mini"
AWS = "aws/regional.anthropic.claude-haiku-4-5-20251001-v1:0"
DEEP, FLASH, SONAR, GROK = (
    "deepseek/deepseek-v4-pro",
    "google/gemini-2.5-flash",
    "perplexity/sonar-pro",
    "x-ai/grok-4.6",
)


@pytest.fixture(scope="module")
def book(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    """The bundled lists, a contract with Mistral at 20 % less, and euros at 1.08 dollars."""
    with book_with_entries(store_urls, full_book) as session:
        by = Decider("tests", datetime.now(UTC))
        add_contract_rates(session, by, "mistral", "*", [RateValue(Decimal("0.2"))], datetime(2026, 1, 1, tzinfo=UTC))
        set_exchange_rate(session, by, "EUR", Decimal("1.08"), "tests", datetime(2026, 1, 1, tzinfo=UTC))
        session.commit()
        yield session


def usd(sum_of_products: str) -> Decimal:
    """The figure of an arithmetic such as ``2000*1 + 8000*0.1``, in millionths; a product with ``each`` in USD."""
    total = Decimal(0)
    for product in sum_of_products.split(" + "):
        quantity, _, rate = product.partition("*")
        amount = Decimal(quantity) * Decimal(rate.removesuffix("each"))
        total += amount if rate.endswith("each") else amount / 1_000_000
    return total


def caches(taken: int, made: int, **more: int) -> dict[str, int]:
    return {"input_tokens": taken, "output_tokens": made, **more}


READ = caches(10_007, 503, cache_read_tokens=8_009)
WRITTEN = caches(10_007, 503, cache_write_tokens=4_001, cache_write_5m_tokens=4_001)
KEPT = caches(10_007, 503, cache_write_tokens=4_001, cache_write_1h_tokens=4_001)
THOUGHT = caches(10_007, 503, output_reasoning_tokens=301)
LONG = caches(300_007, 503)
# As Google tells the modality of everything, of what tools put into the prompt and of what was cached too.
TOLD = caches(10_007, 503, input_text_tokens=10_007, cache_read_tokens=8_009, cache_text_read_tokens=8_009)
TOOLS = caches(10_007, 503, input_text_tokens=10_007, input_tool_tokens=8_009, input_text_tool_tokens=8_009)
HEARD = caches(10_007, 503, input_text_tokens=2_007, input_audio_tokens=8_000, cache_read_tokens=1_005)
HEARD |= {"cache_text_read_tokens": 1_005}
SAID = caches(10_007, 503, output_text_tokens=503, output_reasoning_tokens=301, output_text_reasoning_tokens=301)
CASES: list[tuple[str, str, dict[str, int], dict[str, Any], str, str]] = [
    # cause, model, counts, what else is known, what is right, what was logged
    ("cached_at_full_price", HAIKU, READ, {}, "1998*1 + 8009*0.1 + 503*5", "10007*1 + 503*5"),
    ("cached_counted_twice", HAIKU, READ, {}, "1998*1 + 8009*0.1 + 503*5", "10007*1 + 8009*0.1 + 503*5"),
    ("cached_counted_twice", HAIKU, WRITTEN, {}, "6006*1 + 4001*1.25 + 503*5", "10007*1 + 4001*1.25 + 503*5"),
    ("cached_dropped", HAIKU, READ, {}, "1998*1 + 8009*0.1 + 503*5", "1998*1 + 503*5"),
    ("cached_dropped", HAIKU, WRITTEN, {}, "6006*1 + 4001*1.25 + 503*5", "6006*1 + 503*5"),
    ("cached_dropped", FLASH, TOLD, {}, "1998*0.3 + 8009*0.03 + 503*2.5", "1998*0.3 + 503*2.5"),
    ("cached_dropped", FLASH, HEARD, {}, "1002*0.3 + 1005*0.03 + 8000*1 + 503*2.5", "1002*0.3 + 8000*1 + 503*2.5"),
    ("tool_tokens_dropped", FLASH, TOOLS, {}, "10007*0.3 + 503*2.5", "1998*0.3 + 503*2.5"),
    ("reasoning_dropped", TERRA, SAID, {}, "10007*2 + 503*12", "10007*2 + 202*12"),
    ("cache_write_at_input_price", HAIKU, WRITTEN, {}, "6006*1 + 4001*1.25 + 503*5", "10007*1 + 503*5"),
    ("write_1h_at_5m_price", HAIKU, KEPT, {}, "6006*1 + 4001*2 + 503*5", "6006*1 + 4001*1.25 + 503*5"),
    ("reasoning_counted_twice", TERRA, THOUGHT, {}, "10007*2 + 503*12", "10007*2 + 503*12 + 301*12"),
    ("reasoning_dropped", TERRA, THOUGHT, {}, "10007*2 + 503*12", "10007*2 + 202*12"),
    ("step_ignored", TERRA, LONG, {}, "300007*4 + 503*18", "300007*2 + 503*12"),
    ("step_on_the_part", TERRA, LONG, {}, "300007*4 + 503*18", "272000*2 + 28007*4 + 503*18"),
    ("step_on_the_part", TERRA, LONG, {}, "300007*4 + 503*18", "272000*2 + 28007*4 + 503*12"),
    ("step_on_wrong_side", TERRA, READ, {}, "1998*2 + 8009*0.2 + 503*12", "1998*4 + 8009*0.4 + 503*18"),
    ("batch_ignored", MINI, READ, {"tier": "batch"}, "1998*0.2 + 8009*0.05 + 503*0.8", "1998*0.4 + 8009*0.1 + 503*1.6"),
    ("flex_ignored", TERRA, READ, {"tier": "flex"}, "1998*1 + 8009*0.1 + 503*6", "1998*2 + 8009*0.2 + 503*12"),
    ("priority_ignored", TERRA, READ, {"tier": "priority"}, "1998*4 + 8009*0.4 + 503*24", "1998*2 + 8009*0.2 + 503*12"),
    ("fast_ignored", OPUS, READ, {"tier": "fast"}, "1998*10 + 8009*1 + 503*50", "1998*5 + 8009*0.5 + 503*25"),
    ("region_ignored", SONNET, READ, {"region": "us"}, "1998*3.3 + 8009*0.33 + 503*16.5", "1998*3 + 8009*0.3 + 503*15"),
    ("region_ignored", AWS, READ, {}, "1998*1.1 + 8009*0.11 + 503*5.5", "1998*1 + 8009*0.1 + 503*5"),
    (
        "media_at_text_price",
        FLASH,
        caches(10_007, 503, input_audio_tokens=2_003),
        {},
        "8004*0.3 + 2003*1 + 503*2.5",
        "10007*0.3 + 503*2.5",
    ),
    (
        "search_fee_missing",
        HAIKU,
        caches(10_007, 503, web_searches=3),
        {},
        "10007*1 + 503*5 + 3*0.01each",
        "10007*1 + 503*5",
    ),
    ("request_fee_missing", SONAR, caches(10_007, 503), {}, "10007*3 + 503*15 + 1*0.014each", "10007*3 + 503*15"),
    (
        "contract_rate_ignored",
        "mistral/mistral-large-latest",
        caches(10_007, 503),
        {},
        "10007*0.4 + 503*1.2",
        "10007*0.5 + 503*1.5",
    ),
    ("another_day", SOL, READ, {}, "1998*4 + 8009*0.4 + 503*20", "1998*5 + 8009*0.5 + 503*30"),
    (
        "another_hour",
        DEEP,
        READ,
        {"at": PEAK},
        "1998*1.32 + 8009*0.044 + 503*3.96",
        "1998*0.66 + 8009*0.022 + 503*1.98",
    ),
    ("another_seller", DEEP, READ, {}, "1998*0.66 + 8009*0.022 + 503*1.98", "1998*1.74 + 8009*0.2 + 503*3.48"),
    ("another_model", MINI, READ, {}, "1998*0.4 + 8009*0.1 + 503*1.6", "1998*2 + 8009*0.5 + 503*8"),
    ("unit_slip", MINI, READ, {}, "1998*0.4 + 8009*0.1 + 503*1.6", "1998*400 + 8009*100 + 503*1600"),
    ("currency", MINI, READ, {}, "1998*0.4 + 8009*0.1 + 503*1.6", "1998*0.432 + 8009*0.108 + 503*1.728"),
    ("billed_zero", MINI, READ, {}, "1998*0.4 + 8009*0.1 + 503*1.6", "0*0"),
    ("flat_discount", MINI, READ, {}, "1998*0.4 + 8009*0.1 + 503*1.6", "1998*0.36 + 8009*0.09 + 503*1.44"),
    ("unexplained", MINI, READ, {}, "1998*0.4 + 8009*0.1 + 503*1.6", "1234567*0.01"),
    (
        "cached_at_full_price + batch_ignored",
        MINI,
        READ,
        {"tier": "batch"},
        "1998*0.2 + 8009*0.05 + 503*0.8",
        "10007*0.4 + 503*1.6",
    ),
    (
        "cached_dropped + region_ignored",
        SONNET,
        READ,
        {"region": "us"},
        "1998*3.3 + 8009*0.33 + 503*16.5",
        "1998*3 + 503*15",
    ),
]


def record_of(
    model: str,
    usage: Usage,
    charged: Decimal | None,
    at: datetime = NOON,
    tier: str = "",
    region: str = "",
    **more: Any,
) -> UsageRecord:
    where: Context = context(tier or None, region or None)
    return UsageRecord(model, at, usage, context=where, charged=charged, **more)


def one(session: Session, record: UsageRecord) -> Audited:
    (found,) = audited(session, [record])
    return found


@pytest.mark.parametrize(
    ("cause", "model", "counts", "more", "right", "logged"),
    CASES,
    ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)],
)
def test_the_mistake_is_named(
    book: Session, cause: str, model: str, counts: Mapping[str, int], more: dict[str, Any], right: str, logged: str
) -> None:
    found = one(book, record_of(model, count(counts), usd(logged), **more))
    assert found.cost == usd(right)
    assert found.verdict.decided(0).causes[0] == cause
    (row,) = report_of([found]).causes()
    assert (row.name, row.records, row.money) == (cause, 1, usd(logged) - usd(right))


@pytest.mark.parametrize(("cause", "model", "counts", "more", "right", "logged"), CASES[:3])
def test_what_is_right_is_not_blamed_whatever_floating_point_makes_of_it(
    book: Session, cause: str, model: str, counts: Mapping[str, int], more: dict[str, Any], right: str, logged: str
) -> None:
    noisy = usd(right) + Decimal("1e-17")
    found = one(book, record_of(model, count(counts), noisy, **more))
    assert found.verdict.causes == ()
    report = report_of([found])
    assert (report.right, report.difference, report.is_beyond(Decimal("0.005"))) == (1, Decimal("1e-17"), False)
    assert [(row.name, row.records, row.money) for row in report.causes()] == [("rounding", 0, Decimal("1e-17"))]


def test_a_price_that_was_announced_and_withdrawn_is_named(store_urls: StoreUrls, empty_book: str) -> None:
    with new_database(store_urls, empty_book) as url, Session(create_engine(url, poolclass=NullPool)) as session:
        for day, dated in ((1, {"2026-11-15": (5, 15)}), (12, {})):
            on = datetime(2026, 11, day, tzinfo=UTC)
            import_lists(session, [(SOURCES["genai-prices"], ReadList(dated_list((4, 12), dated), on, on, "made"))])
            session.commit()
        found = one(session, record_of("acme/acme-large", count(caches(1_009, 101)), usd("1009*5 + 101*15")))
        assert (found.cost, found.verdict.causes) == (usd("1009*4 + 101*12"), ("withdrawn_price",))


def test_what_nobody_is_billed_for_is_a_cause_with_its_reason(book: Session) -> None:
    usage = count(READ)
    right = usd("1998*0.4 + 8009*0.1 + 503*1.6")
    records = [
        record_of(MINI, usage, right),
        record_of(MINI, usage, right, outcome=REPEATED),
        record_of(MINI, usage, Decimal("0.5"), outcome=not_billed("failed")),
        record_of(MINI, usage, Decimal("0.25"), outcome=unpriced("nobody knows")),
        record_of(MINI, usage, None),
    ]
    report = report_of(audited(book, records))
    assert {(row.name, row.title.rpartition(": ")[2], row.money) for row in report.causes()} == {
        ("repeated_billed_again", "repeated records billed again", right),
        ("charged_but_not_billed", "failed", Decimal("0.5")),
        ("no_price", "charged, and no price to compare it with", Decimal("0.25")),
        ("no_cost_logged", "no cost logged", -right),
    }
    assert report.difference == sum(row.money for row in report.causes()) == Decimal("0.75")


def test_what_another_export_tells_again_is_logged_once(book: Session) -> None:
    right = usd("1998*0.4 + 8009*0.1 + 503*1.6")
    records = [record_of(MINI, count(READ), right, outcome=outcome) for outcome in (BILLED, RETOLD)]
    report = report_of(audited(book, records))
    assert (report.bill.repeated, report.logged, report.difference, report.causes()) == (1, right, 0, [])


def test_figures_in_cents_are_rounded_ones_and_not_wrong(book: Session) -> None:
    """By the arithmetic 1,000,007 x 0.4 + 50,003 x 1.6, in millionths: 0.4800076."""
    usage = count(caches(1_000_007, 50_003))
    cents = [record_of(MINI, usage, Decimal("0.48"), record_id=str(number)) for number in range(3)]
    report = report_of(audited(book, cents))
    assert [(row.name, row.records) for row in report.causes()] == [("rounding", 3)]
    finer = [*cents, record_of(MINI, usage, Decimal("0.4800076"))]
    assert [row.name for row in report_of(audited(book, finer)).causes()] == ["unexplained"]


def test_figures_of_six_decimals_are_rounded_ones_and_their_mistakes_are_named(book: Session) -> None:
    """1,997 x 0.4 + 303 x 1.6 = 0.0012836 is written 0.001284; in batches 100,007 x 0.2 + 3,001 x 0.8 = 0.0224022."""
    right = record_of(MINI, count(caches(1_997, 303)), Decimal("0.001284"))
    batch = record_of(MINI, count(caches(100_007, 3_001)), Decimal("0.044804"), tier="batch")
    report = report_of(audited(book, [right, batch]))
    assert {row.name: row.records for row in report.causes()} == {"rounding": 1, "batch_ignored": 1}
    # One figure written in full shows that the file does not round, and that these are other mistakes.
    full = record_of(MINI, count(caches(1_997, 303)), Decimal("0.0012836000000001"))
    assert {row.name for row in report_of(audited(book, [right, batch, full])).causes()} == {"unexplained", "rounding"}


@pytest.mark.parametrize(("counted", "written"), [((100_020, 3_001), "0.04481"), ((25_020, 601), "0.01097")])
def test_a_mistake_whose_figure_lost_its_last_zero_is_named_beside_six_decimals(
    book: Session, counted: tuple[int, int], written: str
) -> None:
    """100,020 x 0.4 + 3,001 x 1.6 = 0.0448096 is written 0.04481, 25,020 x 0.4 + 601 x 1.6 = 0.0109696 0.010970."""
    right = record_of(MINI, count(caches(1_997, 303)), Decimal("0.001284"))
    batch = record_of(MINI, count(caches(*counted)), Decimal(written), tier="batch")
    report = report_of(audited(book, [right, batch]))
    assert {row.name: row.records for row in report.causes()} == {"rounding": 1, "batch_ignored": 1}


def test_a_sum_of_requests_whose_steps_nobody_knows_says_so(book: Session) -> None:
    """All below 272,000: 1,000,007 x 2 + 1,009 x 12; all above: x 4 and x 18. What was logged lies between."""
    usage = count(caches(1_000_007, 1_009))._replace(request_input=0, told=Told())
    between = usd("500000*2 + 500007*4 + 1009*12")
    found = one(book, record_of(TERRA, usage, between, span=timedelta(days=1)))
    assert (found.cost, found.verdict.causes) == (usd("1000007*2 + 1009*12"), ("steps_within_a_sum",))
    below = count(caches(100_007, 1_009))._replace(request_input=0, told=Told())  # too little for any to lie above
    small = one(book, record_of(TERRA, below, usd("50000*2 + 50007*4 + 1009*12"), span=timedelta(days=1)))
    assert small.verdict.causes == ("unexplained",)


def test_a_sum_of_requests_whose_hours_nobody_knows_says_so(book: Session) -> None:
    """DeepSeek V4 Pro is 0.66 a million tokens of input, and 1.32 on working days from 01:00 to 04:00 UTC and later."""
    usage = count({"input_tokens": 1_000_007, "output_tokens": 0})._replace(request_input=0, told=Told())
    day, logged = timedelta(days=1), usd("500000*0.66 + 500007*1.32")
    friday, saturday = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
    record = record_of("deepseek/deepseek-v4-pro", usage, logged, at=friday, span=day)
    report = report_of(audited(book, [record]))
    assert [row.name for row in report.causes()] == ["times_within_a_sum"]
    ends = (report.effects.low, report.effects.high)
    assert ends == (usd("1000007*0.66"), usd("1000007*1.32"))
    quiet = report_of(audited(book, [replace(record, at=saturday)]))
    assert [row.name for row in quiet.causes()] == ["unexplained"]
    assert quiet.effects.low == quiet.effects.high == report.effects.low
    whole = report_of(audited(book, [replace(record, at=saturday, span=7 * day)]))
    assert (whole.effects.low, whole.effects.high) == ends


def test_euros_are_compared_in_dollars_and_a_currency_without_a_rate_is_refused(book: Session) -> None:
    usage, right = count(READ), usd("1998*0.4 + 8009*0.1 + 503*1.6")
    found = one(book, record_of(MINI, usage, right / Decimal("1.08"), currency="EUR"))
    assert (found.logged, found.verdict.causes) == (right, ())
    with pytest.raises(NoExchangeRate) as refusal:
        one(book, record_of(MINI, usage, right, currency="GBP"))
    assert f"llmpricing exchange add GBP USD_PER_GBP --from {date(2026, 11, 20)}" in str(refusal.value)


def test_where_two_causes_give_the_same_figure_the_commonest_of_the_file_wins(book: Session) -> None:
    """Flex and batch cost the same here; whichever the file has more of by itself is taken for both."""
    one_way, other_way = usd("1998*2 + 8009*0.2 + 503*12"), usd("1998*4 + 8009*0.4 + 503*18")
    both = record_of(TERRA, count(READ), one_way, tier="flex")
    report = report_of(audited(book, [both, record_of(TERRA, count(READ), other_way)]))
    assert {row.name for row in report.causes()} == {"flex_ignored", "step_on_wrong_side"}


def test_a_step_of_rounding_is_that_of_the_finest_figures_and_never_more_than_a_cent(book: Session) -> None:
    """5,500,000 x 0.4 = 2.2 is not rounded to 2, nor 1,837 x 0.4 + 0.2 x 1 = 0.000735 to 0.001 beside six decimals."""
    whole = record_of(MINI, count(caches(5_500_000, 0)), Decimal(2))
    assert one(book, whole).verdict.causes == ("unexplained",)
    small = record_of(MINI, count(caches(1_437, 100)), Decimal("0.001"))
    assert one(book, small).cost == Decimal("0.0007348")
    finer = record_of(MINI, count(caches(1_997, 303)), Decimal("0.001284"))
    report = report_of(audited(book, [small, finer]))
    assert {row.name: row.records for row in report.causes()} == {"unexplained": 1, "rounding": 1}


def test_figures_that_lost_their_last_zeros_are_rounded_as_the_others_of_the_file(book: Session) -> None:
    """1,250,000 x 0.4 + 0.0000002 is 0.5000002, written 0.500000 and then 0.5; 1,997 x 0.4 + 303 x 1.6 is 0.0012836."""
    cut = record_of(MINI, count(caches(1_249_997, 1)), Decimal("0.5"))
    assert one(book, cut).cost == Decimal("0.5000004")
    finer = record_of(MINI, count(caches(1_997, 303)), Decimal("1.284e-03"))
    for order in ([cut, finer], [finer, cut]):
        assert [(row.name, row.records) for row in report_of(audited(book, order)).causes()] == [("rounding", 2)]


def test_each_currency_and_sums_beside_requests_have_a_step_of_their_own(book: Session) -> None:
    """By 0.4800076: 0.48 dollars, and 0.444451 euros to three places; sums in cents, requests in full."""
    usage = count(caches(1_000_007, 50_003))
    dollars = record_of(MINI, usage, Decimal("0.48"), span=timedelta(days=1))
    euros = record_of(MINI, usage, Decimal("0.444"), currency="EUR")
    full = record_of(MINI, usage, Decimal("0.4800076"))
    report = report_of(audited(book, [dollars, euros, full]))
    assert [(row.name, row.records) for row in report.causes()] == [("rounding", 2)]


def test_a_0_in_a_file_of_cents_is_a_right_figure_of_less_than_half_a_cent(book: Session) -> None:
    """A call of 0.0024 is 0.00 in cents, one of 0.0096 is 0.01; beside finer figures, or none at all, 0 is billed."""
    small, large = count({"input_tokens": 6_000}), count({"input_tokens": 24_000})
    zeros = [record_of(MINI, small, Decimal("0.00")), record_of(MINI, large, Decimal("0.00"))]
    cents = record_of(MINI, large, Decimal("0.01"))

    def causes_of(*records: UsageRecord) -> dict[str, int]:
        return {row.name: row.records for row in report_of(audited(book, records)).causes()}

    assert causes_of(*zeros, cents) == {"rounding": 2, "billed_zero": 1}
    assert causes_of(zeros[0]) == {"rounding": 1}
    assert causes_of(record_of(MINI, small, Decimal(0)), cents) == {"rounding": 2}
    assert causes_of(record_of(MINI, small, Decimal(0))) == {"billed_zero": 1}
    fine = record_of(MINI, large, Decimal("0.0096"))
    assert causes_of(*zeros, fine) == {"billed_zero": 2}
