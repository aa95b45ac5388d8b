"""The pages of /admin in a real browser: an operator's work to the public page, and what axe-core finds on each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.components import ComponentKey
from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.own_aliases import add_alias
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.services.decisions.source_trust import set_trust
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.browser import chromium
from tests.browser.accessibility import breaches
from tests.browser.chromium import Browser
from tests.functional.addresses import ADMIN
from tests.lists import small_list
from tests.operators import PASSWORD, forget_attempts, let_in
from tests.servers import StoreUrls, new_database
from tests.unplugged.serving import serving

WAITS = "until a person decides, $2.50 counts"
pytestmark = pytest.mark.skipif(chromium.missing() is not None, reason=str(chromium.missing()))

PATHS = [path for path in ADMIN.values() if not path.endswith((".csv", "/sign-in"))]
PATHS += ["/admin/reviews?state=decided", "/admin/pins?offering=acme/acme-large&amount=2.5"]
DEARER = ((b'"input_mtok": 2.5,', b'"input_mtok": 2500,'), (b'"input_mtok": 3,', b'"input_mtok": 3000,'))


@pytest.fixture(scope="module")
def desk(
    store_urls: StoreUrls, small_book: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the application where ada has a password, and prices wait; there is one of all she can list."""
    with new_database(store_urls, small_book) as url:
        fill(url)
        let_in(url)
        forget_attempts(redis_url)
        settings = {"sqlalchemy.url": url, "redis.url": redis_url, "llmpricing.environment": "development"}
        with serving(tmp_path_factory.mktemp("desk"), settings) as running:
            yield f"http://127.0.0.1:{running.port}"


def fill(url: str) -> None:
    dearer = small_list()
    for old, new in DEARER:
        dearer = dearer.replace(old, new)
    engine = create_engine(url, poolclass=NullPool)
    by = Decider("ada", datetime.now(UTC), "agreed by mail")
    with Session(engine) as session, session.begin():
        reading = ReadList(dearer, datetime(2026, 11, 20, tzinfo=UTC), datetime.now(UTC), "a test")
        import_lists(session, [(SOURCES["genai-prices"], reading)])
        held = HeldPrice("acme/acme-small", ComponentKey("output_tokens", ""), Decimal("7.5"), 10**6)
        hold_price(session, held, by)
        add_contract_rates(session, by, "acme", "acme-l*", [RateValue(discount=Decimal("0.125"))], by.at)
        add_alias(session, by, "deployment-of-the-team-for-long-answers", "acme/acme-large")
        set_trust(session, by, "acme", "genai-prices", 3)
    engine.dispose()


@pytest.fixture
def ada(browser: Browser, desk: str) -> Browser:
    """The browser in which she is signed in."""
    browser.prefer("light")
    browser.resize(1400)
    browser.open(f"{desk}/admin/sign-in")
    if browser.run("return location.pathname") == "/admin/sign-in":
        browser.write("#name", "ada")
        browser.write("#password", PASSWORD)
        browser.click("form.sign-in button")
        browser.wait_for("location.pathname === '/admin'")
    return browser


def test_an_operator_accepts_a_price_that_was_held_and_the_public_page_follows(ada: Browser, desk: str) -> None:
    ada.open(f"{desk}/models/acme/acme-large")  # which the browser keeps, and asks for again
    assert f"$2,500.00; {WAITS}" in ada.run("return document.querySelector('main').textContent")
    ada.open(f"{desk}/admin")
    ada.click("section[aria-labelledby=review] a")
    ada.wait_for("location.pathname === '/admin/reviews'")
    ada.run("for (const box of document.querySelectorAll('[name=review]')) "
            "box.checked = box.parentElement.textContent.trim().startsWith('acme/acme-large')")  # fmt: skip
    ada.write("[name=note]", "their own page says so")
    ada.click("button[value=accepted]")
    ada.wait_for("document.querySelector('#moves')")
    assert breaches(ada) == []  # where it asks whether one is sure
    ada.click("form.decide button")
    assert "accepted by ada" in ada.wait_for("document.querySelector('#done')?.innerText")
    ada.open(f"{desk}/models/acme/acme-large")
    shown = ada.run("return document.querySelector('main').innerText")
    assert "2,500.00" in shown
    assert WAITS not in shown
    ada.open(f"{desk}/admin/log?action=review_accepted")
    assert "their own page says so" in ada.run("return document.querySelector('tbody').innerText")


def test_an_operator_enters_a_price_and_the_public_page_follows(ada: Browser, desk: str) -> None:
    ada.open(f"{desk}/admin/prices")
    for name, text in (
        ("offering", "acme/acme-long"), ("amount", "7.77"), ("valid_from", "2026-01-01"),
        ("source", "https://acme.example/prices"), ("note", "they wrote so"),
    ):  # fmt: skip
        ada.write(f"#enter-{name}", text)
    ada.click("form[action='/admin/prices/enter'] button")
    assert ada.wait_for("document.querySelector('#done')?.innerText") == "The price is entered."
    ada.open(f"{desk}/models/acme/acme-long")
    assert "7.77" in ada.run("return document.querySelector('main').innerText")


def test_what_stands_is_in_sight_before_the_form_that_adds_to_it(ada: Browser, desk: str) -> None:
    tops = {}
    for path in ("pins", "prices", "rates", "aliases", "benchmarks", "sources", "log"):
        ada.resize(1400, 900)
        ada.open_styled(f"{desk}/admin/{path}")
        tops[path] = ada.run("return document.querySelector('main tbody tr').getBoundingClientRect().top")
    assert {path: top for path, top in tops.items() if top >= 600} == {}


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_no_breach_of_wcag_and_nothing_is_too_wide(ada: Browser, desk: str, path: str) -> None:
    ada.open_styled(desk + path)
    assert breaches(ada) == []


def test_axe_finds_nothing_in_what_is_refused_either(ada: Browser, desk: str) -> None:
    ada.open_styled(f"{desk}/admin/prices")
    ada.run("document.querySelector('form[action=\"/admin/prices/enter\"]').submit()")  # with nothing in it
    ada.wait_for("document.querySelector('.problem')")
    assert breaches(ada) == []


def test_axe_finds_nothing_at_the_sign_in_and_where_it_refuses(browser: Browser, desk: str) -> None:
    browser.open_styled(f"{desk.replace('127.0.0.1', 'localhost')}/admin/sign-in")  # a host where nobody is signed in
    assert breaches(browser) == []
    browser.write("#name", "ada")
    browser.write("#password", "not hers at all")
    browser.click("form.sign-in button")
    browser.wait_for("document.querySelector('#problem')")
    assert breaches(browser) == []
