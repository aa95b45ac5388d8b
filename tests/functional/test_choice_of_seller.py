"""Which offering stands for a model: by the need, plainly sold before other ways, none dearer than another shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.domain.choice.abilities import abilities_text
from llmpricing.services.catalogue.listed_models import SoldModel, models_of_rows
from llmpricing.services.catalogue.listed_row import ListedRow
from llmpricing.services.catalogue.model_list import ModelFilter, find_models
from llmpricing.services.clocks import Clocks
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.functional.test_model_list import named, switches
from tests.functional.test_pages import cells, rows, spoken

CLOCKS = Clocks(NOW, NOW)


def _entry(id_: str, input_: float, output: float, **facts: Any) -> dict[str, Any]:
    prices = {"input_mtok": input_, "output_mtok": output}
    return {"id": id_, "name": id_.rpartition("/")[2].upper(), "match": {"equals": id_}, "prices": prices, **facts}


SOLD = {
    "openai": [_entry("gpt-9", 4, 12), _entry("gpt-8", 2, 6)],
    "openrouter": [
        _entry("openai/gpt-9", 4, 12, context_window=400_000),
        _entry("openai/gpt-9:batch", 1, 3, context_window=400_000),
        _entry("openai/gpt-8", 3, 9, context_window=400_000),
        _entry("openai/gpt-7:batch", 1, 2),
    ],
}


@pytest.fixture
def app(testapp: TestApp, engine: Engine) -> TestApp:
    """A model whose batch price alone is low, one that its maker sells for less than of whom lists say a context, and
    one that is sold as batch alone.
    """
    sold = [{"id": slug, "name": slug.title(), "api_pattern": slug, "models": models} for slug, models in SOLD.items()]
    published = datetime(2026, 11, 15, tzinfo=UTC)
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(sold).encode(), published, NOW + timedelta(hours=1), "a test's list")
        import_lists(session, [(SOURCES["genai-prices"], reading)])
    return testapp


def tags(row: Any) -> list[str]:
    return [spoken(tag) for tag in row.select("th > .tag")]


def test_another_way_to_sell_that_alone_is_within_a_bound_is_marked_with_what_it_costs_plainly(app: TestApp) -> None:
    row = named(app.get("/?max_input_price=1.5&tokens=1M&input_share=50"))["GPT-9"]
    assert row.select_one("input.mark")["value"] == "openrouter/openai/gpt-9:batch"
    assert "batch" in tags(row)
    assert spoken(row.select_one("th .plainly")) == "sold plainly: $4.00 in, $12.00 out at Openai"
    assert (cells(row)["Input"], cells(row)["My month"]) == ("$ 1.00", "$2.00 $2.00 per M")
    plain = named(app.get("/"))["GPT-9"]
    assert ("batch" in tags(plain), plain.select_one(".plainly")) == (False, None)
    (alone,) = named(app.get("/?q=gpt-7")).values()
    assert ("batch" in tags(alone), alone.select_one(".plainly")) == (True, None)


def test_another_way_to_sell_is_marked_wherever_it_stands_by_itself(app: TestApp) -> None:
    batch = "openrouter/openai/gpt-9:batch"
    flat = rows(app.get("/?group=none&q=gpt-9&tokens=1M&input_share=50"))
    assert {slug: "batch" in tags(row) for slug, row in flat.items()} == {
        "openai/gpt-9": False, "openrouter/openai/gpt-9": False, batch: True,
    }  # fmt: skip
    assert cells(flat[batch])["My month"] == "$2.00 $2.00 per M"
    ranked = app.get("/calculator?max_input_price=1.5").html.select("table.ranked tbody th")
    assert {spoken(head.select_one(".id")): [spoken(tag) for tag in head.select(".tag")] for head in ranked}[batch] == [
        "batch"
    ]
    head = app.get(f"/compare?models=openai/gpt-9,{batch}").html.select("table.compared thead th")[2]
    assert "batch" in [spoken(tag) for tag in head.select(".tag")]


def test_a_context_that_lists_say_of_all_other_sellers_holds_at_a_seller_of_whom_none_says_it(app: TestApp) -> None:
    page = app.get("/?min_context=200000&sort=month")
    row = named(page)["GPT-8"]
    assert row.select_one("input.mark")["value"] == "openai/gpt-8"
    assert "said of the model" in tags(row)
    assert cells(row)["Context"] == "400K"
    assert cells(named(app.get("/?q=gpt-8"))["GPT-8"]).get("Context", "– unknown") == "– unknown"  # where none is asked
    stated = named(app.get("/" + next(url for text, url in switches(page).items() if text.startswith("− "))))["GPT-8"]
    assert stated.select_one("input.mark")["value"] == "openrouter/openai/gpt-8"
    compared = app.get("/compare?models=openai/gpt-8,openrouter/openai/gpt-8&min_context=200000").html
    line = next(row for row in compared.select("tbody tr") if spoken(row.th) == "context of 200K")
    assert [spoken(cell) for cell in line.select("td")] == ["said of the model", "yes"]
    assert "GPT-8 by Openai (said of the model) is the cheapest" in spoken(compared.select_one(".finding"))


def test_the_headline_of_a_comparison_names_the_seller_of_the_cheapest(app: TestApp) -> None:
    told = spoken(app.get("/compare?models=openai/gpt-8,openrouter/openai/gpt-9").html.select_one(".finding"))
    assert told.startswith("For my month GPT-8 at Openai is the cheapest: ")
    batch = spoken(app.get("/compare?models=openai/gpt-8,openrouter/openai/gpt-9:batch").html.select_one(".finding"))
    assert batch.startswith("For my month GPT-9 (batch) at Openrouter is the cheapest: ")


def _row(number: int, slug: str, price: Decimal, says: bool | None, window: int | None) -> ListedRow:
    facts = {} if says is None else {"a-list": {"capabilities" if says else "denied_capabilities": ["tools"]}}
    empty = dict.fromkeys(ListedRow._fields)
    return ListedRow(
        **{
            **empty,
            "id": slug,
            "number": number,
            "name": slug,
            "provider": slug.partition("/")[0],
            "lab": "openai",
            "status": "active",
            "price_state": "priced",
            "currency": "USD",
            "input_per_mtok": price,
            "output_per_mtok": price,
            "context_window": window,
            "stated_abilities": abilities_text(facts),
        }
    )


_SELLERS = st.lists(
    st.tuples(
        st.sampled_from(["openai/gpt-9", "a/gpt-9", "b/openai/gpt-9", "c/gpt-9", "b/openai/gpt-9:batch"]),
        st.integers(1, 9).map(Decimal),
        st.sampled_from([None, True, False]),
        st.sampled_from([None, 100_000, 400_000]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one[0],
)


@settings(max_examples=200, deadline=None)
@given(_SELLERS, st.booleans())
def test_within_a_model_none_stands_that_is_dearer_than_a_seller_of_whom_no_list_denies_what_is_asked(
    sold: Sequence[tuple[str, Decimal, bool | None, int | None]], bounded: bool
) -> None:
    models = models_of_rows(_row(number, *one) for number, one in enumerate(sold))
    wanted = ModelFilter(needs=("tools",), min_context=200_000 if bounded else None)

    def price(row: Any) -> Decimal:
        return Decimal(row.input_per_mtok)

    for row in find_models(models, wanted, CLOCKS, price, price).rows:
        plain = [one for one in row.offerings if ":" not in one.id]
        if ":" in row.shown.id:
            assert not plain
        else:
            assert all(price(row.shown) <= price(one) for one in plain)
        shown = {one.id for one in row.offerings}
        assert shown == {slug for slug, _, says, window in sold if _holds(row.model, slug, says, window, bounded)}


def _holds(model: SoldModel, slug: str, says: bool | None, window: int | None, bounded: bool) -> bool:
    """Whether no list denies what is asked: of capabilities one yes holds for all that are not denied, of a context the
    least that is told of a plain seller.
    """
    told = [one.context_window for one in model.rows if one.context_window and ":" not in one.id]
    least = min(told, default=0) if ":" not in slug else 0
    return says is not False and (not bounded or (window or least) >= 200_000)
