"""The list of models: one row a model, what hides behind its switches, and the cost of the reader's month."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW, running_app
from tests.functional.test_pages import cells, rows, spoken
from tests.servers import StoreUrls, new_database, template


def _entry(id_: str, name: str, input_: float, output: float) -> dict[str, Any]:
    prices = {"input_mtok": input_, "output_mtok": output}
    return {"id": id_, "name": name, "match": {"equals": id_}, "prices": prices, "context_window": 200_000}


SOLD = {
    "openai": [
        _entry("gpt-9", "GPT-9", 2, 8),
        _entry("gpt-9-2026-03-01", "GPT-9 (2026-03-01)", 2, 8),
        _entry("gpt-9-2026-01-01", "GPT-9 (2026-01-01)", 5, 15),
    ],
    "resale": [_entry("openai/gpt-9", "OpenAI: GPT-9", 1, 9), _entry("openai/gpt-9:free", "GPT-9 (free)", 0, 0)],
    "lab": [_entry("other-1", "Other 1", 0.5, 0.5), _entry("other-embed", "Other Embed", 0.1, 0)],
}
DESCRIBED = {
    "gpt-9": {
        "release_date": "2026-03-01",
        "tool_call": True,
        "reasoning": True,
        "structured_output": True,
        "family": "gpt",
    },
    "gpt-9-2026-01-01": {"release_date": "2026-01-01", "tool_call": False, "open_weights": False, "family": "gpt"},
}


PUBLISHED = datetime(2026, 11, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def file_book(store_urls: StoreUrls, small_book: str) -> str:
    """Name of a template: the small list and a model that two sellers sell."""
    return template(store_urls, "described", lambda url: describe(url, PUBLISHED), small_book)


@pytest.fixture
def listapp(testapp: TestApp) -> TestApp:
    """The application over that book."""
    return testapp


@pytest.fixture
def small_url(store_urls: StoreUrls, small_book: str) -> Iterator[str]:
    """A database of one's own with the small list alone."""
    with new_database(store_urls, small_book) as url:
        yield url


def describe(url: str, told_of: datetime) -> None:
    """Import what is sold, and what a list of this day tells of it."""
    sold = [{"id": slug, "name": slug.title(), "api_pattern": slug, "models": models} for slug, models in SOLD.items()]
    models = {
        api_id: {"id": api_id, "modalities": {"input": ["text", "image"], "output": ["text"]}, **facts}
        for api_id, facts in DESCRIBED.items()
    }
    described = {"openai": {"id": "openai", "name": "OpenAI", "models": models}}
    later = NOW + timedelta(hours=1)
    lists = (("genai-prices", sold, PUBLISHED), ("models-dev", described, told_of))
    with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
        for source, document, published in lists:
            reading = ReadList(json.dumps(document).encode(), published, later, "a test's list")
            import_lists(session, [(SOURCES[source], reading)])


def named(page: Any) -> dict[str, Any]:
    """Rows by the name of their model."""
    return {row.select_one("a.name").get_text(): row for row in page.html.select("table.offerings tbody tr")}


def switches(page: Any) -> dict[str, str]:
    return {spoken(link): link["href"] for link in page.html.select(".switches a")}


def test_a_model_is_one_row_of_its_lab_with_its_sellers_beneath(listapp: TestApp) -> None:
    found = named(listapp.get("/?q=gpt-9"))
    assert list(found) == ["GPT-9", "GPT-9 (2026-01-01)"]  # a date with another price is another row, newest first
    row = found["GPT-9"]
    assert row.select_one(".id").get_text().split()[0] == "openai/gpt-9"
    assert spoken(row.select_one("summary")) == "2 sellers, my month from $4.20 at Resale"
    beneath = [spoken(one) for one in row.select(".others li")]
    assert beneath == [
        "resale/openai/gpt-9 $1.00 in, 9.00 out",
        "openai/gpt-9-2026-03-01 $2.00 in, 8.00 out",
        "resale/openai/gpt-9:free free",
    ]


def test_one_seller_of_a_model_is_its_row_where_only_that_one_is_asked(listapp: TestApp) -> None:
    row = named(listapp.get("/?q=gpt-9&provider=resale"))["GPT-9"]
    assert (cells(row)["Seller"], cells(row)["Input"]) == ("Resale", "$ 1.00")


def test_each_offering_stands_apart_where_that_is_asked(listapp: TestApp) -> None:
    page = listapp.get("/?q=gpt-9&group=none&sort=id")
    assert list(rows(page)) == [
        "openai/gpt-9",
        "openai/gpt-9-2026-01-01",
        "openai/gpt-9-2026-03-01",
        "resale/openai/gpt-9",
    ]
    assert switches(page)["+ 1 free"] == "?q=gpt-9&group=none&sort=id&show=free"


def test_only_priced_chat_models_stand_open_and_the_others_one_click_away(listapp: TestApp) -> None:
    page = listapp.get("/")
    assert "Acme Tiny" not in named(page)
    tabs = {spoken(tab).split()[0]: tab["href"] for tab in page.html.select(".kinds a")}
    assert set(tabs) == {"chat", "embedding"}
    assert set(named(listapp.get("/" + tabs["embedding"]))) == {"Acme Embed", "Other Embed"}
    opened = listapp.get("/" + switches(page)["+ 1 free"])
    assert cells(named(opened)["Acme Tiny"])["My month"] in ("free", "– unknown")
    assert "Acme Tiny" not in named(listapp.get("/" + switches(opened)["− free"]))


def test_a_filter_never_takes_unknown_for_no(listapp: TestApp) -> None:
    page = listapp.get("/?capability=tools&capability=reasoning")
    assert list(named(page)) == ["GPT-9"]
    count, link = next((text, href) for text, href in switches(page).items() if "where no list says" in text)
    assert count == "+ 5 where no list says all of it"
    told = spoken(page.html.select_one("#unsaid"))
    assert told.startswith(
        "Of 5 models no list says whether they are what you ask: what models can is told by models.dev ("
    )
    assert told.endswith(" days old). Show the 5")
    assert len(named(listapp.get("/" + page.html.select_one("#unsaid a")["href"]))) == 6
    assert "what models can" not in spoken(listapp.get("/?min_context=1M").html.select_one("#unsaid"))
    known = listapp.get("/" + link)
    assert set(named(known)) == {"GPT-9", "Acme Large", "Other 1"}  # which its lab sells itself, or is new
    assert spoken(known.html.select_one("#unsaid")).startswith("Of 5 models")
    assert "no list says" in spoken(named(known)["Acme Large"].th)
    assert "no list says" not in spoken(named(known)["GPT-9"].th)
    count, link = next((text, href) for text, href in switches(known).items() if text.startswith("+ 3 lesser known"))
    assert set(named(listapp.get("/" + link))) == {
        "GPT-9", "Other 1", "Acme Large", "Acme Small", "Acme Long", "Acme Dated",
    }  # fmt: skip


def test_who_asks_what_an_old_list_tells_is_told_why_newer_models_are_not_there(small_url: str, redis_url: str) -> None:
    describe(small_url, datetime(2026, 5, 21, tzinfo=UTC))
    with running_app(small_url, redis_url) as app:
        assert_old_list_is_told(app)


def assert_old_list_is_told(testapp: TestApp) -> None:
    age = testapp.get("/?q=acme-large").html.select_one(".ages")
    assert "what models can" not in spoken(age)
    page = testapp.get("/?capability=reasoning&q=acme-large").html
    assert re.search(r"what models can \d+ days old 1 old list$", spoken(page.select_one(".ages summary")))
    assert re.search(r"told by the lists of 21 May 2026 \(models.dev, \d+ days old\)", spoken(page.select_one(".ages")))
    told = spoken(page.select_one(".empty"))
    assert "Of 1 model no list says whether it is what you ask: what models can is told by models.dev (" in told
    assert "newer models are not in it. Show the 1" in told
    shown = testapp.get("/" + page.select_one(".empty #unsaid a")["href"])
    assert list(named(shown)) == ["Acme Large"]
    beside = testapp.get("/?capability=reasoning").html
    assert "newer models are not in it" in spoken(beside.select_one(".found #unsaid"))
    compared = "/compare?models=openai/gpt-9,acme/acme-large&"
    for path in ("/calculator?tokens=1M&", "/best-value?", compared):
        ages = {
            asked: spoken(testapp.get(path + asked).html.select_one(".ages summary"))
            for asked in ("capability=reasoning", "max_month=9")
        }
        assert ["what models can" in told for told in ages.values()] == [True, False]


def test_beside_the_fields_stands_what_the_typed_tokens_become(listapp: TestApp) -> None:
    form = listapp.get("/?tokens=20M&cached_share=70%25").html.select_one("form.filters .figures")
    told = spoken(form.select_one(".field:has(#cached_share) + #mymonth"))
    assert told.startswith("= 20M tokens a month: 12M in (70% of it cached: 8.4M), 8M out")


def test_a_cheaper_seller_is_found_by_what_lists_say_of_its_model(listapp: TestApp) -> None:
    row = named(listapp.get("/?capability=tools&max_input_price=1"))["GPT-9"]  # its lab asks 2
    assert row.select_one("input.mark")["value"] == "resale/openai/gpt-9"
    assert "said of the model: tools, reasoning" in cells(row)["Can"]
    both = named(listapp.get("/?capability=tools"))["GPT-9"]
    assert spoken(both.summary) == "2 sellers, my month from $4.20 at Resale, said of the model"
    told = {spoken(one.a): [spoken(tag) for tag in one.select(".tag")] for one in both.select(".others li")}
    assert told == {
        "openai/gpt-9-2026-03-01": ["said of the model"],
        "resale/openai/gpt-9": ["said of the model"],
        "resale/openai/gpt-9:free": ["free", "said of the model"],
    }
    flat = listapp.get("/?capability=tools&group=none")
    assert {box["value"] for box in flat.html.select("input.mark")} == {"openai/gpt-9", *list(told)[:2]}


def test_what_a_list_denies_of_an_offering_its_model_does_not_lend_it(listapp: TestApp) -> None:
    page = listapp.get("/?capability=open_weights&unsaid=1&limit=200")
    assert "GPT-9 (2026-01-01)" not in named(page)
    assert "GPT-9" in named(page)
    compared = listapp.get("/compare?models=openai/gpt-9-2026-01-01,openai/gpt-9").html
    lines = {spoken(row.th): [spoken(cell) for cell in row.select("td")] for row in compared.select("tbody tr")}
    assert lines["tools"] == ["no, by models-dev", "yes"]
    assert lines["open weights"] == ["no, by models-dev", "not listed"]


def test_the_api_tells_the_needs_that_a_page_shows_with_denials_and_what_the_model_lends(listapp: TestApp) -> None:
    def told(slug: str) -> dict[str, tuple[bool | None, list[str], bool]]:
        needs = listapp.get(f"/api/v1/models/{slug}").json["data"]["needs"]
        return {one["need"]: (one["is_met"], one["lists"], one["as_the_model"]) for one in needs}

    own, denied, lent = map(told, ("openai/gpt-9", "openai/gpt-9-2026-01-01", "resale/openai/gpt-9"))
    assert len(own) == 12
    assert own["tools"] == (True, ["models-dev"], False)
    assert denied["tools"] == denied["open_weights"] == (False, ["models-dev"], False)
    assert lent["tools"] == (True, ["models-dev"], True)
    assert own["web_search"] == (None, [], False)


def test_sellers_of_which_no_list_says_what_each_adds_are_counted_beneath(listapp: TestApp) -> None:
    row = named(listapp.get("/?capability=structured_output"))["GPT-9"]
    assert row.select_one("input.mark")["value"] == "openai/gpt-9"
    more = row.select_one("a.more")
    assert spoken(more) == "+ 1 seller where no list says"
    opened = named(listapp.get("/" + more["href"]))["GPT-9"]
    assert spoken(opened.summary) == "2 sellers, my month from $4.20 at Resale"
    assert opened.select_one("a.more") is None


def test_capabilities_are_asked_in_peoples_words_and_by_lists_own_flags(listapp: TestApp) -> None:
    page = listapp.get("/?capability=vision&sort=name")
    assert list(named(page)) == ["GPT-9", "GPT-9 (2026-01-01)"]
    assert [box["value"] for box in page.html.select("[type=checkbox][name=capability]")] == [
        "reasoning", "tools", "vision", "web_search", "structured_output", "prompt_caching",  # asked most
        "audio_in", "audio_out", "image_out", "video", "pdf", "open_weights",
    ]  # fmt: skip
    assert list(named(listapp.get("/?capability=tool_call"))) == ["GPT-9"]
    assert listapp.get("/?capability=beauty", status=400).html.select_one("#capability-problem")


def test_my_month_is_the_quote_services_answer_and_travels_in_the_address(listapp: TestApp) -> None:
    query = "tokens=20000000&input_share=0.75&cached_share=0&requests=1000"
    page = listapp.get(f"/?{query}&sort=month&limit=200")
    total = {row.select_one(".id").get_text().split()[0]: cells(row)["My month"] for row in named(page).values()}
    answer = listapp.get(f"/api/v1/calculator?{query}&limit=1000").json["data"]
    api = {one["id"]: one["total"] for one in answer}
    assert total["resale/openai/gpt-9"] == "$60.00 $3.00 per M"
    for slug, shown in total.items():
        stated = shown.split()[0].lstrip("$").replace(",", "")
        assert Decimal(stated) == round(Decimal(api[slug]), len(stated.partition(".")[2]))
    assert list(total) == sorted(total, key=lambda slug: Decimal(api[slug]))
    assert "tokens=20000000" in page.html.select_one("thead th[aria-sort=ascending] a")["href"]


def test_where_a_cost_orders_the_list_a_model_stands_at_who_asks_the_least_of_it(listapp: TestApp) -> None:
    def shown(query: str) -> tuple[str, str]:
        row = named(listapp.get(f"/?q=gpt-9&{query}"))["GPT-9"]
        return row.select_one("input.mark")["value"], spoken(row.summary)

    assert shown("sort=name") == ("openai/gpt-9", "2 sellers, my month from $4.20 at Resale")
    assert shown("sort=month") == ("resale/openai/gpt-9", "2 sellers, Openai itself $4.40")
    assert shown("sort=input_per_mtok")[0] == "resale/openai/gpt-9"
    assert shown("sort=output_per_mtok")[0] == "openai/gpt-9"  # 8 against 9
    assert shown("tokens=1M&input_share=50")[0] == "openai/gpt-9"  # both ask 5.00
    ranked = listapp.get("/calculator?tokens=1M").html.select("table.ranked tbody tr")
    (mine,) = [row for row in ranked if spoken(row.a) == "GPT-9"]
    assert spoken(mine.select_one(".id")) == "resale/openai/gpt-9"


def test_what_lists_say_of_a_model_holds_at_its_cheaper_seller_and_is_marked(listapp: TestApp) -> None:
    page = listapp.get("/?capability=tools&sort=month")
    row = named(page)["GPT-9"]
    assert row.select_one("input.mark")["value"] == "resale/openai/gpt-9"
    assert spoken(row.summary) == "2 sellers, Openai itself $4.40"
    assert "said of the model" in [spoken(tag) for tag in row.select("th > .tag")]
    resold = listapp.get("/?capability=tools&provider=resale&sort=month")
    assert (
        spoken(resold.html.select_one("#count"))
        == "1 chat model matches, 1 of them by what lists say of the model, not of this seller"
    )
    assert "said of the model" in [spoken(tag) for tag in named(resold)["GPT-9"].select("th > .tag")]
    stated = listapp.get("/" + switches(resold)["− 1 said of the model, not of the seller"])
    assert named(stated) == {}
    assert switches(stated)["+ said of the model, not of the seller"] == "?capability=tools&provider=resale&sort=month"
    for path in ("/calculator?tokens=1M", "/api/v1/calculator?limit=200"):
        found = listapp.get(f"{path}&capability=tools&provider=resale").text
        assert "resale/openai/gpt-9" in found
        assert 'resale/openai/gpt-9"' not in listapp.get(f"{path}&capability=tools&provider=resale&stated=1").text


def test_a_month_in_requests_as_long_as_the_context_asked_for_is_told_where_it_is_dearer(
    listapp: TestApp, engine: Engine
) -> None:
    long = _entry("long-1", "Long 1", 1, 5)
    long["prices"]["input_mtok"] = {"base": 1, "tiers": [{"start": 100_000, "price": 5}]}
    sold_too(engine, [long])
    asked = {name: cells(row)["My month"] for name, row in named(listapp.get("/?min_context=200000")).items()}
    assert asked["Long 1"] == "$2.60 $2.60 per M at 200K a request: $5.00"
    assert "a request" not in asked["GPT-9"]
    assert "a request" not in cells(named(listapp.get("/?q=other"))["Long 1"])["My month"]


def test_a_price_far_below_all_others_that_one_list_alone_states_is_marked_where_it_leads(
    listapp: TestApp, engine: Engine
) -> None:
    sold_too(engine, [_entry("openai/gpt-9", "OpenAI: GPT-9", 0.2, 1)])

    def tags(order: str) -> list[str]:
        row = named(listapp.get(f"/?q=gpt-9&sort={order}"))["GPT-9"]
        return [spoken(tag) for tag in row.select("th > .tag") if "one list" in spoken(tag)]

    assert tags("month") == tags("input_per_mtok") == ["one list alone, others from $4.20"]
    assert tags("name") == tags("-input_per_mtok") == []
    assert "one list alone" not in listapp.get("/?sort=month&q=acme").text  # nobody else sells these


def test_a_workload_is_read_as_people_write_it(listapp: TestApp) -> None:
    page = listapp.get("/", {"tokens": "20M", "cached_share": "70%", "preset": "large", "q": "gpt-9"})
    said = spoken(page.html.select_one("caption"))
    assert "20M tokens a month: 14M in (70% of it cached: 9.8M), 6M out, in 10,000 requests" in said
    for name, bad in (("tokens", "many"), ("cached_share", "170%"), ("tokens", "0"), ("requests", "1e9")):
        assert listapp.get("/", {name: bad}, status=400).html.find(id=f"{name}-problem")


def test_a_month_that_counts_cached_tokens_at_the_full_price_says_so(listapp: TestApp) -> None:
    found = named(listapp.get("/?tokens=20M&cached_share=70%25&columns=cache_read&columns=month"))
    told, stated = cells(found["GPT-9"]), cells(found["Acme Large"])
    assert told["My month"].endswith("per M cached at full price")
    assert told["Cache read"] == "– unknown: my month counts cached tokens at the full input price"
    assert (stated["Cache read"], "full price" in stated["My month"]) == ("$ 1.25", False)
    plain = cells(named(listapp.get("/?tokens=20M&q=gpt-9&columns=cache_read&columns=month"))["GPT-9"])
    assert plain["My month"] + " cached at full price" == told["My month"]
    assert plain["Cache read"] == "– unknown"


@pytest.mark.parametrize(
    ("typed", "said", "tokens"),
    [("70", "70%", "420K"), ("70%", "70%", "420K"), ("0.7", "70%", "420K"), ("1", "100%", "600K")],
)
def test_a_share_is_a_part_of_one_or_per_cents(listapp: TestApp, typed: str, said: str, tokens: str) -> None:
    page = listapp.get("/", {"cached_share": typed})
    assert f"600K in ({said} of it cached: {tokens}), 400K out" in spoken(page.html.select_one("#mymonth"))


def sold_too(engine: Engine, models: list[dict[str, Any]]) -> None:
    """Another seller with these models."""
    later, published = NOW + timedelta(hours=2), datetime(2026, 11, 16, tzinfo=UTC)
    sold = [
        {"id": slug, "name": slug.title(), "api_pattern": slug, "models": of}
        for slug, of in ({**SOLD, "other": models}).items()
    ]
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(sold).encode(), published, later, "a test's list")
        import_lists(session, [(SOURCES["genai-prices"], reading)])


def test_no_month_is_told_of_a_seller_without_a_price_of_output(listapp: TestApp, engine: Engine) -> None:
    judge = _entry("judge-1", "Judge 1", 0.01, 0)
    del judge["prices"]["output_mtok"]
    sold_too(engine, [judge])
    last = list(named(listapp.get("/?sort=month&q=other")).items())[-1]
    assert (last[0], cells(last[1])["My month"]) == ("Judge 1", "– unknown: no list prices its output")
    assert cells(named(listapp.get("/?q=judge&input_share=100"))["Judge 1"])["My month"].startswith("$0.01 ")
    page = listapp.get("/models/other/judge-1")
    assert "Unknown: no list prices its output, for 1M tokens" in spoken(page.html.main)
    assert "Judge 1" not in spoken(listapp.get("/calculator?input_tokens=600&output_tokens=400").html.main)
    (row,) = listapp.get("/api/v1/calculator?model=other/judge-1").json["data"]
    assert (row["total"], row["rank"], row["state"], row["codes"]) == (None, None, "not_offered", ["NOT_OFFERED"])


def test_a_row_tells_from_which_context_on_it_is_dearer(listapp: TestApp, engine: Engine) -> None:
    long = _entry("long-1", "Long 1", 1, 5)
    long["prices"]["input_mtok"] = {"base": 1, "tiers": [{"start": 100_000, "price": 5}]}
    short = {**long, "id": "short-1", "name": "Short 1", "match": {"equals": "short-1"}, "context_window": 64_000}
    sold_too(engine, [long, short])
    found = named(listapp.get("/?q=other"))
    (tag,) = [tag for tag in found["Long 1"].select(".tag") if "dearer" in tag.get_text()]
    assert spoken(tag) == "dearer above 100K"
    for context, said in (("32000", "dearer above 100K"), ("128000", "dearer above 100K, within what you ask")):
        (tag,) = named(listapp.get(f"/?min_context={context}&unsaid=1"))["Long 1"].select(".tag[title*='100,001']")
        assert (spoken(tag), "within" in tag["class"]) == (said, context == "128000")
    assert tag["title"] == "from 100,001 input tokens a request, all per million: input $5.00"
    assert "dearer" not in spoken(found["Short 1"])
    ranked = listapp.get("/calculator?tokens=1M").html
    marked = {spoken(row.a): "dearer above 100K" in spoken(row.th) for row in ranked.select("table.ranked tbody tr")}
    assert {name for name, is_marked in marked.items() if is_marked} == {"Long 1"}
    assert marked["Short 1"] is False
    sellers = listapp.get("/models/other/long-1").html.select_one("table.sellers")
    assert "dearer above 100K" in spoken(sellers.select_one("tbody th"))


def test_nothing_that_is_paid_for_otherwise_than_by_the_token_ranks_as_free(listapp: TestApp, engine: Engine) -> None:
    zero = {"input_cost_per_token": 0, "output_cost_per_token": 0}
    listed = {
        "chatgpt/gpt-9": {"litellm_provider": "chatgpt", "mode": "responses"},
        "gemini/song-1": {"litellm_provider": "gemini", "mode": "chat", **zero, "output_cost_per_image": 0.08},
        "openai/given-1:free": {"litellm_provider": "openai", "mode": "chat", **zero},
    }
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(listed).encode(), NOW, NOW + timedelta(hours=3), "a test's list")
        import_lists(session, [(SOURCES["litellm"], reading)])
    rows = {one["id"]: one for one in listapp.get("/api/v1/calculator?limit=1000").json["data"]}
    told = {slug: (one["total"], one["rank"], one["state"]) for slug, one in rows.items()}
    assert told["chatgpt/gpt-9"] == (None, None, "subscription")
    assert told["google/song-1"] == (None, None, "charged_otherwise")
    assert told["openai/given-1:free"][::2] == ("0", "free")
    assert rows["openai/given-1:free"]["rank"] is not None

    def tiles(asked: str) -> list[str]:
        return [spoken(one) for one in listapp.get(f"/calculator?{asked}").html.select("dl.tiles dd")]

    assert tiles("model=chatgpt/gpt-9&preset=small") == ["a subscription pays"] * 2
    assert tiles("model=chatgpt/gpt-9&input_tokens=1000&output_tokens=10") == ["a subscription pays"] * 2
    assert tiles("model=google/song-1&preset=small") == ["unknown: it charges otherwise than by tokens"] * 2
    assert tiles("model=openai/given-1:free&preset=small") == ["free"] * 2
    page = listapp.get("/calculator?model=chatgpt/gpt-9&preset=small&batch_share=50%25").html
    assert "the month is unknown" in spoken(page.select_one("p.notice"))
    assert "**a subscription pays**" in page.select_one("#markdown").get_text()
    against = listapp.get("/calculator?preset=small&against=chatgpt/gpt-9").html
    assert {spoken(one) for one in against.select("td[data-label='Than yours']")} == {"–"}


def test_the_month_goes_along_to_a_model_and_to_other_pages(listapp: TestApp) -> None:
    query = "tokens=20000000&cached_share=70%25"
    page = listapp.get(f"/?{query}&q=gpt-9&sort=month")
    row = named(page)["GPT-9"]
    assert {link["href"].partition("?")[2] for link in row.select("a.name, .others a")} == {query}
    model = listapp.get(row.select_one("a.name")["href"])
    for shown in (page, model):
        nav = {spoken(link): link["href"] for link in shown.html.select("header nav a")}
        assert (nav["Prices"], nav["Compare"]) == (f"/?{query}", f"/compare?{query}")
        asked = listapp.get(nav["Calculator"])
        assert "20M tokens a month: 12M in (70% of it cached: 8.4M), 8M out, in 10,000 requests" in spoken(
            asked.html.main
        )
        back = {spoken(link): link["href"] for link in asked.html.select("header nav a")}["Prices"]
        assert "12M in (70% of it cached: 8.4M), 8M out" in spoken(listapp.get(back).html.select_one("#mymonth"))
    assert f"/?{query}" in {link["href"] for link in model.html.select(".crumbs a")}
    plain = {link["href"] for link in listapp.get("/calculator").html.select("header nav a")}
    assert {"/", "/compare", "/calculator"} <= plain


def chosen_preset(page: Any) -> str:
    """The month that is chosen, of a list of them or of such that stand open."""
    return spoken(page.html.select_one("#preset option[selected], #preset label:has(:checked)"))


@pytest.mark.parametrize("path", ["/", "/models/openai/gpt-9"])
def test_the_choice_of_a_workload_says_own_once_numbers_are_typed_and_takes_them_away(
    listapp: TestApp, path: str
) -> None:
    def form_of(page: Any) -> Any:
        return next(one for one in page.forms.values() if "tokens" in one.fields)

    assert chosen_preset(listapp.get(path)) == "small: 1M, 600K in, 400K out"
    assert chosen_preset(listapp.get(path + "?cached_share=70%25")) == "small: 1M, 600K in, 400K out"
    for query, said in (
        ("tokens=20M", "own: 20M, 12M in, 8M out"), ("preset=large", "large: 20M, 14M in, 6M out"),
        ("preset=large&input_share=0.5", "own: 20M, 10M in, 10M out"), ("requests=9", "own: 1M, 600K in, 400K out"),
        ("tokens=7000000&preset=medium", "own: 7M, 3.5M in, 3.5M out"),
    ):  # fmt: skip
        assert chosen_preset(listapp.get(f"{path}?{query}")) == said
    sent = form_of(listapp.get(f"{path}?preset=large&tokens=7M&cached_share=70%25"))
    again = sent.submit().maybe_follow()
    assert (chosen_preset(again), form_of(again)["tokens"].value) == ("own: 7M, 4.9M in, 2.1M out", "7M")
    assert "4.9M in (70% of it cached: 3.43M), 2.1M out" in again.text  # 70 % of it, as before
    medium = next(one for one in again.html.select("#preset [value]") if one["value"].endswith("medium"))
    sent["preset"].value = medium["value"]
    other = sent.submit().maybe_follow()
    assert (chosen_preset(other), form_of(other)["tokens"].value) == ("medium: 5M, 2.5M in, 2.5M out", "")
    assert "5M tokens a month: 2.5M in (70% of it cached: 1.75M), 2.5M out, in 2,500 requests" in other.text


def test_releases_are_stated_or_told_by_the_id_and_bound_the_list(listapp: TestApp) -> None:
    assert cells(named(listapp.get("/?q=gpt-9"))["GPT-9"])["Released"] == "1 Mar 2026"
    assert list(named(listapp.get("/?released_since=2026-02-01"))) == ["GPT-9"]
    assert list(named(listapp.get("/")))[:3] == ["Other 1", "GPT-9", "GPT-9 (2026-01-01)"]  # seen first of late


def test_a_release_or_a_maker_that_no_list_tells_is_counted_and_not_taken_for_another(listapp: TestApp) -> None:
    page = listapp.get("/?released_since=2026-11-14")
    assert list(named(page)) == []
    assert "+ 5 where no list says" in switches(page)  # Other 1 is seen since 15 Nov: it may be as new
    assert spoken(page.html.select_one("#unsaid")).startswith("Of 5 models no list says")
    told = named(listapp.get("/?released_since=2026-11-14&unsaid=all"))
    assert "Other 1" in told
    assert "no list says" in spoken(told["Other 1"].select_one("th"))
    assert "+ 4 where no list says" in switches(listapp.get("/?released_since=2026-11-16"))  # it is no newer than that
    assert "Other 1" not in named(listapp.get("/?released_since=2026-11-16&unsaid=all"))
    assert "+ 4 where no list says" in switches(listapp.get("/?lab=openai"))
    assert set(named(listapp.get("/?lab=openai&unsaid=all"))) >= {"GPT-9", "Other 1"}
    assert "+ 4 where no list says all of it" in switches(listapp.get("/?lab=openai&released_since=2026-11-14"))


def test_a_column_that_few_lists_know_stands_only_where_it_is_asked_for(listapp: TestApp) -> None:
    def headings(page: Any) -> list[str]:
        return [spoken(one) for one in page.html.select("thead th")]

    page = listapp.get("/")
    assert headings(page) == [
        "Model",
        "Seller",
        "Input",
        "Output",
        "My month",
        "Context",
        "Released",
    ]  # by which it stands
    turned = {spoken(link).split(",")[0]: link["href"] for link in page.html.select("a.chip")}
    assert set(turned) == {
        "✓ Seller", "✓ Input", "✓ Output", "+ Cache read few lists say", "+ Cache write few lists say", "✓ My month",
        "✓ Context", "+ Max output few lists say", "+ Can few lists say", "✓ Released",
        "+ Price since few lists say",
    }  # fmt: skip
    with_can = listapp.get("/" + turned["+ Can few lists say"])
    assert headings(with_can) == ["Model", "Seller", "Input", "Output", "My month", "Context", "Can", "Released"]
    again = with_can.forms[0].submit().follow()
    assert headings(again) == headings(with_can)
    usual = next(link for link in again.html.select(".checks a") if spoken(link) == "the usual ones")
    assert headings(listapp.get("/" + usual["href"])) == headings(page)
    assert headings(listapp.get("/?capability=tools"))[-2:] == ["Can", "Released"]  # all that is listed has them
    assert "Price since" in headings(listapp.get("/?sort=-price_since"))
    assert listapp.get("/?columns=beauty", status=400).html.select_one("p.problem")


def test_several_sellers_and_labs_are_asked_together(listapp: TestApp) -> None:
    assert set(named(listapp.get("/?provider=resale&provider=lab"))) == {"GPT-9", "Other 1"}
    offered = [option.get_text() for option in listapp.get("/").html.select("#lab option")]
    assert offered[0] == "All labs"
    assert "Openai (2)" in offered
    page = listapp.get("/?lab=openai&lab=none")
    assert set(named(page)) == {"GPT-9", "GPT-9 (2026-01-01)"}
    removals = {spoken(link).split(" ×")[0]: link["href"] for link in page.html.select(".active a")}
    assert removals["Lab: none"] == "?lab=openai"


@pytest.mark.parametrize(
    ("usage", "shares"),
    [
        ({"prompt_tokens": 3000, "completion_tokens": 1000, "prompt_tokens_details": {"cached_tokens": 1500}}, ".5"),
        ({"input_tokens": 1500, "cache_read_input_tokens": 1500, "output_tokens": 1000}, ".5"),
        ({"usage": {"promptTokenCount": 3000, "candidatesTokenCount": 1000, "totalTokenCount": 4000}}, ""),
    ],
)
def test_a_pasted_usage_object_gives_the_months_shares(listapp: TestApp, usage: dict[str, Any], shares: str) -> None:
    form = listapp.get("/").forms[0]
    form["tokens"], form["usage"], form["q"] = "20M", json.dumps(usage.get("usage", usage)), "gpt"
    page = form.submit().follow(status="*")
    if page.status_int == 400:  # Anthropic's keys are LiteLLM's too, for other counts
        page.forms[0]["usage_format"] = "anthropic"
        page = page.forms[0].submit().follow()
    page = page.follow()
    cached = f"&cached_share=0{shares}" if shares else ""
    assert page.request.query_string == f"q=gpt&tokens=20000000&requests=5000&input_share=0.75{cached}"
    assert page.forms[0]["usage"].value == ""
    said = "15M in (50% of it cached: 7.5M), 5M out" if cached else "15M in, 5M out"
    assert f"20M tokens a month: {said}, in 5,000 requests" in spoken(page.html.select_one("#mymonth"))


def test_so_many_requests_like_a_pasted_one_make_the_month(listapp: TestApp) -> None:
    page = listapp.get("/", {"usage": '{"prompt_tokens": 900, "completion_tokens": 100}', "requests": "3K"}).follow()
    assert page.request.query_string == "tokens=3000000&requests=3000&input_share=0.9"


@pytest.mark.parametrize("text", ["1200", "{", "{}", '{"prompt_tokens": -1}', '{"prompt_tokens": 0}', "x" * 4001])
def test_a_usage_object_that_cannot_be_read_is_kept_with_what_is_wrong(listapp: TestApp, text: str) -> None:
    page = listapp.get("/", {"usage": text, "q": "gpt"}, status=400)
    assert page.html.find(id="usage-problem").get_text()
    assert page.forms[0]["usage"].value == text


def test_who_states_a_month_sees_the_cheapest_first_unless_asked_otherwise(listapp: TestApp) -> None:
    def order(query: str) -> tuple[str, str]:
        page = listapp.get(f"/?{query}")
        sorted_by = page.html.select_one("thead th[aria-sort=ascending], thead th[aria-sort=descending]")
        option = page.html.select_one("#sort option[selected]") or page.html.select_one("#sort option")
        return spoken(sorted_by), spoken(option)

    assert order("columns=month&columns=released") == ("Released", "Newest release")
    assert order("columns=month&columns=released&preset=small") == ("Released", "Newest release")
    for month in ("preset=large", "tokens=20M", "cached_share=70%25", "requests=9"):
        assert order(f"columns=month&columns=released&{month}") == ("My month", "Cheapest month")
    assert order("columns=month&columns=released&tokens=20M&sort=-released_on") == ("Released", "Newest release")
    listed = listapp.get("/?tokens=20M&columns=month&columns=released").html
    links = {spoken(one): one["href"] for one in listed.select("thead a")}
    assert "sort=-month" in links["My month"]
    assert "sort=-released_on" in links["Released"]


def test_what_is_marked_is_named_below_the_list_with_the_way_to_compare_it(listapp: TestApp) -> None:
    bar = listapp.get("/?tokens=20M&models=openai/gpt-9&models=acme/acme-large&q=gpt").html.select_one(".comparing")
    assert [spoken(one) for one in bar.select("a")] == [
        "GPT-9 ×, take away the mark",
        "Acme Large ×, take away the mark",
    ]
    assert (spoken(bar.strong), spoken(bar.button)) == ("2 marked", "Compare 2")
    six = [f"acme/acme-{one}" for one in ("large", "small", "long", "dated")] + ["openai/gpt-9", "resale/openai/gpt-9"]
    bar = listapp.get("/?" + "&".join(f"models={one}" for one in six)).html.select_one(".comparing")
    assert "6 marked, 5 can be compared" in spoken(bar)
    assert [spoken(one).partition(" ")[0] for one in bar.select("a")][-2:] == ["openai/gpt-9", "resale/openai/gpt-9"]


def test_the_length_of_requests_is_told_beside_the_month_with_the_way_to_its_field(listapp: TestApp) -> None:
    page = listapp.get("/?preset=large&requests=100")
    told = page.html.select_one("#mymonth")
    assert spoken(told).startswith("= 20M tokens a month: 14M in, 6M out, in 100 requests of 140K tokens in")
    longer = listapp.get("/" + told.a["href"]).html.select_one("#mymonth")
    assert spoken(longer) == "= 20M tokens a month: 14M in, 6M out, in 70 requests of 200K tokens in"
    assert longer.a is None


def test_the_first_models_are_compared_for_the_same_month_at_one_click(listapp: TestApp) -> None:
    page = listapp.get("/?tokens=20M&sort=month")
    links = {spoken(one): one["href"] for one in page.html.select(".comparing a")}
    assert list(links) == ["compare the first 3", "5"]
    for link, count in zip(links.values(), (3, 5), strict=True):
        compared = listapp.get(link)
        ids = [spoken(one) for one in compared.html.select("thead .id")]
        assert ids == [row.select_one(".id").get_text().split()[0] for row in named(page).values()][:count]
        assert "20M tokens a month" in spoken(compared.html.main)
        full = "5 are the most that can be compared: take one away to add another."
        assert (full in spoken(compared.html.main), bool(compared.html.select_one("#add"))) == (count == 5, count < 5)


def test_a_mark_is_kept_when_another_order_shows_another_seller_of_the_model(listapp: TestApp) -> None:
    for asked, shown in (("", "openai/gpt-9"), ("&sort=input_per_mtok&input_share=1", "resale/openai/gpt-9")):
        page = listapp.get(f"/?q=gpt&models=openai/gpt-9{asked}")
        head = named(page)["GPT-9"].th
        box = head.select_one("input.mark")
        assert (head.select_one(".id").get_text().split()[0], box["value"], box.has_attr("checked")) == (
            shown, "openai/gpt-9", True,
        )  # fmt: skip
        assert ("marked at Openai" in spoken(head)) == (shown != "openai/gpt-9")
        assert ("models", "openai/gpt-9") in page.forms["comparing"].submit_fields()
        assert not page.html.select("#comparing input[type=hidden][name=models]")


def test_models_sold_by_their_maker_are_asked_for_alike_in_the_list_the_calculator_and_best_value(
    listapp: TestApp,
) -> None:
    asked = "capability=tools&tokens=1000000&by_maker=1"
    page = listapp.get("/?q=gpt&sort=input_per_mtok")
    assert named(page)["GPT-9"].select_one("input.mark")["value"] == "resale/openai/gpt-9"
    switch = next(one for one in page.html.select(".switches a") if spoken(one) == "sold by its maker")
    made = listapp.get("/" + switch["href"])
    assert named(made)["GPT-9"].select_one("input.mark")["value"] == "openai/gpt-9"
    assert made.html.select_one("input[name=by_maker]").has_attr("checked")
    (chip,) = made.html.select(".active a[href*='sort']")[-1:]
    assert spoken(chip).startswith("sold by its maker")
    assert "by_maker" not in chip["href"]
    told = listapp.get(f"/api/v1/calculator?{asked}").json["data"]
    assert {one["id"].partition("/")[0] for one in told} == {"openai"}
    ranked = listapp.get(f"/calculator?{asked}").html
    assert [spoken(one) for one in ranked.select("table.ranked .id")] == ["openai/gpt-9"]
    assert ranked.select_one("input[name=by_maker]").has_attr("checked")
    assert listapp.get(f"/best-value?{asked}").html.select_one("input[name=by_maker]").has_attr("checked")


def test_another_way_to_sell_a_model_stands_for_it_only_where_none_is_sold_plainly(
    small_url: str, redis_url: str
) -> None:
    ways = [_entry("solo-7", "Solo 7", 1, 9), _entry("solo-7:batch", "Solo 7 (batch)", 0.5, 4.5)]
    alone = [_entry("apart-8:batch", "Apart 8", 1, 2)]
    of_lab = [*SOLD["openai"], _entry("gpt-8:batch", "GPT-8 (batch)", 1, 4)]
    plain = [*SOLD["resale"], _entry("openai/gpt-8", "OpenAI: GPT-8", 2, 9)]
    sellers = {**SOLD, "batcher": ways + alone, "openai": of_lab, "resale": plain}
    sold = [{"id": slug, "name": slug, "api_pattern": slug, "models": models} for slug, models in sellers.items()]
    with Session(create_engine(small_url, poolclass=NullPool)) as session, session.begin():
        reading = ReadList(json.dumps(sold).encode(), datetime(2026, 11, 15, tzinfo=UTC), NOW, "a test's list")
        import_lists(session, [(SOURCES["genai-prices"], reading)])
    with running_app(small_url, redis_url) as app:
        assert_plain_ways_come_first(app)


def assert_plain_ways_come_first(testapp: TestApp) -> None:
    page = testapp.get("/?provider=batcher&sort=month")
    shown = {spoken(row.select_one(".id")) for row in page.html.select("table.offerings > tbody > tr")}
    assert shown == {"batcher/solo-7", "batcher/apart-8:batch"}
    assert "batcher/solo-7:batch" in page.text
    listed = testapp.get("/?q=gpt-8")
    assert [spoken(row.select_one(".id")).split()[0] for row in listed.html.select("table.offerings > tbody > tr")] == [
        "resale/openai/gpt-8"  # its lab sells it as a batch alone
    ]
