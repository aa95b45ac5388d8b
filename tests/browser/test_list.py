"""The list's own script: what is asked shows at once, in place, with focus, history and marks kept."""

from __future__ import annotations

import pytest

from tests.browser import chromium
from tests.browser.chromium import Browser

pytestmark = pytest.mark.skipif(chromium.missing() is not None, reason=str(chromium.missing()))

SHOWN = "[...document.querySelectorAll('table.offerings a.name')].map(one => one.textContent).join(', ')"
ASKED = "return location.pathname + location.search"
STAYED = "return window.stayed === true"  # set once: a page that is loaded anew does not have it


@pytest.fixture
def at_home(browser: Browser, site: str) -> Browser:
    browser.resize(1400)
    browser.open(f"{site}/")
    browser.run("window.stayed = true")
    return browser


def test_what_is_typed_filters_at_once_and_the_caret_stays_where_it_is(at_home: Browser) -> None:
    at_home.write("#q", "smll")
    at_home.wait_for("location.search === '?q=smll'")
    at_home.run("document.getElementById('q').setSelectionRange(2, 2)")
    at_home.press("a")
    at_home.wait_for(f"{SHOWN} === 'Acme Small'")
    assert at_home.run(ASKED) == "/?q=small"
    assert at_home.run("return [document.activeElement.id, document.activeElement.selectionStart]") == ["q", 3]
    assert "1 chat model matches" in at_home.run("return document.getElementById('told').textContent")
    assert at_home.run(STAYED)


def test_back_shows_what_stood_before_and_typing_is_one_step_of_it(at_home: Browser) -> None:
    first = at_home.run(f"return {SHOWN}")
    at_home.write("#q", "sm")
    at_home.wait_for("location.search === '?q=sm'")
    at_home.write("#q", "all")
    at_home.wait_for("location.search === '?q=small'")
    at_home.run("document.querySelector('[name=capability][value=tools]').click()")
    at_home.wait_for("location.search === '?q=small&capability=tools'")
    at_home.back()
    at_home.wait_for("!document.querySelector('[name=capability][value=tools]').checked")
    assert at_home.run(ASKED) == "/?q=small"
    at_home.back()
    at_home.wait_for(f"{SHOWN} === {first!r}")
    assert at_home.run(ASKED) == "/"
    assert at_home.run("return document.getElementById('q').value") == ""
    assert at_home.run(STAYED)


def test_headings_sort_in_place_and_keep_the_focus(at_home: Browser) -> None:
    at_home.run("document.querySelector('thead a[href*=output_per_mtok]').focus()")
    at_home.press("Enter")
    at_home.wait_for("location.search === '?sort=output_per_mtok'")
    sorted_by = "document.activeElement.closest('th')?.getAttribute('aria-sort')"
    at_home.wait_for(f"{sorted_by} === 'ascending'")
    at_home.press("Enter")
    at_home.wait_for(f"{sorted_by} === 'descending'")
    assert at_home.run(STAYED)


def test_marks_are_kept_while_the_list_is_filtered(at_home: Browser) -> None:
    at_home.click(".mark[value='acme/acme-large']")
    at_home.wait_for("location.search === '?models=acme%2Facme-large'")
    at_home.write("#q", "small")
    at_home.wait_for(f"{SHOWN} === 'Acme Small'")
    at_home.click(".mark[value='acme/acme-small']")
    at_home.wait_for("document.querySelectorAll('.comparing a').length === 2")
    at_home.click(".comparing button")
    at_home.wait_for("location.pathname === '/compare'")
    compared = at_home.run("return [...document.querySelectorAll('thead .id')].map(one => one.textContent)")
    assert sorted(compared) == ["acme/acme-large", "acme/acme-small"]


def test_the_marked_are_compared_in_the_order_of_marking_wherever_they_stand(at_home: Browser) -> None:
    order = at_home.run("return [...document.querySelectorAll('.mark')].map(one => one.value)")
    second, first = order[:2]  # the one that stands first is marked last
    for number, slug in enumerate((first, second), 1):
        at_home.run(f"document.querySelector(\".mark[value='{slug}']\").click()")
        at_home.wait_for(f"new URLSearchParams(location.search).getAll('models').length === {number}")
    at_home.wait_for("document.querySelector('.comparing button').textContent === 'Compare 2'")
    at_home.click(".comparing button")
    at_home.wait_for("location.pathname === '/compare'")
    compared = at_home.run("return [...document.querySelectorAll('thead .id')].map(one => one.textContent)")
    assert compared == [first, second]


def test_marks_set_before_the_page_of_the_first_has_come_are_all_kept(at_home: Browser) -> None:
    clicks = "".join(
        f"document.querySelector(\".mark[value='acme/{one}']\").click();" for one in ("acme-large", "acme-small")
    )
    at_home.run(clicks)
    at_home.wait_for("new URLSearchParams(location.search).getAll('models').length === 2")
    assert at_home.run("return document.querySelectorAll('.mark:checked').length") == 2


def test_what_cannot_be_read_is_said_beside_its_field(at_home: Browser) -> None:
    at_home.write("#max_input_price", "much")
    at_home.wait_for("document.getElementById('max_input_price-problem')")
    assert at_home.run("return document.activeElement.id") == "max_input_price"
    for _ in "much":
        at_home.press("Backspace")
    at_home.write("#max_input_price", "2")
    at_home.wait_for("location.search === '?max_input_price=2'")
    at_home.wait_for("!document.querySelector('.problem')")
    assert at_home.run(STAYED)


def test_a_slash_goes_to_the_search_and_is_a_letter_in_a_field(at_home: Browser) -> None:
    at_home.press("/")
    assert at_home.run("return document.activeElement.id") == "q"
    at_home.press("/")
    assert at_home.run("return document.activeElement.value") == "/"


def test_the_script_keeps_to_the_policy_of_contents(at_home: Browser) -> None:
    at_home.complaints()
    at_home.write("#q", "large")
    at_home.wait_for("location.search === '?q=large'")
    assert at_home.complaints() == []


def test_the_same_form_and_links_work_where_no_script_runs(browser: Browser, site: str) -> None:
    browser.run_scripts(False)
    try:
        browser.open(f"{site}/")
        browser.write("#q", "small")
        browser.click("#filtering button[type=submit]")
        browser.wait_for("location.search.startsWith('?q=small') && document.querySelector('a.name')")
        found = browser.run("return document.querySelector('a.name').textContent")
    finally:
        browser.run_scripts(True)
    assert found == "Acme Small"


def test_a_pasted_usage_object_becomes_the_workload_in_place(at_home: Browser) -> None:
    usage = '{"prompt_tokens": 900, "completion_tokens": 100}'
    at_home.run("document.querySelector('.more').open = true")
    at_home.run(f"document.getElementById('usage').value = '{usage}'")
    at_home.run("document.getElementById('usage').dispatchEvent(new Event('change', {bubbles: true}))")
    at_home.wait_for("location.search === '?tokens=1000000&requests=1000&input_share=0.9'")
    assert at_home.run("return [document.getElementById('usage').value, document.querySelector('.more').open]") == [
        "",
        True,
    ]
    assert at_home.run(STAYED)


def test_a_slow_answer_says_that_it_loads_and_moves_nothing(at_home: Browser) -> None:
    at_home.run(
        "const real = window.fetch;"
        "window.fetch = (...asked) => new Promise((go) => { window.answer = () => go(real(...asked)); })"
    )
    place = "return document.querySelector('#results .scroll').getBoundingClientRect().top"
    before = at_home.run(place)
    at_home.write("#q", "small")
    at_home.wait_for("document.querySelector('#results table').getAttribute('aria-busy') === 'true'")
    at_home.wait_for("document.getElementById('told').textContent === 'Loading …'")
    assert at_home.run("return document.getElementById('told').getBoundingClientRect().height > 10")
    assert at_home.run(place) == before
    at_home.run("window.answer()")
    at_home.wait_for(f"{SHOWN} === 'Acme Small'")
    assert "1 chat model" in at_home.run("return document.getElementById('told').textContent")
    assert at_home.run("return document.getElementById('told').getBoundingClientRect().height") <= 1
    assert not at_home.run("return document.querySelector('[aria-busy=true]') !== null")


def test_the_age_of_what_models_can_comes_with_the_answer(at_home: Browser) -> None:
    at_home.run("document.querySelector('.ages').open = true")
    at_home.run("document.querySelector('[name=capability][value=tools]').click()")
    at_home.wait_for("location.search === '?capability=tools'")
    assert at_home.run("return document.querySelector('.ages').open")
