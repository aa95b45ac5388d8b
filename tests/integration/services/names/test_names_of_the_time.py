"""What a name meant stays what it meant, whatever later lists say of sellers and clauses, in any order of them."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.names.matching import Ambiguous, Resolution, Unknown, Why
from llmpricing.models import migrations
from llmpricing.services.clocks import Clocks
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.names.lookup import Meaning
from llmpricing.services.names.resolving import names_of, resolve_name
from llmpricing.services.price_book import book_state
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW

AT = datetime(2026, 11, 22, tzinfo=UTC)
LATE = NOW + timedelta(days=1)


def model(id_: str, match: Any = None) -> dict[str, Any]:
    return {"id": id_, "match": match or {"equals": id_}, "prices": {"input_mtok": 1, "output_mtok": 4}}


def sellers() -> list[dict[str, Any]]:
    """A lab that claims its names, a reseller that falls back to it, and a seller with two clauses for one name."""
    return [
        {
            "id": "acme",
            "name": "Acme",
            "api_pattern": r"https://api\.acme\.example",
            "model_match": {"starts_with": "zeta"},
            "provider_match": {"contains": "apex"},
            "models": [model("zeta-1"), model("zeta-2")],
        },
        {
            "id": "cloud",
            "name": "Cloud",
            "api_pattern": r"https://cloud\.example",
            "fallback_model_providers": ["acme"],
            "models": [model("zeta-1")],
        },
        {
            "id": "fast",
            "name": "Fast",
            "api_pattern": r"https://fast\.example",
            "models": [model("zy-one", {"regex": "^zy$"}), model("zy-two", {"regex": "^zy$"})],
        },
    ]


def other_sellers() -> list[dict[str, Any]]:
    """The same a month later: every word by which names are recognised has changed."""
    changed = sellers()
    changed[0] |= {
        "name": "Acme Two",
        "api_pattern": r"https://new\.acme\.example",
        "model_match": {"starts_with": "eta"},
        "provider_match": {"contains": "zenith"},
    }
    del changed[1]["fallback_model_providers"]
    changed[2]["models"].reverse()
    return changed


def load(session: Session, providers: list[dict[str, Any]], month: int, hours: int) -> None:
    """Import the list as published in a month of 2026, read some hours after NOW."""
    published = datetime(2026, month, 10, tzinfo=UTC)
    reading = ReadList(json.dumps(providers).encode(), published, NOW + timedelta(hours=hours), "a test's list")
    import_lists(session, [(SOURCES["genai-prices"], reading)])


ASKED = [
    ("zeta-1", None),
    ("cloud/zeta-2", None),
    ("zeta-1", "my-apex-gateway"),
    ("zeta-1", "https://api.acme.example/v1"),
    ("fast/zy", None),
]


def meanings(session: Session, known_at: datetime) -> list[Meaning]:
    return [resolve_name(session, Clocks(AT, known_at), name, provider) for name, provider in ASKED]


def slugs(found: list[Meaning]) -> list[str | None]:
    return [meaning.slug if isinstance(meaning, Resolution) else None for meaning in found]


def test_a_list_that_changes_how_names_are_recognised_leaves_the_past_as_it_was(empty_session: Session) -> None:
    load(empty_session, sellers(), 9, hours=0)
    before = meanings(empty_session, NOW)
    assert slugs(before) == ["acme/zeta-1", "acme/zeta-2", "acme/zeta-1", "acme/zeta-1", "fast/zy-one"]
    load(empty_session, other_sellers(), 10, hours=1)
    assert meanings(empty_session, NOW) == before
    assert slugs(meanings(empty_session, LATE)) == [None, None, None, None, "fast/zy-two"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_imports_does_not_change_what_names_mean(empty_session: Session, order: tuple[int, ...]) -> None:
    lists = [(sellers(), 8), (other_sellers(), 9), (sellers()[:1] + other_sellers()[1:], 10)]
    for hours, number in enumerate(order):
        load(empty_session, *lists[number], hours=hours)
    assert slugs(meanings(empty_session, LATE)) == ["acme/zeta-1", None, "acme/zeta-1", "acme/zeta-1", "fast/zy-two"]
    assert empty_session.scalar(text("select name from provider where slug = 'acme'")) == "Acme"


def test_a_seller_is_not_known_before_a_list_describes_it(empty_session: Session) -> None:
    load(empty_session, sellers()[:1], 9, hours=0)
    load(empty_session, sellers(), 10, hours=1)
    assert isinstance(resolve_name(empty_session, Clocks(AT, NOW), "zeta-1", "https://cloud.example"), Unknown)
    found = resolve_name(empty_session, Clocks(AT, LATE), "zeta-1", "https://cloud.example")
    assert isinstance(found, Resolution)
    assert found.slug == "cloud/zeta-1"


def test_an_upgrade_keeps_how_sellers_are_recognised_and_a_downgrade_gives_it_back(empty_book_url: str) -> None:
    engine = create_engine(empty_book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        load(session, sellers(), 9, hours=0)
        before = meanings(session, NOW)
    described = text(
        "select slug, api_pattern, model_match, provider_match, fallback_providers from provider order by 1"
    )
    with engine.connect() as connection:
        migrations.downgrade(connection, 10, "0003")
        kept = [tuple(row) for row in connection.execute(described)]
        connection.rollback()
        migrations.upgrade(connection, 10)
        assert not {"api_pattern", "model_match"} & {c["name"] for c in inspect(connection).get_columns("provider")}
    assert kept == [
        ("acme", r"https://api\.acme\.example", {"starts_with": "zeta"}, {"contains": "apex"}, []),
        ("cloud", r"https://cloud\.example", None, None, ["acme"]),
        ("fast", r"https://fast\.example", None, None, []),
    ]
    with Session(engine) as session, session.begin():
        session.execute(text("update catalogue set book = gen_random_uuid()"))  # nothing remembered counts
        assert meanings(session, NOW) == before


def test_a_name_that_came_later_was_not_known_yet(empty_session: Session) -> None:
    load(empty_session, sellers()[:1], 9, hours=0)
    load(empty_session, sellers(), 10, hours=1)
    early = [resolve_name(empty_session, Clocks(AT, NOW), name) for name in ("fast/zy-one", "fast/zy-three")]
    assert [found.why for found in early if isinstance(found, Unknown)] == [Why.NOT_YET, Why.NO_SUCH_NAME]


def test_names_and_sellers_longer_than_any_are_unknown_and_not_remembered(empty_session: Session) -> None:
    load(empty_session, sellers(), 9, hours=0)
    lookup = names_of(empty_session, book_state(empty_session)).at(Clocks(AT, NOW))
    tracemalloc.start()
    try:
        for number in range(100):
            assert isinstance(lookup(f"{number}" + "x" * 1_000_000, None), Unknown)
            assert lookup("zeta-1", f"{number}" + "x" * 1_000_000) == Unknown((), Why.NO_SUCH_SELLER)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2_000_000  # bytes, of the 200 million that were asked


def test_long_names_are_remembered_in_few_bytes(empty_session: Session) -> None:
    load(empty_session, sellers(), 9, hours=0)
    lookup = names_of(empty_session, book_state(empty_session)).at(Clocks(AT, NOW))
    tracemalloc.start()
    try:
        for number in range(1000):
            assert isinstance(lookup(f"{number}" + "-a1" * 130, None), Unknown)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 3_000_000  # bytes; the marks of these names alone take 7 million


def test_an_id_without_a_price_at_that_time_does_not_hide_what_a_clause_gives(empty_session: Session) -> None:
    """The snapshot has a price of its own since June; before, the model's clause says what its name costs."""
    snapshot = model("zeta-20260110")
    since_june = {"constraint": {"start_date": "2026-06-01"}, "prices": {"input_mtok": 2, "output_mtok": 8}}
    snapshot["prices"] = [{"prices": {}}, since_june]
    undated = model("zeta", {"or": [{"equals": "zeta"}, {"equals": "zeta-20260110"}]})
    acme = {"id": "acme", "name": "Acme", "api_pattern": "acme", "models": [undated, snapshot]}
    load(empty_session, [acme], 9, hours=0)
    found = [
        resolve_name(empty_session, Clocks(datetime(2026, month, 1, tzinfo=UTC), NOW), "zeta-20260110", "acme")
        for month in (5, 6)
    ]
    assert slugs(found) == ["acme/zeta", "acme/zeta-20260110"]
    assert isinstance(found[0], Resolution)
    assert found[0].detail == "acme/zeta-20260110 has no price at that time"
    assert datetime(2026, 6, 1, tzinfo=UTC) in names_of(empty_session, book_state(empty_session)).turns


def test_a_clause_that_a_later_list_takes_back_leaves_what_a_name_meant(empty_session: Session) -> None:
    snapshot = model("zeta-20260110")
    since_june = {"constraint": {"start_date": "2026-06-01"}, "prices": {"input_mtok": 2, "output_mtok": 8}}
    snapshot["prices"] = [{"prices": {}}, since_june]
    claiming = model("zeta", {"or": [{"equals": "zeta"}, {"equals": "zeta-20260110"}]})
    acme = {"id": "acme", "name": "Acme", "api_pattern": "acme", "models": [claiming, snapshot]}
    may = datetime(2026, 5, 1, tzinfo=UTC)
    load(empty_session, [acme], 9, hours=0)
    before = resolve_name(empty_session, Clocks(may, NOW), "zeta-20260110", "acme")
    load(empty_session, [acme | {"models": [model("zeta"), snapshot]}], 10, hours=1)
    assert resolve_name(empty_session, Clocks(may, NOW), "zeta-20260110", "acme") == before
    assert slugs([before, resolve_name(empty_session, Clocks(may, LATE), "zeta-20260110", "acme")]) == [
        "acme/zeta",
        "acme/zeta-20260110",
    ]


def test_a_clause_that_a_later_list_takes_back_leaves_an_ambiguous_name_ambiguous(empty_session: Session) -> None:
    """A clause said that the moving name is the second model, which asked another price than the moving name's own."""
    second = model("zeta-2", {"or": [{"equals": "zeta-2"}, {"equals": "zeta-latest"}]})
    moving = model("zeta-latest", {"equals": "zeta-moves"}) | {"prices": {"input_mtok": 2, "output_mtok": 8}}
    acme = {"id": "acme", "name": "Acme", "api_pattern": "acme", "models": [second, moving]}
    load(empty_session, [acme], 9, hours=0)
    before = resolve_name(empty_session, Clocks(AT, NOW), "zeta-latest")
    assert before == Ambiguous(("acme/zeta-latest", "acme/zeta-2"))
    load(empty_session, [acme | {"models": [model("zeta-2"), moving]}], 10, hours=1)
    assert resolve_name(empty_session, Clocks(AT, NOW), "zeta-latest") == before
    assert slugs([resolve_name(empty_session, Clocks(AT, LATE), "zeta-latest")]) == ["acme/zeta-latest"]


def test_a_price_that_comes_later_leaves_what_was_known_before(empty_session: Session) -> None:
    unpriced = model("zeta-20260110") | {"prices": {}}
    undated = model("zeta", {"or": [{"equals": "zeta"}, {"equals": "zeta-20260110"}]})
    acme = {"id": "acme", "name": "Acme", "api_pattern": "acme", "models": [undated, unpriced]}
    load(empty_session, [acme], 9, hours=0)
    before = resolve_name(empty_session, Clocks(AT, NOW), "zeta-20260110", "acme")
    load(empty_session, [acme | {"models": [undated, model("zeta-20260110")]}], 10, hours=1)
    assert resolve_name(empty_session, Clocks(AT, NOW), "zeta-20260110", "acme") == before
    assert slugs([before, resolve_name(empty_session, Clocks(AT, LATE), "zeta-20260110", "acme")]) == [
        "acme/zeta",
        "acme/zeta-20260110",
    ]
