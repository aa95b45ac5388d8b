"""The newest models of a lab are found by what they can do, also where the installed lists do not say it yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from webtest import TestApp

from llmpricing.domain.choice.needs import NEEDS
from tests.conftest import running_app

LABS = ("openai", "anthropic", "google", "x-ai", "mistral", "deepseek")
NEWEST = {  # by name, whether or not a list dates them
    "openai": ("openai/gpt-6.1-sol", "openai/gpt-6-luna", "openai/gpt-6-sol"),
    "anthropic": ("anthropic/claude-opus-5-5", "anthropic/claude-sonnet-5-5", "anthropic/claude-haiku-5-5"),
    "google": ("google/gemini-4-argon", "google/gemini-3.5-flash", "google/gemini-3.5-flash-lite"),
    "x-ai": ("x-ai/grok-4.7", "x-ai/grok-4.6", "x-ai/grok-4.5"),
    "deepseek": ("deepseek/deepseek-flash", "deepseek/deepseek-v4-flash", "deepseek/deepseek-v4-pro"),
    "alibaba": ("alibaba/qwen3.8-max", "alibaba/qwen3.8-flash", "alibaba/qwen3.8-27b"),
}
NEED = "&capability=reasoning&capability=tools"


@pytest.fixture(scope="module")
def app(full_book_of_module: str, redis_url: str) -> Iterator[TestApp]:
    with running_app(full_book_of_module, redis_url) as found:
        yield found


def ids(app: TestApp, query: str) -> list[str]:
    return [box["value"] for box in app.get(f"/?{query}&sort=-released_on").html.select("input.mark")]


@pytest.mark.parametrize("lab", LABS)
def test_the_newest_three_of_a_lab_are_found_by_reasoning_and_tools_or_stand_one_click_away(
    app: TestApp, lab: str
) -> None:
    newest = ids(app, f"lab={lab}")[:3]
    assert len(newest) == 3
    found = app.get(f"/?lab={lab}{NEED}&sort=-released_on")
    assert "where no list says" in found.html.select_one(".switches").get_text()
    rows = found.click("where no list says").html.select_one("table.offerings")
    shown = {
        text for text in rows.stripped_strings if "/" in text
    }  # of a row all sellers: another one may stand for it
    for slug in set(newest) - shown:  # of which a list says that it cannot
        item = app.get(f"/api/v1/models/{slug}").json["data"]
        assert item["capabilities"]
        assert not all(NEEDS[name].flags & {*item["capabilities"]} for name in ("reasoning", "tools"))


@pytest.mark.parametrize(("lab", "newest"), NEWEST.items())
def test_the_newest_of_a_lab_by_name_are_found_by_reasoning_and_tools_or_one_click_away(
    app: TestApp, lab: str, newest: tuple[str, ...]
) -> None:
    found = app.get(f"/?lab={lab}{NEED}")
    switched = found.click("where no list says")
    pages = [found, switched]
    while (following := pages[-1].html.select_one("a.next")) is not None:
        pages.append(app.get("/" + following["href"]))
    sold = {link["href"].split("?")[0] for page in pages for link in page.html.select("tbody th a[href^='/models/']")}
    assert {f"/models/{slug}" for slug in newest} <= sold
