"""llmpricing changes: what moved, by how much, and the exit code that an alert hangs on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.components import ComponentKey
from llmpricing.services.catalogue.news import news_since
from llmpricing.services.catalogue.price_changes import moves_since
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price, release_price
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.commands import Commands, commands_on
from tests.lists import listed, price_list

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def engine(empty_book_url: str) -> Iterator[Engine]:
    found = create_engine(empty_book_url, poolclass=NullPool)
    yield found
    found.dispose()


@pytest.fixture
def commands(tmp_path: Path, empty_book_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, empty_book_url, redis_url)


def load(engine: Engine, data: bytes, at: datetime, source: str = "genai-prices") -> None:
    with Session(engine) as session, session.begin():
        import_lists(session, [(SOURCES[source], ReadList(data, at, at, "a test's list"))])


def dated(*prices: tuple[str | None, float]) -> bytes:
    """A list of acme/a whose input price begins on these days."""
    segments = [
        {"prices": {"input_mtok": amount}} | ({"constraint": {"start_date": day}} if day else {})
        for day, amount in prices
    ]
    models = [{"id": "a", "match": {"equals": "a"}, "prices": segments}]
    return json.dumps([{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": models}]).encode()


def moves(engine: Engine, since: datetime, now: datetime) -> list[Any]:
    with Session(engine) as session:
        return [
            (c.offering, c.meter, c.old and c.old.amount, c.new and c.new.amount, c.factor, c.valid_from)
            for c in moves_since(session, since, now)
        ]


def test_a_price_that_rose_is_told_with_both_values_and_its_day(engine: Engine) -> None:
    load(engine, price_list(a=2, b=5), MONDAY)
    load(engine, price_list(a=3, b=5), MONDAY + timedelta(days=7))
    assert moves(engine, MONDAY + timedelta(days=1), MONDAY + timedelta(days=8)) == [
        ("acme/a", "input_tokens", 2, 3, 1.5, MONDAY + timedelta(days=3.5)),
        ("acme/a", "output_tokens", 8, 12, 1.5, MONDAY + timedelta(days=3.5)),
    ]
    assert moves(engine, MONDAY + timedelta(days=8), MONDAY + timedelta(days=9)) == []


def test_what_a_list_tells_of_for_the_first_time_is_no_move_of_a_seller(engine: Engine) -> None:
    """Another list knows a cache price of old, and prices that begin by a date or between two of its lists."""
    load(engine, listed("acme", {"a": (2, 8), "b": (1, 2)}), MONDAY)
    week = timedelta(days=7)

    def mapped(**more: float) -> bytes:
        entry = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 2e-6, **more}
        return json.dumps({"acme/a": {**entry, "output_cost_per_token": 8e-6}}).encode()

    load(engine, mapped(cache_read_input_token_cost=1e-6), MONDAY + week, "litellm")
    load(engine, listed("acme", {"a": (2, 8), "b": (3, 2)}), MONDAY + 2 * week)
    told = mapped(cache_read_input_token_cost=1e-6, cache_creation_input_token_cost=3e-6)
    load(engine, told, MONDAY + 3 * week, "litellm")
    with Session(engine) as session:
        found = moves_since(session, MONDAY + timedelta(days=1), MONDAY + 4 * week)
    assert {(one.offering, one.meter): one.is_sellers for one in found} == {
        ("acme/a", "cache_read_tokens"): False,
        ("acme/a", "cache_write_tokens"): True,  # the same list did not have it before
        ("acme/b", "input_tokens"): True,
    }


def test_what_a_list_announces_is_the_sellers_move(engine: Engine) -> None:
    load(engine, dated((None, 2)), MONDAY)
    ahead = MONDAY + timedelta(days=60)
    load(engine, dated((None, 2), (f"{ahead:%Y-%m-%d}", 3)), MONDAY + timedelta(days=7))
    with Session(engine) as session:
        (found,) = moves_since(session, MONDAY + timedelta(days=1), MONDAY + timedelta(days=8))
    assert (found.valid_from, found.is_sellers) == (ahead, True)


def test_a_price_that_came_and_went_back_moved_twice(engine: Engine) -> None:
    for week, amount in enumerate((2, 3, 2)):
        load(engine, price_list(a=amount), MONDAY + timedelta(days=7 * week))
    found = moves(engine, MONDAY + timedelta(days=1), MONDAY + timedelta(days=20))
    assert [one[:4] for one in found if one[1] == "input_tokens"] == [
        ("acme/a", "input_tokens", 2, 3),
        ("acme/a", "input_tokens", 3, 2),
    ]


def test_a_move_keeps_its_day_its_list_and_its_seller_when_another_list_is_believed(engine: Engine) -> None:
    """What the dated list told is no word of the one that tells the same price later."""
    day = MONDAY + timedelta(days=8)
    load(engine, dated((None, 2), (f"{day:%Y-%m-%d}", 1)), MONDAY)
    load(engine, price_list(a=1), MONDAY + timedelta(days=50), "genai-prices")
    mapped = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 4e-6}
    load(engine, json.dumps({"acme/a": mapped}).encode(), MONDAY + timedelta(days=120), "litellm")
    with Session(engine) as session:
        found = moves_since(session, MONDAY + timedelta(days=1), MONDAY + timedelta(days=121))
    (told,) = [one for one in found if one.meter == "input_tokens"]
    assert told.old is not None
    assert told.new is not None
    assert (told.old.amount, told.new.amount, told.valid_from) == (2, 1, day)
    assert (told.source, told.is_sellers) == ("genai-prices", True)


def test_a_step_is_told_with_the_price_just_before_it_whatever_is_compared_with(engine: Engine) -> None:
    week = timedelta(days=7)
    for number, amount in enumerate((2, 4, 3)):
        load(engine, price_list(a=amount), MONDAY + number * week)

    def steps(since: datetime) -> list[Any]:
        with Session(engine) as session:
            found = moves_since(session, since, MONDAY + 3 * week)
        return [
            (one.old and one.old.amount, one.new and one.new.amount, one.valid_from, one.recorded_at, one.is_sellers)
            for one in found
            if one.meter == "input_tokens"
        ]

    rose, fell = steps(MONDAY + timedelta(days=1))
    assert [rose[:3], fell[:3]] == [(2, 4, MONDAY + week / 2), (4, 3, MONDAY + 3 * week / 2)]
    assert rose[3] < MONDAY + 2 * week <= fell[3]  # each when it was told first, though its end was learnt later
    assert [rose[4], fell[4]] == [True, True]
    assert steps(MONDAY + timedelta(days=8)) == [fell]
    assert steps(MONDAY - 50 * week) == [rose, fell]


def test_an_offering_of_later_is_new_and_did_not_move(engine: Engine) -> None:
    load(engine, price_list(a=2), MONDAY)
    load(engine, price_list(a=2, b=5), MONDAY + timedelta(days=7))
    assert moves(engine, MONDAY + timedelta(days=1), MONDAY + timedelta(days=8)) == []


def test_a_price_that_begins_by_its_own_date_moved_though_nothing_was_imported(engine: Engine) -> None:
    load(engine, dated((None, 2), ("2026-11-10", 3)), MONDAY)
    assert moves(engine, MONDAY + timedelta(days=1), MONDAY + timedelta(days=7)) == []
    assert moves(engine, MONDAY + timedelta(days=1), MONDAY + timedelta(days=9)) == [
        ("acme/a", "input_tokens", 2, 3, 1.5, datetime(2026, 11, 10, tzinfo=UTC))
    ]


def test_an_announced_price_is_told_when_it_is_announced(engine: Engine) -> None:
    load(engine, dated((None, 2)), MONDAY)
    load(engine, dated((None, 2), ("2027-01-01", 4)), MONDAY + timedelta(days=7))
    assert moves(engine, MONDAY + timedelta(days=1), MONDAY + timedelta(days=8)) == [
        ("acme/a", "input_tokens", 2, 4, 2, datetime(2027, 1, 1, tzinfo=UTC))
    ]
    assert moves(engine, MONDAY + timedelta(days=8), MONDAY + timedelta(days=9)) == []


def test_a_price_that_is_withdrawn_is_unknown_now(engine: Engine) -> None:
    models = [
        {"id": "a", "match": {"equals": "a"}, "prices": {"input_mtok": 2, "output_mtok": 8, "cache_read_mtok": 1}}
    ]
    load(engine, json.dumps([{"id": "acme", "name": "Acme", "models": models}]).encode(), MONDAY)
    load(engine, dated((None, 2)), MONDAY + timedelta(days=7))  # without output, which is not offered then
    days = MONDAY + timedelta(days=1), MONDAY + timedelta(days=8)
    assert moves(engine, *days) == [
        ("acme/a", "cache_read_tokens", 1, None, None, MONDAY + timedelta(days=3.5)),
        ("acme/a", "output_tokens", 8, None, None, MONDAY + timedelta(days=3.5)),
    ]
    with Session(engine) as session:
        withdrawn, not_offered = moves_since(session, *days)
    assert withdrawn.new is None
    assert withdrawn.recorded_at > MONDAY + timedelta(days=6)
    assert not_offered.new is not None
    assert not_offered.new.state == "not_offered"


def test_a_price_that_was_taken_back_for_all_time_is_unknown_now(engine: Engine) -> None:
    load(engine, price_list(a=2), MONDAY)
    by = Decider("ada", MONDAY)
    with Session(engine) as session, session.begin():
        hold_price(session, HeldPrice("acme/a", ComponentKey("requests", ""), Decimal(1), 1, since=MONDAY), by)
    with Session(engine) as session, session.begin():
        release_price(
            session, "acme/a", ComponentKey("requests", ""), Decider("ada", MONDAY + timedelta(days=7)), void=True
        )
    assert moves(engine, MONDAY + timedelta(days=1), MONDAY + timedelta(days=8)) == [
        ("acme/a", "requests", 1, None, None, None)
    ]


def test_what_another_list_takes_over_without_was_withdrawn_by_nobody(engine: Engine) -> None:
    """The newer list asks another price for input, and knows no cache: that the seller ended its price says nobody."""
    week = timedelta(days=7)
    models = [{"id": "a", "match": {"equals": "a"}, "prices": {"input_mtok": 2, "cache_read_mtok": 1}}]
    load(engine, json.dumps([{"id": "acme", "name": "Acme", "models": models}]).encode(), MONDAY)
    mapped = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 3e-6, "output_cost_per_token": 8e-6}
    load(engine, json.dumps({"acme/a": mapped}).encode(), MONDAY + 8 * week, "litellm")
    days = MONDAY + timedelta(days=1), MONDAY + 9 * week
    with Session(engine) as session:
        found = {one.meter: one for one in moves_since(session, *days)}
        told = {one.meter: one for one in news_since(session, *days)}
    cache = found["cache_read_tokens"]
    assert (cache.new, cache.source, cache.is_sellers) == (None, "genai-prices", False)
    assert not found["input_tokens"].is_sellers
    assert (told["cache_read_tokens"].kind, told["cache_read_tokens"].is_sellers) == ("withdrawn", False)


def test_what_a_list_ends_itself_was_withdrawn_by_the_seller(engine: Engine) -> None:
    week = timedelta(days=7)
    models = [{"id": "a", "match": {"equals": "a"}, "prices": {"input_mtok": 2, "cache_read_mtok": 1}}]
    load(engine, json.dumps([{"id": "acme", "name": "Acme", "models": models}]).encode(), MONDAY)
    load(engine, dated((None, 2)), MONDAY + week)
    days = MONDAY + timedelta(days=1), MONDAY + 2 * week
    with Session(engine) as session:
        assert [(one.meter, one.new, one.is_sellers) for one in moves_since(session, *days)] == [
            ("cache_read_tokens", None, True)
        ]
        assert [(one.meter, one.kind, one.is_sellers) for one in news_since(session, *days)] == [
            ("cache_read_tokens", "withdrawn", True)
        ]


def test_what_an_operator_pins_and_releases_is_no_move_of_the_seller(engine: Engine) -> None:
    week, component = timedelta(days=7), ComponentKey("input_tokens", "")
    load(engine, price_list(a=2), MONDAY)

    def told(since: datetime, now: datetime) -> list[Any]:
        with Session(engine) as session:
            found = [*moves_since(session, since, now), *news_since(session, since, now)]
        return [(one.new and one.new.amount, one.is_sellers, one.is_operators) for one in found]

    with Session(engine) as session, session.begin():
        pinned = HeldPrice("acme/a", component, Decimal(9), 1_000_000, since=MONDAY + week)
        hold_price(session, pinned, Decider("ada", MONDAY + week))
    assert told(MONDAY + timedelta(days=1), MONDAY + 2 * week) == [(9, False, True)] * 2
    with Session(engine) as session, session.begin():
        release_price(session, "acme/a", component, Decider("ada", MONDAY + 3 * week))
    assert told(MONDAY + 2 * week, MONDAY + 4 * week) == [(2, False, True)] * 2


def test_only_the_offerings_asked_for_are_looked_at(engine: Engine) -> None:
    load(engine, price_list(a=2, b=5), MONDAY)
    load(engine, price_list(a=3, b=6), MONDAY + timedelta(days=7))
    with Session(engine) as session:
        found = moves_since(session, MONDAY + timedelta(days=1), MONDAY + timedelta(days=8), ["acme/b"])
    assert {change.offering for change in found} == {"acme/b"}


@pytest.fixture
def moved(engine: Engine, commands: Commands) -> Commands:
    """A price book in which acme/a moved two days ago and acme/b did not."""
    now = datetime.now(UTC)
    load(engine, price_list(a=2, b=5), now - timedelta(days=30))
    load(engine, price_list(a=3, b=5), now - timedelta(days=2))
    return commands


def test_text_tells_listed_models_and_says_what_is_unknown_or_not_offered(
    engine: Engine, moved: Commands, tmp_path: Path
) -> None:
    (tmp_path / "models.txt").write_text("acme/a\n")
    with_cache = [{"id": "a", "prices": {"input_mtok": 3, "cache_read_mtok": 1}}]
    listed = json.dumps([{"id": "acme", "name": "Acme", "models": with_cache}]).encode()
    load(engine, listed, datetime.now(UTC) - timedelta(hours=1))
    text = moved.run("changes --since 7d --arrivals --models", str(tmp_path / "models.txt")).output
    assert "acme/a cache_read_tokens: unknown -> 1 USD per 1,000,000" in text
    assert "acme/a output_tokens: 8 USD per 1,000,000 -> 12 USD per 1,000,000 (1.5x)" in text
    assert "acme/a output_tokens: 12 USD per 1,000,000 -> not offered" in text
    assert "Listed models moved: acme/a" in text
    said = moved.json("changes --since 7d --arrivals")
    assert [c["old"] for c in said["changes"] if c["meter"] == "cache_read_tokens"] == [None]


def test_a_meter_that_arrives_did_not_move(engine: Engine, moved: Commands, tmp_path: Path) -> None:
    (tmp_path / "models.txt").write_text("acme/b\n")
    models = [
        {"id": "a", "prices": {"input_mtok": 3, "output_mtok": 12}},
        {"id": "b", "prices": {"input_mtok": 5, "output_mtok": 20, "cache_read_mtok": 1}},
    ]
    load(
        engine,
        json.dumps([{"id": "acme", "name": "Acme", "models": models}]).encode(),
        datetime.now(UTC) - timedelta(hours=1),
    )
    listed = ("--models", str(tmp_path / "models.txt"))
    assert moved.run("changes --since 7d", *listed).output == "Nothing moved.\n"  # neither acme/a's moves
    said = moved.json("changes --since 7d --arrivals", *listed, exit_code=3)
    assert [(c["offering"], c["meter"]) for c in said["changes"]] == [("acme/b", "cache_read_tokens")]


def test_json_tells_old_new_factor_times_and_source(moved: Commands) -> None:
    said = moved.json("changes --since 7d")
    change = next(c for c in said["changes"] if c["meter"] == "input_tokens")
    assert change == {
        "offering": "acme/a",
        "meter": "input_tokens",
        "conditions": "",
        "old": {"state": "priced", "amount": "2", "currency": "USD", "per": 1_000_000},
        "new": {"state": "priced", "amount": "3", "currency": "USD", "per": 1_000_000},
        "factor": "1.5",
        "recorded_at": change["recorded_at"],
        "valid_from": change["valid_from"],
        "source": "genai-prices",
        "is_sellers": True,
        "is_operators": False,
        "listed": False,
    }
    assert said["listed_moved"] == []
    text = moved.run("changes --since 7d").output
    assert "acme/a input_tokens: 2 USD per 1,000,000 -> 3 USD per 1,000,000 (1.5x)" in text


def test_nothing_moved_since_yesterday(moved: Commands) -> None:
    result = moved.run("changes --since 24h")
    assert (result.exit_code, result.output) == (0, "Nothing moved.\n")


@pytest.mark.parametrize(
    ("lines", "exit_code"),
    [("acme/a\n", 3), ("# ours\n\nacme/b  # not this\nacme/a # but this\n", 3), ("acme/b\n", 0), ("", 0)],
)
def test_exit_code_3_says_that_a_listed_model_moved(
    moved: Commands, tmp_path: Path, lines: str, exit_code: int
) -> None:
    (tmp_path / "models.txt").write_text(lines)
    said = moved.json("changes --since 7d --models", str(tmp_path / "models.txt"), exit_code=exit_code)
    assert said["listed_moved"] == (["acme/a"] if exit_code == 3 else [])
    assert {c["offering"] for c in said["changes"]} == ({"acme/a"} if exit_code == 3 else set())


def test_a_name_that_means_nothing_would_never_be_watched_and_fails(moved: Commands, tmp_path: Path) -> None:
    (tmp_path / "models.txt").write_text("acme/a\nacme/nothing\n")
    result = moved.run("changes --since 7d --models", str(tmp_path / "models.txt"))
    assert result.exit_code == 1
    assert "acme/nothing" in result.output


def test_a_time_before_the_price_book_began_is_compared_with_its_beginning(moved: Commands) -> None:
    early, words = moved.json("changes --since 2000-01-01"), moved.run("changes --since 2000-01-01").output
    assert early["known_since"] > early["since"]
    assert words.startswith("The price book began ")
    assert early["changes"] == moved.json("changes", "--since", early["known_since"])["changes"]
    assert early["changes"]


@pytest.mark.parametrize("since", ["", "7", "d", "-7d", "7 d", "2999-01-01", "2026-11-01T00:00:00", "٧d"])
def test_a_since_that_is_no_span_and_no_date_is_misuse(moved: Commands, since: str) -> None:
    assert moved.run("changes", "--since", since).exit_code == 2


def test_since_takes_a_date_and_spans_of_any_length(moved: Commands) -> None:
    for since in ("2000-01-01", "999999w", "3d", "1w"):
        assert moved.run("changes", "--since", since).exit_code == 0
