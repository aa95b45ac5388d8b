"""The seller's own page of prices is a click away wherever its prices stand, and nothing else that a list may name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.services.catalogue.listed_sellers import price_pages
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.functional.test_pages import spoken
from tests.lists import small_list

OWN, MODELS, ODD = "https://acme.example/pricing", "https://acme.example/models", 'https://acme.example/?a="><b>x</b>'
NAMED = ["javascript:alert(1)", MODELS, "http://acme.example/pricing", "https://user:word@acme.example/", OWN, ODD]


@pytest.fixture
def app(testapp: TestApp, engine: Engine) -> TestApp:
    """A list names pages of a seller, and what is none."""
    sold = json.loads(small_list())
    next(one for one in sold if one["id"] == "acme")["pricing_urls"] = NAMED
    published = datetime(2026, 11, 15, tzinfo=UTC)
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(sold).encode(), published, NOW + timedelta(hours=1), "a test's list")
        import_lists(session, [(SOURCES["genai-prices"], reading)])
    return testapp


@pytest.mark.parametrize("path", ["/providers/acme", "/models/acme/acme-large"])
def test_a_page_links_to_what_the_seller_says_itself(app: TestApp, path: str) -> None:
    page = app.get(path)
    links = page.html.select("#own-pages a")
    assert [link["href"] for link in links] == [OWN, MODELS, ODD]
    assert {" ".join(link["rel"]) for link in links} == {"noopener noreferrer external"}
    assert "<b>x</b>" not in page.text


def test_each_seller_of_a_model_has_its_price_page_beside_its_price(app: TestApp) -> None:
    heads = app.get("/models/acme/acme-large").html.select("table.sellers tbody th")
    links = {spoken(head.select_one(".id")): head.select_one("a[rel]") for head in heads}
    assert links["acme/acme-large"]["href"] == OWN
    assert links["acme/acme-large"]["aria-label"] == "Price page of Acme"
    assert links["bazaar/acme/acme-large"] is None


def test_the_api_holds_it_too(app: TestApp) -> None:
    assert app.get("/api/v1/providers/acme").json["data"]["price_pages"] == [OWN, MODELS, ODD]
    listed = {one["id"]: one["price_pages"] for one in app.get("/api/v1/providers").json["data"]}
    assert (listed["acme"], listed["bazaar"]) == ([OWN, MODELS, ODD], [])


def test_of_many_pages_a_few_count_and_of_long_addresses_none() -> None:
    many = [f"https://acme.example/{n}" for n in range(40)]
    assert price_pages(many) == tuple(many[:12])
    assert (
        price_pages([f"https://acme.example/{'x' * 500}", "https://[broken", "https:///no-host", "https://a\nb/"]) == ()
    )
