"""What quotes rest on, through lists as they come in: who speaks for a time, other totals, whose price it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.usage.formats import read_usage
from llmpricing.models import OtherPriceRow, PriceRow
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.price_book import book_state
from llmpricing.services.quotes.document import QuoteDocument, quote_document
from llmpricing.services.quotes.quoting import Asked, quote_one
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
MTOK = {"input_tokens": 1_000_000}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def genai(published: str, hours: int = 0, **models: Any) -> tuple[Any, ReadList]:
    """A list of genai-prices: by model of acme its prices per million tokens; its clause means ``also`` these ids."""
    listed = []
    for name, prices in models.items():
        own = dict(prices)
        also = [name, *own.pop("also", ())]
        listed.append({"id": name, "match": {"or": [{"equals": text} for text in also]}, "prices": own})
    data = json.dumps([{"id": "acme", "name": "Acme", "api_pattern": r"acme\.example", "models": listed}]).encode()
    return SOURCES["genai-prices"], ReadList(data, day(published), NOW + timedelta(hours=hours), "a test's list")


def litellm(published: str, hours: int = 0, **models: dict[str, float]) -> tuple[Any, ReadList]:
    """A map of LiteLLM's: by model of acme its prices per million tokens, by LiteLLM's keys."""
    own = {"litellm_provider": "acme", "mode": "chat"}
    entries = {
        f"acme/{name}": own | {key: value / 1e6 for key, value in prices.items()} for name, prices in models.items()
    }
    data = json.dumps(entries).encode()
    return SOURCES["litellm"], ReadList(
        data, day(published), NOW + timedelta(hours=hours), "a test's map", allow_changes=True
    )


def flat(input_: float, output: float, **more: float) -> dict[str, float]:
    return {"input_cost_per_token": input_, "output_cost_per_token": output, **more}


def ask(session: Session, name: str, usage: dict[str, Any] = MTOK, at: datetime = AT, **more: Any) -> QuoteDocument:
    return quote_document(quote_one(session, Asked(f"acme/{name}", read_usage(usage), at, **more)))


def codes(document: QuoteDocument) -> list[str]:
    return [notice.code for notice in (*document.warnings, *document.notes)]


def test_old_maps_do_not_speak_for_a_time_that_a_nearer_list_tells_of(empty_session: Session) -> None:
    """`openai/gpt-4o` at August 2025: 5/15 of 2024 was taken, without a word."""
    import_lists(empty_session, [litellm("2024-05-14", large=flat(5, 15))])
    import_lists(
        empty_session, [genai("2025-10-10", large={"input_mtok": 2.5, "output_mtok": 10, "cache_read_mtok": 1.25})]
    )
    answer = ask(
        empty_session,
        "large",
        {"input_tokens": 2000, "cache_read_tokens": 600, "output_tokens": 700},
        day("2025-08-15"),
    )
    assert (answer.total, codes(answer)) == ("0.01125", ["DATE_UNKNOWN"])


def test_an_old_map_never_overrules_a_more_trusted_list_of_today(empty_session: Session) -> None:
    """`cohere/command-light` cost 25 times as much after the map of 2023 was imported."""
    import_lists(empty_session, [genai("2026-11-10", light={"input_mtok": 0.3, "output_mtok": 0.6})])
    import_lists(empty_session, [litellm("2023-11-01", 1, light=flat(15, 15))])
    answer = ask(empty_session, "light", {"input_tokens": 1000, "output_tokens": 500})
    assert (answer.total, codes(answer)) == ("0.0006", [])


def test_a_bill_is_of_one_lists_tariff_and_the_other_total_is_told(empty_session: Session) -> None:
    """`deepseek-reasoner`: input 0.55 of one list beside cache 0.0028 of another."""
    import_lists(
        empty_session,
        [genai("2026-11-10", reasoner={"input_mtok": 0.55, "output_mtok": 2.19, "cache_read_mtok": 0.14})],
    )
    import_lists(
        empty_session, [litellm("2026-11-12", 1, reasoner=flat(0.14, 0.28, cache_read_input_token_cost=0.028))]
    )
    answer = ask(empty_session, "reasoner", {"input_tokens": 1_000_000, "cache_read_tokens": 500_000})
    assert {line.source for line in answer.lines} == {"genai-prices"}
    assert (answer.total, answer.warnings[0].code, answer.warnings[0].other_total) == ("0.345", "DISAGREEMENT", "0.084")
    assert [[(d.source, d.amount) for d in line.evidence.differs] for line in answer.lines if line.evidence] == [
        [("litellm", "0.14")],
        [("litellm", "0.028")],
    ]


def test_a_step_that_only_one_fresh_list_knows_is_told_beyond_it(empty_session: Session) -> None:
    """`claude-sonnet-4-5` with 250,000 tokens in: 1.725 without a word."""
    stepped = {"base": 3, "tiers": [{"start": 200_000, "price": 6}]}
    import_lists(empty_session, [genai("2026-11-10", sonnet={"input_mtok": stepped, "output_mtok": 15})])
    import_lists(empty_session, [litellm("2026-11-12", 1, sonnet=flat(3, 15))])
    beyond = ask(empty_session, "sonnet", {"input_tokens": 250_000})
    assert (beyond.total, [(w.code, w.other_total) for w in beyond.warnings]) == ("1.5", [("DISAGREEMENT", "0.75")])
    assert ask(empty_session, "sonnet", {"input_tokens": 200_000}).warnings == ()


def test_a_reading_without_news_moves_when_a_price_was_last_seen_and_no_row(empty_session: Session) -> None:
    import_lists(empty_session, [genai("2026-11-01", large={"input_mtok": 2, "output_mtok": 8})])
    first = book_state(empty_session).last_change
    rows = list(empty_session.scalars(select(PriceRow.id)))
    import_lists(empty_session, [genai("2026-11-09", 24, large={"input_mtok": 2, "output_mtok": 8})])
    now, then = ask(empty_session, "large"), ask(empty_session, "large", known_at=first)
    shown = [(line.evidence.basis, str(line.evidence.last_seen)) for line in (*now.lines, *then.lines) if line.evidence]
    assert shown == [("seen", "2026-11-09"), ("seen", "2026-11-01")]
    assert list(empty_session.scalars(select(PriceRow.id))) == rows
    assert empty_session.scalar(select(func.count()).select_from(OtherPriceRow)) == 0


def test_both_sides_of_a_change_are_told_until_the_list_that_shows_it(empty_session: Session) -> None:
    import_lists(empty_session, [genai("2026-11-01", large={"input_mtok": 2, "output_mtok": 8})])
    import_lists(empty_session, [genai("2026-11-11", 1, large={"input_mtok": 3, "output_mtok": 8})])
    found = [ask(empty_session, "large", at=day(f"2026-11-{on}")) for on in ("03", "07", "11")]
    assert [answer.total for answer in found] == ["2", "3", "3"]
    told = [[w.other_total for w in answer.warnings if w.code == Code.BETWEEN_SIGHTINGS] for answer in found]
    assert told == [["3"], ["2"], []]


def test_a_value_that_waits_is_told_beside_the_one_that_holds(empty_session: Session) -> None:
    import_lists(empty_session, [genai("2026-11-01", large={"input_mtok": 2, "output_mtok": 8})])
    import_lists(empty_session, [genai("2026-11-11", 1, large={"input_mtok": 2000, "output_mtok": 8})])
    answer = ask(empty_session, "large")
    assert answer.total == "2"
    assert [(w.code, w.other_total, w.other_source) for w in answer.warnings] == [
        ("UNDER_REVIEW", "2000", "genai-prices")
    ]


def test_a_snapshot_stands_on_its_alias_where_its_own_list_knows_nothing(empty_session: Session) -> None:
    """`openai/gpt-4.1-2025-04-14`, a day before the only list that has it: no price at all."""
    import_lists(
        empty_session, [genai("2026-11-10", large={"input_mtok": 2, "output_mtok": 8, "also": ["large-2026-04-14"]})]
    )
    import_lists(empty_session, [litellm("2026-11-14", 1, **{"large-2026-04-14": flat(2, 8)})])
    before = ask(empty_session, "large-2026-04-14", {"input_tokens": 1000}, day("2026-11-13"))
    assert (before.model.id, before.total, codes(before)) == ("acme/large-2026-04-14", "0.002", ["VIA_OFFERING"])
    assert [line.evidence.via for line in before.lines if line.evidence] == ["acme/large"]
    assert codes(ask(empty_session, "large-2026-04-14", {"input_tokens": 1000})) == []
    ids = tuple(line.price_id for line in before.lines if line.price_id)
    again = ask(empty_session, "large-2026-04-14", {"input_tokens": 1000}, day("2026-11-13"), price_ids=ids)
    assert (again.total, codes(again)) == ("0.002", ["VIA_OFFERING"])


def test_the_same_price_rests_on_another_offering_for_the_snapshot_only(empty_session: Session) -> None:
    """What one offering's line showed is not shown for the other that stands on it."""
    models = {"large": {"input_mtok": 2, "output_mtok": 8, "also": ["large-2026-04-14"]}}
    import_lists(empty_session, [genai("2026-11-10", **models)])
    import_lists(empty_session, [litellm("2026-11-14", 1, **{"large-2026-04-14": flat(2, 8)})])
    for _ in range(2):
        for name, via in (("large", None), ("large-2026-04-14", "acme/large")):
            answer = ask(empty_session, name, {"input_tokens": 1000}, day("2026-11-13"))
            assert [line.evidence.via for line in answer.lines if line.evidence] == [via]


def test_a_snapshot_has_the_searches_and_steps_of_its_alias(empty_session: Session) -> None:
    """`claude-sonnet-4-5` and its snapshot, with a web search: null beside 1.8325."""
    stepped = {"base": 3, "tiers": [{"start": 200_000, "price": 6}]}
    large = {"input_mtok": stepped, "output_mtok": 15, "web_searches_kcount": 10, "also": ["large-2026-04-14"]}
    import_lists(empty_session, [genai("2026-11-10", large=large)])
    import_lists(empty_session, [litellm("2026-11-12", 1, **{"large-2026-04-14": flat(3, 15)})])
    usage = {"input_tokens": 300_000, "web_searches": 1}
    alias, snapshot = (ask(empty_session, name, usage) for name in ("large", "large-2026-04-14"))
    assert alias.total == snapshot.total == "1.81"


def test_a_change_of_the_alias_reaches_its_snapshot(empty_session: Session) -> None:
    large = {"input_mtok": 2, "output_mtok": 8, "also": ["large-2026-04-14"]}
    import_lists(
        empty_session, [genai("2026-11-10", large=large), litellm("2026-11-14", **{"large-2026-04-14": flat(2, 8)})]
    )
    at = day("2026-11-12")
    assert ask(empty_session, "large-2026-04-14", at=at).total == "2"
    import_lists(empty_session, [genai("2026-11-11", 1, large=large | {"input_mtok": 4})])
    assert ask(empty_session, "large-2026-04-14", at=at).total == "4"
    assert Decimal(ask(empty_session, "large-2026-04-14").total or 0) == 2


def test_what_a_snapshot_asks_for_sound_is_the_most_that_its_alias_costs(empty_session: Session) -> None:
    """`openai/gpt-4o-audio-preview`: sound at the price of text, 0.0075."""
    large = {"input_mtok": 2.5, "output_mtok": 10, "also": ["large-2026-04-14"]}
    sound = {"input_cost_per_audio_token": 40, "output_cost_per_audio_token": 80}
    import_lists(empty_session, [genai("2026-11-10", large=large)])
    import_lists(empty_session, [litellm("2026-11-12", 1, **{"large-2026-04-14": flat(2.5, 10, **sound)})])
    usage = {"input_tokens": 1000, "input_audio_tokens": 900, "output_tokens": 500, "output_audio_tokens": 400}
    alias, snapshot = (ask(empty_session, name, usage) for name in ("large", "large-2026-04-14"))
    assert (alias.total, alias.low, alias.high) == (None, "0.00125", "0.06925")
    assert snapshot.total == "0.06925"
    text = ask(empty_session, "large", {"input_tokens": 1000})
    assert (text.total, text.low, text.high) == ("0.0025", None, None)
