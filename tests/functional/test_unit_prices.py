"""Lists of images, audio and video say what an image, a minute or a second costs, and by it they are put in order."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.prices import Price
from llmpricing.services.catalogue.unit_prices import _unit_price
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.functional.test_model_list import named
from tests.functional.test_pages import cells, spoken

IMAGE = {"mode": "image_generation", "litellm_provider": "openai"}
HEARD = {"mode": "audio_transcription", "litellm_provider": "openai"}
MAP = {
    "paint-2": IMAGE | {"output_cost_per_image": 0.04},
    "paint-1": IMAGE | {"output_cost_per_image": 0.02},
    "paint-3": IMAGE | {"input_cost_per_token": 1e-06, "output_cost_per_token": 4e-06},
    "hear-1": HEARD | {"input_cost_per_second": 0.0001},
    "fireworks_ai/hear-1": HEARD | {"litellm_provider": "fireworks_ai", "input_cost_per_second": 0.00005},
    "say-1": HEARD | {"mode": "audio_speech", "input_cost_per_character": 1.5e-05},
    "film-1": {"mode": "video_generation", "litellm_provider": "openai", "output_cost_per_video_per_second": 0.1},
}


@pytest.fixture
def app(testapp: TestApp, engine: Engine) -> TestApp:
    """Models that are sold by the image, the minute, the character and the second."""
    published = datetime(2026, 11, 15, tzinfo=UTC)
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(MAP).encode(), published, NOW + timedelta(hours=1), "a test's list")
        import_lists(session, [(SOURCES["litellm"], reading)])
    return testapp


def priced(page: Any) -> dict[str, str]:
    found = {row.select_one(".id").get_text().split()[0]: cells(row) for row in named(page).values()}
    return {slug: told["Unit price"] for slug, told in found.items()}


def test_a_list_of_images_says_what_an_image_costs_and_is_put_in_order_by_it(app: TestApp) -> None:
    page = app.get("/?kind=image&sort=unit&columns=unit")
    assert priced(page) == {
        "openai/paint-1": "$0.02 per image",
        "openai/paint-2": "$0.04 per image",
        "openai/paint-3": "$1.00 in, $4.00 out per million tokens",
    }
    assert list(priced(page)) == ["openai/paint-1", "openai/paint-2", "openai/paint-3"]
    assert next(iter(priced(app.get("/?kind=image&sort=-unit")))) == "openai/paint-2"
    assert page.html.select_one("thead th[aria-sort=ascending]").get_text() == "Unit price"


def test_what_is_heard_is_priced_by_the_minute_before_what_is_spoken_by_the_character(app: TestApp) -> None:
    assert list(priced(app.get("/?kind=audio&sort=unit")).items()) == [
        ("fireworks/hear-1", "$0.003 per minute"),
        ("openai/say-1", "$15.00 per million characters"),
    ]
    assert priced(app.get("/?kind=video")) == {"openai/film-1": "$0.10 per second"}


def test_the_list_of_the_api_tells_the_same(app: TestApp) -> None:
    def told(one: dict[str, Any] | None) -> tuple[Any, ...] | None:
        return one and (one["amount"], one["currency"], one["unit"], one["is_least"])

    listed = {one["id"]: told(one["unit_price"]) for one in app.get("/api/v1/models?limit=200").json["data"]}
    assert {slug: unit for slug, unit in listed.items() if unit or slug.startswith("openai/")} == {
        "openai/paint-1": ("0.02", "USD", "image", False),
        "openai/paint-2": ("0.04", "USD", "image", False),
        "openai/paint-3": None,
        "openai/hear-1": ("0.006", "USD", "minute", False),
        "fireworks/hear-1": ("0.003", "USD", "minute", False),
        "openai/say-1": ("15", "USD", "million characters", False),
        "openai/film-1": ("0.1", "USD", "second", False),
    }


def test_an_order_by_the_unit_shows_who_asks_the_least_of_it_and_any_other_order_the_lab(app: TestApp) -> None:
    assert next(iter(priced(app.get("/?kind=audio&sort=unit")))) == "fireworks/hear-1"
    assert priced(app.get("/?kind=audio&sort=name&columns=unit"))["openai/hear-1"] == "$0.006 per minute"


def test_what_is_asked_in_two_currencies_for_its_first_unit_has_no_least_and_no_other_units() -> None:
    def price(meter: str, amount: str, currency: str) -> Price:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        told = (State.PRICED, Decimal(amount), currency, 1, since, None, Basis.DOCUMENTED, "x", since)
        return Price(1, meter, Conditions(), *told)

    both = [price("output_images", "0.04", "USD"), price("output_images", "0.3", "CNY")]
    assert _unit_price("image", [*both, price("input_images", "0.01", "USD")]) is None
    assert _unit_price("image", [both[0], price("input_images", "0.01", "USD")]) == (
        0,
        Decimal("0.04"),
        "USD",
        "image",
        0,
    )


def test_a_month_of_text_is_left_off_where_models_are_sold_otherwise_and_it_says_so(app: TestApp) -> None:
    for kind in ("image", "audio", "video"):
        page = app.get(f"/?kind={kind}")
        assert "My month" not in [spoken(head) for head in page.html.select("thead th")]
        assert "My month is told in tokens of text" in spoken(page.html.select_one("#by-unit"))
        assert "my month" not in spoken(page.html.select_one("table.offerings tbody"))
    chat = app.get("/")
    assert "Unit price" not in [spoken(head) for head in chat.html.select("thead th")]
    assert chat.html.select_one("#by-unit") is None
    assert "answer no text" in spoken(app.get("/?kind=embedding").html.select_one("#by-unit"))


def test_a_models_page_says_what_its_month_counts(app: TestApp) -> None:
    told = {
        path: app.get(f"/models/{path}").html.select_one("#basis") for path in ("openai/paint-1", "acme/acme-embed")
    }
    assert "tokens alone" in spoken(told["openai/paint-1"])
    assert "answers no text" in spoken(told["acme/acme-embed"])
    assert app.get("/models/acme/acme-large").html.select_one("#basis") is None
