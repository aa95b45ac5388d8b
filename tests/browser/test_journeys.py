"""What people come for, click by click: find and compare, calculate and share, look back, weigh, check a bill."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser import chromium
from tests.browser.accessibility import breaches
from tests.browser.chromium import Browser
from tests.browser.visitor import FEW, NAMES, Visitor

pytestmark = pytest.mark.skipif(chromium.missing() is not None, reason=str(chromium.missing()))


@pytest.fixture
def visitor(browser: Browser, site: str) -> Visitor:
    browser.resize(1400)
    browser.open(f"{site}/")
    return Visitor(browser, site)


def test_a_need_leads_to_a_justified_choice_in_less_than_ten_clicks(visitor: Visitor) -> None:
    """Reasoning, tools, a context, a bound of the price, and 20M tokens a month, 70 % of their input cached."""
    visitor.click("[name=capability][value=reasoning]")
    visitor.browser.wait_for("location.search.includes('reasoning')")
    visitor.click("[name=capability][value=tools]")
    visitor.browser.wait_for("location.search.includes('tools')")
    visitor.fill("max_output_price", "40")
    visitor.click("[name=min_context][value='128000']")
    visitor.fill("tokens", "20M")
    visitor.fill("cached_share", "70%")
    months = visitor.browser.wait_for("[...document.querySelectorAll('td.month')].map(one => one.textContent)")
    assert len(months) >= 2
    first, second = visitor.shown(NAMES)[:2]
    visitor.click(".comparing p > a")
    visitor.browser.wait_for("location.pathname === '/compare' && document.querySelector('#markdown')")
    assert visitor.clicks < FEW
    text = str(visitor.shown("document.querySelector('#markdown').value"))
    assert "20M tokens a month" in text
    assert first in visitor.shown("document.querySelector('thead').textContent")
    assert second in visitor.shown("document.querySelector('thead').textContent")
    frozen = parse_qs(urlsplit(re.findall(r"Source: (\S+)", text)[0]).query)
    assert {"models", "tokens", "cached_share", "as_of", "known_at"} <= frozen.keys()


def test_a_workload_is_seen_over_all_models_in_their_order(visitor: Visitor) -> None:
    before = visitor.shown("document.querySelector('td.month').textContent")
    visitor.click("[name=preset][value=large]")
    visitor.browser.wait_for(f"document.querySelector('td.month').textContent !== {json.dumps(before)}")
    assert "20M tokens a month" in str(visitor.shown("document.querySelector('caption').textContent"))


def test_a_calculation_is_ranked_and_copied_with_a_link_for_good(visitor: Visitor) -> None:
    visitor.click("header a[href='/calculator']")
    visitor.browser.wait_for("location.pathname === '/calculator' && document.querySelector('#model')")
    for name, text in (("model", "acme/acme-large"), ("input_tokens", "12K"), ("output_tokens", "800")):
        visitor.browser.run(f"document.getElementById('{name}').value = '{text}'")
    visitor.click("form.calculator button")
    visitor.browser.wait_for("document.querySelector('table.ranked')")
    visitor.click("button[data-copies]")
    visitor.browser.wait_for("document.querySelector('button[data-copies]').textContent === 'Copied'")
    link = str(visitor.shown("document.querySelector('#keep + p a').href"))
    rows = "document.querySelector('table.ranked tbody').textContent"
    ranked = visitor.shown(rows)
    visitor.browser.open(link)
    assert visitor.shown(rows) == ranked
    assert visitor.browser.complaints() == []


def test_the_history_of_a_model_is_one_click_from_the_list(visitor: Visitor) -> None:
    visitor.fill("q", "dated")
    visitor.browser.wait_for(f"{NAMES}.join() === 'Acme Dated'")
    visitor.click("table.offerings a.name")
    visitor.browser.wait_for("location.pathname === '/models/acme/acme-dated' && document.querySelector('main h1')")
    past = str(visitor.shown("document.querySelector('#history').closest('section').textContent"))
    assert "$8.00 per million tokens" in past  # as it was before March
    assert "$4.00 per million tokens" in past


def test_own_weights_stand_in_the_address_of_best_value(visitor: Visitor) -> None:
    visitor.click("header a[href='/best-value']")
    visitor.browser.wait_for("location.pathname === '/best-value' && document.querySelector('main form')")
    visitor.browser.run("document.querySelector('main [name^=weight_]').value = '0.5'")
    weight = str(visitor.shown("document.querySelector('main [name^=weight_]').name"))
    visitor.click("form:has([name^=weight_]) button")
    visitor.browser.wait_for(f"new URLSearchParams(location.search).get('{weight}') === '0.5'")
    assert visitor.shown("document.querySelectorAll('.problem, .error').length") == 0


def test_a_bill_that_is_sent_is_read_by_causes(visitor: Visitor) -> None:
    log = Path(__file__).parents[2] / "examples/litellm-spendlogs.ndjson"
    visitor.click("header a[href='/bill']")
    visitor.browser.wait_for("document.querySelector('input[type=file]')")
    visitor.browser.choose_file("input[type=file]", str(log))
    visitor.click("main form button")
    visitor.browser.wait_for("document.querySelector('main').textContent.includes('360')")
    assert visitor.browser.run("return location.pathname").startswith("/bill")
    visitor.browser.resize(1400, 900)
    assert visitor.browser.run("return document.querySelector('#causes tbody tr').getBoundingClientRect().top") < 600
    assert breaches(visitor.browser) == []
