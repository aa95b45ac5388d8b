"""What an audit says besides its causes: what caching saved, other places, sums that may lie across a step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.quantities import count
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.services.usage_log.audit.effects import ALL_INPUT, Otherwise
from llmpricing.services.usage_log.audit.sellers import UnstatedSellers
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.pricer import LogPricer
from tests.audits import audited, report_of
from tests.planted_figures import NOON
from tests.planted_logs import planted_log
from tests.servers import StoreUrls
from tests.usage_bills import book_with_entries
from tests.usage_twins import DAY, EXPECTED, FOLDER, NAMES

SONNET, TERRA, MINI = "anthropic/claude-sonnet-4-6", "openai/gpt-5.6-terra", "openai/gpt-4.1-mini"
READ = count({"input_tokens": 10_000, "cache_read_tokens": 8_000, "output_tokens": 500})


@pytest.fixture(scope="module")
def book(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    with book_with_entries(store_urls, full_book) as session:
        yield session


def test_what_caching_saved_is_the_full_price_of_what_was_cached_less_its_own(book: Session) -> None:
    """8,000 at 0.4 instead of 0.1 in millionths, twice."""
    report = report_of(audited(book, [UsageRecord(MINI, NOON, READ)] * 2))
    assert (report.is_logged, report.effects.saved) == (False, Decimal("0.0048"))


def test_another_place_is_told_with_its_effect_where_none_was_stated(book: Session) -> None:
    """2,000 x 3 + 8,000 x 0.3 + 500 x 15 in millionths, and a tenth more in the us."""
    report = report_of(audited(book, [UsageRecord(SONNET, NOON, READ), UsageRecord(MINI, NOON, READ)]))
    found = report.effects.otherwise[Otherwise("region", "us")]
    assert (found.records, found.cost, found.there) == (1, Decimal("0.0159"), Decimal("0.01749"))
    stated = report_of(audited(book, [UsageRecord(SONNET, NOON, READ, context=context(None, "us"))]))
    assert not [other for other in stated.effects.otherwise if other.fact == "region"]


def test_another_tier_is_told_with_its_effect_where_none_was_stated(book: Session) -> None:
    """2,000 x 0.4 + 8,000 x 0.1 + 500 x 1.6 in millionths, and half of that as batch."""
    report = report_of(audited(book, [UsageRecord(MINI, NOON, READ)] * 2))
    found = report.effects.otherwise[Otherwise("tier", "batch")]
    assert (found.records, found.cost, found.there) == (2, Decimal("0.0048"), Decimal("0.0024"))
    stated = report_of(audited(book, [UsageRecord(MINI, NOON, READ, context=context("standard"))]))
    assert not stated.effects.otherwise


def test_a_tier_that_is_ruled_out_is_not_told(book: Session) -> None:
    no_batch = context()._replace(ruled_out=("batch",))
    found = report_of(audited(book, [UsageRecord(MINI, NOON, READ, context=no_batch), UsageRecord(MINI, NOON, READ)]))
    tiers = {one.value: effect.records for one, effect in found.effects.otherwise.items() if one.fact == "tier"}
    assert (tiers["batch"], {records for tier, records in tiers.items() if tier != "batch"}) == (1, {2})


def test_a_stated_standard_tier_is_a_stated_tier(book: Session, tmp_path: Path) -> None:
    """Claude Code's service_tier and the console's usage_type say standard; a speed alone says nothing of the batch."""
    counts = {"input_tokens": 1000, "output_tokens": 10}
    said = (
        {"service_tier": "standard", "speed": "standard"},
        {"service_tier": "standard"},
        {"speed": "standard"},
        {"service_tier": "auto"},
    )
    session = tmp_path / "session.jsonl"
    lines = [
        {
            "type": "assistant",
            "timestamp": NOON.isoformat(),
            "sessionId": "s",
            "requestId": f"req-{number}",
            "message": {"id": f"msg_{number}", "model": "claude-opus-4-8", "usage": {**counts, **words}},
        }
        for number, words in enumerate(said)
    ]
    session.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = report_of(audited(book, UsageFiles([usage_file(session)]).records())).effects.otherwise
    assert {one.value: effect.records for one, effect in found.items() if one.fact == "tier"} == {"batch": 2, "fast": 2}
    console = report_of(audited(book, UsageFiles([usage_file(FOLDER / "anthropic-console-usage.csv")]).records()))
    assert not [one for one in console.effects.otherwise if one.fact == "tier"]


def test_a_stated_global_place_is_a_stated_place(book: Session, tmp_path: Path) -> None:
    """Claude Code's inference_geo says global where no other place was asked for; not_available says nothing."""
    session = tmp_path / "session.jsonl"
    lines = [
        {
            "type": "assistant",
            "timestamp": NOON.isoformat(),
            "sessionId": "s",
            "requestId": f"req-{number}",
            "message": {
                "id": f"msg_{number}",
                "model": "claude-opus-4-8",
                "usage": {"input_tokens": 1000, "output_tokens": 10, "inference_geo": geo},
            },
        }
        for number, geo in enumerate(("global", "Global", "not_available"))
    ]
    session.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = report_of(audited(book, UsageFiles([usage_file(session)]).records()))
    assert {one.value: effect.records for one, effect in found.effects.otherwise.items() if one.fact == "region"} == {
        "us": 1
    }


def test_another_seller_is_told_with_its_effect_where_neither_record_nor_name_says_one(book: Session) -> None:
    """2,000 x 1 + 8,000 x 0.1 + 500 x 5 in millionths on two days, and a tenth more in a place of aws of one's own.
    What costs the same is not told, and neither a stated seller nor one that the name tells is doubted.
    """
    told = [UsageRecord("claude-haiku-4-5", at, READ) for at in (NOON, NOON - timedelta(days=30))]
    silent = [
        UsageRecord("claude-haiku-4-5", NOON, READ, "anthropic"),
        UsageRecord("anthropic/claude-haiku-4-5", NOON, READ),
        UsageRecord("nobody-knows-this", NOON, READ),
    ]
    sellers = UnstatedSellers(book, LogPricer(book, datetime.now(UTC), None))
    for one in audited(book, [*told, *silent]):
        sellers.count(one)
    found = sellers.effects()
    aws = found[Otherwise("provider", "aws", "us")]
    assert (aws.records, aws.cost, aws.there) == (2, Decimal("0.0106"), Decimal("0.01166"))
    assert Otherwise("provider", "aws", "global") not in found
    assert {one.value for one in found} <= {"aws", "azure", "azure-ai", "databricks", "google-vertex"}
    stated = [replace(one, provider="aws", context=context(None, "us")) for one in told]
    assert sum(one.cost or 0 for one in audited(book, stated)) == aws.there  # what stating it comes to


def test_what_may_have_been_cached_is_told_with_its_effect_where_the_file_does_not_tell(book: Session) -> None:
    """10,000 x 0.4 + 500 x 1.6 in millionths; all of it cached is 10,000 x 0.1, all of it written to caches of Claude
    10,000 x 3.75 instead of 10,000 x 3. What was said to be cached is not said twice.
    """
    plain = count({"input_tokens": 10_000, "output_tokens": 500})
    untold = ("cache_read_tokens", "cache_write_tokens")
    one = UsageRecord(MINI, NOON, plain, context=context("standard"), untold=untold[:1])
    other = UsageRecord(SONNET, NOON, plain, context=context("standard", "us"), untold=untold[1:])
    effects = report_of(audited(book, [one, one, other])).effects.otherwise
    read = effects[Otherwise("cache read tokens", ALL_INPUT)]
    assert (read.records, read.cost, read.there) == (2, Decimal("0.0096"), Decimal("0.0036"))
    written = effects[Otherwise("cache write tokens", ALL_INPUT)]
    assert (written.records, written.cost, written.there) == (1, Decimal("0.04125"), Decimal("0.0495"))
    whole = UsageRecord(MINI, NOON, READ, context=context("standard"), untold=untold[:1])
    found = report_of(audited(book, [whole])).effects.otherwise[Otherwise("cache read tokens", ALL_INPUT)]
    assert (found.cost, found.there) == (Decimal("0.0024"), Decimal("0.0018"))


def test_a_sum_of_requests_has_a_low_and_a_high_where_single_ones_may_lie_across_a_step(book: Session) -> None:
    """Three requests of 200,000 tokens in the mean, below the step of 272,000; all of them above would cost double."""
    usage = count({"input_tokens": 600_000, "output_tokens": 1_000, "requests": 3})
    day = timedelta(days=1)
    report = report_of(audited(book, [UsageRecord(TERRA, NOON, usage, span=day), UsageRecord(MINI, NOON, READ)]))
    one = Decimal("0.0024")
    assert report.recomputed == Decimal("1.212") + one
    assert (report.effects.low, report.effects.high) == (Decimal("1.212") + one, Decimal("2.418") + one)
    small = UsageRecord(TERRA, NOON, count({"input_tokens": 60_000, "requests": 3}), span=day)
    alone = report_of(audited(book, [small])).effects
    assert alone.low == alone.high == Decimal("0.12")


# A million tokens of gpt-5.6-terra: 2 below its step at 272,000, 4 beyond; of gemini-2.5-pro, whose step is at 200,000:
# 1.25 and 2.5; of Haiku 5.5, whose step is at 100,000: 0.1 and 0.5. Requests of at most 200,000 tokens lie below the
# first two steps and may lie on both sides of the last, those of more on both sides of the first.
@pytest.mark.parametrize(
    ("model", "window", "ends"),
    [
        (TERRA, "≤ 200k", ("2", "2", "2")),
        (TERRA, "> 200k", ("2", "2", "4")),
        (TERRA, "", ("2", "2", "4")),
        ("google/gemini-2.5-pro", "≤ 200k", ("1.25", "1.25", "1.25")),
        ("google/gemini-2.5-pro", "> 200k", ("2.5", "2.5", "2.5")),
        ("google/gemini-2.5-pro", "", ("1.25", "1.25", "2.5")),
        ("anthropic/claude-haiku-5-5", "≤ 200k", ("0.1", "0.1", "0.5")),
        ("anthropic/claude-haiku-5-5", "> 200k", ("0.5", "0.5", "0.5")),
    ],
)
def test_a_row_of_the_console_has_a_low_and_a_high_where_its_window_leaves_a_step_open(
    book: Session, tmp_path: Path, model: str, window: str, ends: tuple[str, str, str]
) -> None:
    export = tmp_path / "usage.csv"
    lines = (FOLDER / "anthropic-console-usage.csv").read_text("utf-8").splitlines()
    row = f"2026-11-20,claude-haiku-4-5,key-a,Default,standard,{window},1000000,0,0,0,0,0,not_available,"
    export.write_text(f"{lines[0]}\n{row}\n", "utf-8")
    (record,) = UsageFiles([usage_file(export)]).records()
    report = report_of(audited(book, [replace(record, model=model, provider=None)]))
    assert (report.recomputed, report.effects.low, report.effects.high) == tuple(map(Decimal, ends))


def test_every_audited_record_costs_what_its_quote_says(book: Session) -> None:
    records = [one.record for one in planted_log(5, 400) if one.record.usage is not None]
    asked = [
        Asked(one.model, one.usage, one.at, datetime.now(UTC), one.context)
        for one in records
        if one.usage is not None and one.at is not None
    ]
    quotes = quote_many(book, asked)
    totals = [answer.quote.total if isinstance(answer, Quoted) else None for answer in quotes]
    found = audited(book, records)
    assert [one.cost for one in found] == totals
    assert report_of(found).recomputed == sum(total for total in totals if total is not None)


@pytest.mark.parametrize("name", NAMES)
def test_the_audit_of_every_file_comes_to_its_right_total_and_its_causes_to_the_difference(
    book: Session, name: str
) -> None:
    expected = EXPECTED[name]
    report = report_of(audited(book, UsageFiles([usage_file(FOLDER / name, now=DAY)]).records()))
    assert report.recomputed == Decimal(expected["total"] or 0)
    assert dict(report.bill.charged) == ({"USD": Decimal(expected["charged"])} if expected["charged"] else {})
    if report.is_logged:
        assert sum(row.money for row in report.causes()) == report.difference
