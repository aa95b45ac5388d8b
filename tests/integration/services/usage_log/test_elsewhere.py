"""A log at all other offerings: each cell is what the requests cost there one by one, and nothing unknown is free."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.contract_rates import Terms
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.quantities import count
from llmpricing.scripts.commands.elsewhere import elsewhere_document, elsewhere_lines
from llmpricing.scripts.usage_shapes import FoundFiles
from llmpricing.services.usage_log.bill import priced_records
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.sums.elsewhere import Elsewhere, ElsewhereLog
from llmpricing.services.usage_log.sums.log_sums import LogSums
from llmpricing.services.usage_log.sums.market import MarketOffering, SumPricer, TodaysMarket
from llmpricing.services.usage_log.sums.needs import Wanted, wanted
from llmpricing.services.usage_log.sums.own_times import OwnTimesLog
from tests.planted_figures import NOON
from tests.planted_logs import planted_log
from tests.usage_twins import FOLDER

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
Asking = Callable[..., Elsewhere]
MINI, TERRA = "openai/gpt-4.1-mini", "openai/gpt-5.6-terra"


@pytest.fixture(scope="module")
def book(full_book_of_module: str) -> Iterator[Session]:
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as session:
        yield session


@pytest.fixture(scope="module")
def market(book: Session) -> TodaysMarket:
    return TodaysMarket(book, LogPricer(book, NOW, None), NOW)


@pytest.fixture(scope="module")
def elsewhere(book: Session, market: TodaysMarket) -> Asking:
    def answer(records: Sequence[UsageRecord], like: Wanted | None = None) -> Elsewhere:
        return ElsewhereLog(book, LogPricer(book, NOW, None), market).priced(records, like or Wanted())

    return answer


def record(model: str, at: datetime = NOON, stated: str | None = None, **counts: int) -> UsageRecord:
    return UsageRecord(model, at, count(counts), context=context(stated))


def one_by_one(one: MarketOffering, market: TodaysMarket, records: Sequence[UsageRecord]) -> list[Decimal | None]:
    """The quotes of the records there, each by itself."""
    found = []
    for record in records:
        assert record.usage is not None
        assert record.at is not None
        terms = Terms(one.rates, "USD", market.exchanges)
        found.append(quote(one.prices, record.usage, record.at, one.context(record.context), terms).total)
    return found


def test_a_thousand_cells_drawn_by_lot_are_the_quotes_of_their_rows(book: Session, market: TodaysMarket) -> None:
    """Records of all shapes of files, and of a made log with tiers, places, caches, steps and hours."""
    files = [
        usage_file(path, None) for path in sorted(FOLDER.iterdir()) if path.suffix in (".ndjson", ".jsonl", ".csv")
    ]
    found = [*UsageFiles(files, ()).records(), *(one.record for one in planted_log(7, 300, pairs=0))]
    priced = priced_records(LogPricer(book, NOW, None), found)
    records = [one.record for one in priced if one.cost is not None and one.outcome.kind is OutcomeKind.BILLED]
    assert len(records) > 300
    rng = Random(20261126)  # noqa: S311 - which cells are looked at
    known = 0
    for one in rng.choices(list(market.offerings.values()), k=100):
        some, sums = rng.choices(records, k=10), LogSums()
        for each in some:
            sums.add(each, market.divisions)
        quoted = one_by_one(one, market, some)
        cost = SumPricer(sums.sums, market.exchanges).cost(one)
        if None in quoted:
            assert cost.total is None, (one.facts.slug, cost)
        elif cost.total is not None:
            exact = sum((Fraction(total) for total in quoted if total is not None), Fraction(0)) * 10**12
            assert abs(cost.total - exact) <= Fraction(len(some), 2), one.facts.slug  # each quote is rounded to 1e-12
            known += 1
        else:
            assert "proportion" in cost.reason, (one.facts.slug, cost.reason)
    assert known > 40


def test_all_of_a_log_is_ranked_by_exact_totals_in_whatever_order_its_records_come(elsewhere: Asking) -> None:
    """400,000 x 0.4 + 40,000 x 1.6, in millionths, of gpt-4.1-mini; 0.15 and 0.6 of gpt-4o-mini."""
    log = [record(MINI, input_tokens=100_000, output_tokens=10_000) for _ in range(4)]
    found = elsewhere(log)
    totals = {one.offering: one.total for one in found.costs}
    assert (found.records, found.today and found.today.total) == (4, Decimal("0.224"))
    assert (totals[MINI], totals["openai/gpt-4o-mini"]) == (Decimal("0.224"), Decimal("0.084"))
    exact = [one.total for one in found.costs if one.total is not None]
    assert [one.total for one in found.costs[: len(exact)]] == sorted(exact)
    assert {one.offering for one in found.same_model[MINI]} >= {"openrouter/openai/gpt-4.1-mini"}
    mixed = [*log, record(TERRA, input_tokens=280_001, output_tokens=10), record(MINI, input_tokens=5, output_tokens=1)]
    forth, back = elsewhere(mixed), elsewhere(mixed[::-1])
    assert (forth.costs, forth.own, forth.same_model) == (back.costs, back.own, back.same_model)


def test_at_their_own_times_records_cost_what_held_then_at_every_offering(book: Session) -> None:
    """Two days of a half-year apart: each cell is the sum of the quotes at both times, and nobody serves all of it who
    had no price on one of them.
    """
    days = (datetime(2026, 5, 30, 12, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC))
    log = [record(MINI, at, input_tokens=1_000_000, output_tokens=1_000) for at in days for _ in range(2)]
    found = OwnTimesLog(book, LogPricer(book, NOW, None)).priced(log, Wanted())
    assert (found.records, found.bill.priced) == (4, 4)
    assert found.today is not None
    assert found.today.total == found.bill.totals["USD"]
    pricer = LogPricer(book, NOW, None)
    there = [TodaysMarket(book, pricer, at) for at in days]
    moved = 0
    for cost in found.costs:
        if cost.total is None:
            continue
        each = [one_by_one(market.offerings[cost.offering], market, log[:1])[0] for market in there]
        assert cost.total == sum(total * 2 for total in each if total is not None), cost.offering
        moved += each[0] != each[1]
    assert len(found.costs) > 50
    assert moved
    assert len({one.offering for one in (*found.costs, *found.free, *found.unpriced, *found.refused)}) == len(
        there[1].offerings
    )


def test_what_asks_nothing_is_named_by_itself_and_ranked_before_nobody(elsewhere: Asking) -> None:
    """OpenRouter's free variants: an offer without a price has limits that its price does not tell."""
    found = elsewhere([record("deepseek/deepseek-v4-pro", input_tokens=1_000, output_tokens=10)])
    assert found.free
    assert {one.total for one in found.free} == {Decimal(0)}
    assert all(one.total or one.low for one in found.costs)
    totals = [one.total for costs in found.same_model.values() for one in costs if one.total is not None]
    assert totals == sorted(totals, key=lambda total: (not total, total))
    said = list(elsewhere_lines(FoundFiles([], [], has_folder=False), found, 3))
    assert any(line.startswith("Free, within limits") and found.free[0].offering in line for line in said)
    assert not any("USD 0:" in line or "(-100.0 %)" in line for line in said)
    assert len(elsewhere_document(FoundFiles([], [], has_folder=False), found)["free"]) == len(found.free)


def test_each_offering_has_its_own_step_and_its_own_hours(market: TodaysMarket) -> None:
    """gpt-5.6-terra beyond 272,000: 280,001 x 4 + 10 x 18; deepseek-v4-pro at a peak and beside it: 1 and 2 times."""
    sums = LogSums()
    sums.add(record(MINI, input_tokens=280_001, output_tokens=10), market.divisions)
    sums.add(record(MINI, input_tokens=1_000, output_tokens=10), market.divisions)
    terra = SumPricer(sums.sums, market.exchanges).cost(market.offerings[TERRA])
    assert terra.total == (280_001 * 4 + 10 * 18 + 1_000 * 2 + 10 * 12) * 10**6
    hours = LogSums()
    for hour in (2, 12):  # a Friday, within the peak hours and after them
        at = datetime(2026, 11, 20, hour, 30, tzinfo=UTC)
        hours.add(record(MINI, at, input_tokens=1_000_000), market.divisions)
    assert len(hours.sums) == 2
    deep = SumPricer(hours.sums, market.exchanges).cost(market.offerings["deepseek/deepseek-v4-pro"])
    assert deep.total == Fraction("0.66") * 3 * 10**12


def test_a_tier_that_an_offering_lacks_pays_its_usual_price(elsewhere: Asking) -> None:
    """gpt-4.1-mini as batch is half of 0.4; a seller without batch asks what it always does."""
    found = elsewhere([record(MINI, stated="batch", input_tokens=1_000_000)])
    totals = {one.offering: one.total for one in found.costs}
    assert (totals[MINI], totals["openrouter/openai/gpt-4.1-mini"]) == (Decimal("0.2"), Decimal("0.4"))


def test_what_cannot_serve_all_records_is_refused_with_its_reason_and_how_many(elsewhere: Asking) -> None:
    log = [record(MINI, input_tokens=900, output_tokens=9) for _ in range(3)]
    log.append(record(MINI, input_tokens=200_000, output_tokens=9))
    found = elsewhere(log)
    refused = {one.offering: (one.records, one.reason) for one in found.refused}
    assert refused["openai/gpt-4o-mini"] == (1, "its context is 128,000 tokens")
    assert not {one.offering for one in (*found.costs, *found.unpriced)} & refused.keys()
    heard = elsewhere([record("google/gemini-2.5-flash", input_tokens=900, input_audio_tokens=100)])
    reasons = {one.offering: one.reason for one in heard.refused}
    assert reasons["anthropic/claude-haiku-4-5"] in ("it takes no audio", "no list says that it takes audio")
    assert "google/gemini-2.5-flash" in {one.offering for one in heard.costs}
    assert "it is no chat model" in {one.reason for one in found.refused}


def test_what_no_list_calls_a_chat_model_and_its_id_calls_something_else_serves_no_chat(elsewhere: Asking) -> None:
    """It bills the input alone, and would be the cheapest of all; embeddings may go to it and to no chat model."""
    found = elsewhere([record(MINI, input_tokens=900, output_tokens=9)])
    refused = {one.offering: one.reason for one in found.refused}
    for other in ("voyageai/voyage-3-lite", "cloudflare/@cf/baai/bge-reranker-base", "cloudflare/@cf/baai/bge-m3"):
        assert refused[other] == "it is no chat model"
    embedded = elsewhere([record("openai/text-embedding-3-small", input_tokens=900)])
    served = {one.offering for one in embedded.costs}
    assert "voyageai/voyage-3-lite" in served
    assert not served & {MINI, TERRA, "cloudflare/@cf/baai/bge-reranker-base"}


SEARCHED = ("anthropic/claude-haiku-4-5", "deepseek/deepseek-v4-pro", "openai/gpt-4.1-mini")


def test_searches_that_nobody_prices_leave_a_low_bound_behind_all_totals(elsewhere: Asking) -> None:
    """Searches have no price at most offerings: there the log costs at least what the rest of it does."""
    log = [record(SEARCHED[0], input_tokens=900, output_tokens=9, web_searches=3) for _ in range(2)]
    found = elsewhere(log)
    rows = {one.offering: one for one in found.costs}
    exact = [one for one in found.costs if one.total is not None]
    assert found.costs[: len(exact)] == exact
    bounds = found.costs[len(exact) :]
    assert len(bounds) > 1_000
    assert [one.low for one in bounds] == sorted(one.low for one in bounds if one.low)
    one = rows["deepseek/deepseek-v4-pro"]
    assert (one.total, one.high, one.code, one.unknown) == (None, None, "AT_LEAST", (("web_searches", 6),))
    rest = elsewhere([record(SEARCHED[0], input_tokens=900, output_tokens=9) for _ in range(2)])
    assert one.low == next(other.total for other in rest.costs if other.offering == one.offering)
    said = said_of(found, 10_000, is_all=True)
    assert any(
        line.startswith("  at least USD ") and line.endswith(f"(+ 6 web searches of unknown price): {one.offering}")
        for line in said
    )
    told = {each["offering"]: each for each in elsewhere_document(FoundFiles([], [], has_folder=False), found)["costs"]}
    document = told[one.offering]
    assert (document["total"], document["high"], document["code"]) == (None, None, "AT_LEAST")
    assert (Decimal(document["low"]), document["unknown"]) == (one.low, {"web_searches": "6"})


def test_what_asks_nothing_but_for_searches_of_unknown_price_is_neither_free_nor_ranked(elsewhere: Asking) -> None:
    found = elsewhere([record(SEARCHED[0], input_tokens=900, output_tokens=9, web_searches=1)])
    free = {one.offering for one in elsewhere([record(SEARCHED[0], input_tokens=900, output_tokens=9)]).free}
    unpriced = {one.offering: one for one in found.unpriced}
    assert free & unpriced.keys()
    assert all(one.total is None and one.reason for one in unpriced.values())
    assert {unpriced[slug].code for slug in free & unpriced.keys()} == {"UNKNOWN"}
    assert not free & {one.offering for one in (*found.costs, *found.free)} - {one.offering for one in found.free}
    assert not any("USD 0 " in line for line in said_of(found, 10_000, is_all=True))


def test_tokens_of_unknown_price_make_no_row_beside_those_that_price_all_tokens(elsewhere: Asking) -> None:
    found = elsewhere([record(MINI, input_tokens=900, output_tokens=9)])
    assert any("output_tokens" in dict(one.unknown) for one in found.unpriced)
    assert not any(one.unknown for one in found.costs)


def test_the_rest_of_a_log_costs_one_by_one_what_its_low_bound_says(book: Session, market: TodaysMarket) -> None:
    """Drawn by lot: records with searches and without, at any hours, tiers and steps."""
    rng = Random(20261128)  # noqa: S311 - which cells are looked at
    looked = 0
    for one in rng.choices(list(market.offerings.values()), k=300):
        shares = [(rng.randrange(1, 300_000), rng.randrange(1, 900), rng.randrange(3)) for _ in range(6)]
        tiers = rng.choices([None, "batch"], k=6)
        at = [NOON + timedelta(minutes=rng.randrange(10_000)) for _ in shares]
        log, rest, sums = [], [], LogSums()
        for (taken, made, searches), tier, when in zip(shares, tiers, at, strict=True):
            log.append(record(MINI, when, tier, input_tokens=taken, output_tokens=made, web_searches=searches))
            rest.append(record(MINI, when, tier, input_tokens=taken, output_tokens=made))
            sums.add(log[-1], market.divisions)
        cost = SumPricer(sums.sums, market.exchanges).cost(one)
        if set(cost.unknown) == {"web_searches"} and cost.low:
            quoted = one_by_one(one, market, rest)
            exact = sum((Fraction(total) for total in quoted if total is not None), Fraction(0)) * 10**12
            if None in quoted:  # a fact that is not stated: the low bound is the least of its values
                continue
            assert cost.unknown == {"web_searches": sum(searches for _, _, searches in shares)}
            assert abs(cost.low - exact) <= Fraction(len(log), 2), one.facts.slug
            looked += 1
    assert looked > 100


def test_only_what_was_asked_for_is_ranked(elsewhere: Asking) -> None:
    log = [record(MINI, input_tokens=900, output_tokens=9)]
    found = elsewhere(log, wanted(["tools", "128k"]))
    assert found.costs
    assert all(one.context_window and one.context_window >= 128_000 for one in found.costs)
    assert "no list says that it has tool call" in {one.reason for one in found.refused}
    with pytest.raises(LogError, match="'telepathy' is nothing that can be asked of a model"):
        wanted(["telepathy"])


def test_requests_of_one_file_are_summed_and_not_kept(market: TodaysMarket) -> None:
    """Ten thousand requests of two kinds are two sums: what prices cannot tell apart is one."""
    sums = LogSums()
    for number in range(10_000):
        at = NOON + timedelta(milliseconds=number)
        sums.add(record(MINI, at, None if number % 2 else "batch", input_tokens=100 + number % 50), market.divisions)
    assert len(sums.sums) == 2
    assert sum(one.records for one in sums.sums.values()) == 10_000


def said_of(found: Elsewhere, top: int = 20, *, is_all: bool = False) -> list[str]:
    return list(elsewhere_lines(FoundFiles([], [], has_folder=False), found, top, is_all=is_all))


def test_each_model_that_compares_is_one_row_at_its_cheapest_with_how_many_more_sellers(
    book: Session, elsewhere: Asking
) -> None:
    found = elsewhere([record(MINI, input_tokens=900, output_tokens=9)])
    found.compare(book, LogPricer(book, NOW, None), NOW)
    assert found.compared is not None
    models = found.models()
    assert len(found.comparable) > len(models) > 1
    assert sum(map(len, models)) == len(found.comparable)
    said = said_of(found, 1_000)
    rows = [line for line in said if line.startswith("  USD ")]
    assert len(rows) == len(models)
    for row, (one, *others) in zip(rows, models, strict=True):
        assert one.offering in row
        assert all(one.total <= other.total for other in others if one.total and other.total)
    assert any(" more sellers" in row for row in rows)
    all_rows = [
        line
        for line in said_of(found, 10_000, is_all=True)
        if line.startswith(("  USD ", "  between USD ", "  at least "))
    ]
    assert len(all_rows) == len(found.costs)


def test_where_nothing_compares_the_heading_says_none(book: Session, elsewhere: Asking) -> None:
    found = elsewhere([record(MINI, input_tokens=900, output_tokens=9)])
    found.compare(book, LogPricer(book, NOW, None), NOW)
    assert found.compared is not None
    found.compared = replace(found.compared, offerings=frozenset({MINI}))
    assert any(line.endswith("where most of the money goes: no other model") for line in said_of(found))
    found.compared = replace(found.compared, offerings=frozenset())
    assert any(line.endswith("where most of the money goes: none") for line in said_of(found))
    found.costs = []
    assert "All of it at one offering: none has one price for all of it." in said_of(found)
