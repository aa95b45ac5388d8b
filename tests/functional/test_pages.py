"""The pages as a person's browser gets them, over a real price book."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from llmpricing.web.site.columns import COLUMNS
from tests.conftest import NOW, running_app
from tests.lists import small_list

EACH = "group=none&kind=all&show=free&show=unpriced"  # every offering in a row of its own
PAGES = [
    "/",
    f"/?{EACH}",
    "/?q=large&capability=vision&provider=acme",
    "/?max_input_price=abc",
    "/models/acme/acme-dated",
]
PAGES += ["/compare", "/compare?models=acme/acme-large,acme/acme-long"]
PAGES += ["/calculator", "/calculator?model=acme/acme-large&input_tokens=1000"]
ALL_COLUMNS = "&".join(f"columns={column.id}" for column in COLUMNS)
PAGES_OF_ERRORS = ["/models/acme/none", "/nowhere", "/models/acme/acme-large?as_of=yesterday"]


def rows(page: Any) -> dict[str, Any]:
    """Rows of the table by the id of their offering."""
    return {row.select_one(".id").get_text().split()[0]: row for row in page.html.select("table.offerings tbody tr")}


def cells(row: Any) -> dict[str, str]:
    return {cell["data-label"]: " ".join(cell.get_text(" ").split()) for cell in row.select("td")}


def spoken(element: Any) -> str:
    return " ".join(element.get_text().split())


def test_table_links_every_offering_to_its_page(testapp: TestApp) -> None:
    page = testapp.get(f"/?{EACH}")
    found = rows(page)
    assert len(found) == 8
    for offering, row in found.items():
        href = row.select_one("a.name")["href"]
        assert href == f"/models/{offering}"
        assert testapp.get(href).html.select_one("p.id").get_text() == offering


def test_prices_show_every_digit_and_never_a_rounded_zero(testapp: TestApp) -> None:
    page = testapp.get("/?columns=input&columns=cache_read")
    found = {offering: cells(row) for offering, row in rows(page).items()}
    assert found["acme/acme-large"]["Input"] == "$ 2.50"
    assert found["acme/acme-large"]["Cache read"] == "$ 1.25"
    assert found["acme/acme-small"]["Input"] == "$ 0.0025"
    assert "$ 0.00" not in {price for row in found.values() for price in row.values()}


def test_unknown_is_a_dash_that_says_unknown_and_never_a_number(testapp: TestApp) -> None:
    row = cells(rows(testapp.get(f"/?{EACH}&{ALL_COLUMNS}"))["acme/acme-mystery"])
    for label in ("Input", "Output", "Cache read", "Cache write", "My month", "Context", "Max output"):
        assert row[label] == "– unknown"
    assert (row["Can"], row["Released"], row["Price since"]) == ("– no list says",) * 3
    details = testapp.get("/models/acme/acme-mystery")
    assert "it is unknown, not free" in details.text
    assert not re.search(r"\$\s*0", spoken(details.html.main))


def test_free_is_said_in_a_word(testapp: TestApp) -> None:
    row = cells(rows(testapp.get(f"/?{EACH}&{ALL_COLUMNS}"))["bazaar/acme/acme-tiny:free"])
    assert (row["Input"], row["Output"], row["Cache read"]) == ("free", "free", "– unknown")


def test_context_is_short_with_the_exact_count_at_hand(testapp: TestApp) -> None:
    row = rows(testapp.get("/"))["acme/acme-long"]
    assert cells(row)["Context"] == "1M"
    assert row.select_one("[data-label=Context] span")["title"] == "1,000,000 tokens"


def test_names_from_a_price_list_stay_text(testapp: TestApp) -> None:
    for path in ("/", "/?q=mystery", "/models/acme/acme-mystery"):
        page = testapp.get(path)
        assert "Acme <b>" not in page.text
        assert page.html.find("b") is None


def test_searched_words_are_marked_and_escaped(testapp: TestApp) -> None:
    page = testapp.get("/", {"q": "LARGE acme", "group": "none"})
    assert list(rows(page)) == ["acme/acme-large", "bazaar/acme/acme-large"]
    assert [mark.get_text() for mark in page.html.select("a.name mark")] == ["Acme", "Large"] * 2
    marked = testapp.get("/", {"q": "<b>", "show": "unpriced", "group": "none"})
    assert [mark.get_text() for mark in marked.html.select("a.name mark")] == ["<b>"]


def test_markup_in_the_search_is_shown_as_typed_and_never_run(testapp: TestApp) -> None:
    page = testapp.get("/", {"q": "<script>alert(1)</script>\"'"})
    assert not page.html.select("script:not([src])")
    assert page.forms[0]["q"].value == "<script>alert(1)</script>\"'"
    assert "No model matches" in page.text


def test_page_says_how_old_its_bundled_prices_are(testapp: TestApp) -> None:
    for path in ("/", "/models/acme/acme-large"):
        page = testapp.get(path)
        age, said = (spoken(page.html.select_one(f".ages {part}")) for part in ("summary", "p"))
        found = re.fullmatch(r"Bundled prices (\d+ days?|less than a day) old( 1 old list)?", age)
        assert found
        assert said == f"Bundled prices of 10 Nov 2026 (genai-prices, {found[1]} old)."
        assert "current" not in page.text.lower().replace("aria-current", "")


@pytest.mark.parametrize(("days", "warned"), [(30, False), (31, True)])
def test_prices_older_than_thirty_days_bear_a_warning(
    testapp: TestApp, engine: Engine, days: int, warned: bool
) -> None:
    with engine.begin() as connection:
        published = f"((now() at time zone 'UTC')::date - {days} + time '18:00') at time zone 'UTC'"
        connection.execute(text(f"update source_fetch set published_at = {published}, origin = 'https://x.example'"))
    page = testapp.get("/")
    age, said = (spoken(page.html.select_one(f".ages {part}")) for part in ("summary", "p"))
    assert age == f"Prices {days} days old{' 1 old list' if warned else ''}"
    assert said.startswith("Prices of ")
    assert f"{days} days old" in said
    assert (page.html.select_one(".warning") is not None) is warned


def test_form_filters_and_keeps_what_was_typed(testapp: TestApp) -> None:
    form = testapp.get("/").forms[0]
    form["q"] = "acme"
    form["provider"] = "acme"
    form["max_input_price"] = "2.50"
    form["sort"] = "-input_per_mtok"
    page = form.submit(status=303).follow()
    sent = "q=acme&max_input_price=2.50&provider=acme&sort=-input_per_mtok"
    assert page.request.query_string == sent  # no field that was left empty
    assert list(rows(page)) == ["acme/acme-large", "acme/acme-long", "acme/acme-small"]
    kept = {name: text for name, text in page.forms[0].submit_fields() if text}
    assert kept == {"q": "acme", "provider": "acme", "max_input_price": "2.50", "sort": "-input_per_mtok"}
    assert "3 chat models match" in spoken(page.html.select_one(".found"))


def test_every_filter_can_be_removed_on_its_own(testapp: TestApp) -> None:
    page = testapp.get("/?q=acme&provider=acme&max_input_price=2.50&min_context=128000&updated_within_days=7")
    removals = {spoken(link).split(" ×")[0]: link["href"] for link in page.html.select(".active a")[:-1]}
    filters = (
        "“acme”",
        "Seller: acme",
        "Input up to $2.50 per M tokens",
        "Context from: 128K",
        "Price changed within: 7 days",
    )
    assert tuple(removals) == filters
    assert removals["Seller: acme"] == "?q=acme&max_input_price=2.50&min_context=128000&updated_within_days=7"


def test_two_sellers_in_the_address_are_both_kept(testapp: TestApp) -> None:
    page = testapp.get(f"/?provider=acme&provider=bazaar&{EACH}")
    assert len(rows(page)) == 8
    again = testapp.get("/?provider=acme&lab=zzz&lab=other").forms[0]
    assert again.fields["provider"][1].options[0][2] == "1 chosen, or one more"
    again.fields["provider"][1].value = "bazaar"
    assert "provider=acme&provider=bazaar&lab=zzz&lab=other" in again.submit().follow().request.query_string


def test_hidden_clocks_and_limits_survive_the_form(testapp: TestApp) -> None:
    sent = testapp.get("/?limit=3&known_at=2026-11-22&kind=embedding&show=free").forms[0].submit().follow()
    for kept in ("limit=3", "known_at=2026-11-22", "kind=embedding", "show=free"):
        assert kept in sent.request.query_string


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("max_input_price", "abc"),
        ("max_output_price", "-1"),
        ("min_context", "12x"),
        ("updated_within_days", "-7"),
        ("as_of", "yesterday"),
        ("sort", "beauty"),
        ("q", "x" * 301),
    ],
)
def test_filter_that_cannot_be_read_keeps_the_form_and_says_so_beside_it(testapp: TestApp, name: str, bad: str) -> None:
    page = testapp.get("/", {"provider": "acme", "capability": "vision", name: bad}, status=400)
    field = page.html.find(id=name)
    assert field["aria-invalid"] == "true"
    assert page.html.find(id=field["aria-describedby"]).get_text().strip()
    sent = page.forms[0].submit_fields()
    assert {("provider", "acme"), (name, bad)} <= set(sent)
    assert page.html.select_one("[name=capability][value=vision]").has_attr("checked")
    assert page.html.find("table") is None


@pytest.mark.parametrize("query", ["page=zzz", "limit=0", "known_at=never", "colour=red", "q=a&q=b"])
def test_what_the_form_has_no_field_for_is_refused_on_the_page_too(testapp: TestApp, query: str) -> None:
    page = testapp.get(f"/?{query}&max_input_price=3", status=400)
    assert page.html.select_one("p.problem").get_text().strip()
    assert page.forms[0]["max_input_price"].value == "3"
    if not query.startswith("q="):
        assert page.forms[0].submit(status=303).follow(status=200)


def test_headings_sort_and_turn_round(testapp: TestApp) -> None:
    heading = {spoken(th): th for th in testapp.get(f"/?{ALL_COLUMNS}").html.select("thead th[aria-sort]")}
    assert heading["Released"]["aria-sort"] == "descending"
    assert heading["Input"]["aria-sort"] == "none"
    page = testapp.get("/" + heading["Input"].a["href"])
    again = next(th for th in page.html.select("thead th") if spoken(th) == "Input")
    assert again["aria-sort"] == "ascending"
    assert again.a["href"] == f"?{ALL_COLUMNS}&sort=-input_per_mtok"
    assert heading["Context"].a["href"] == f"?{ALL_COLUMNS}&sort=-context_window"


def test_pages_follow_each_other_and_lead_back_to_the_first(testapp: TestApp) -> None:
    page, found = testapp.get(f"/?limit=3&sort=name&{EACH}"), []
    while True:
        found += rows(page)
        following = page.html.select_one("a[rel=next]")
        if following is None:
            break
        page = testapp.get("/" + following["href"])
    assert len(found) == len(set(found)) == 8
    assert "limit=3&sort=name" in page.html.select_one(".pager a")["href"]
    assert "Nothing comes after that page" in testapp.get("/?page=9").text


def test_nothing_found_and_nothing_there_say_what_to_do_next(
    testapp: TestApp, empty_book_url: str, redis_url: str
) -> None:
    assert "Remove a filter" in testapp.get("/?q=zzz").text
    with running_app(empty_book_url, redis_url) as empty:
        page = empty.get("/")
        assert "The price book is empty" in page.text
        assert "No price list has been read yet." in page.text


def test_offering_shows_every_price_under_its_conditions(testapp: TestApp) -> None:
    page = testapp.get("/models/acme/acme-dated")
    groups = {
        spoken(body.select_one(".group")): [spoken(row) for row in body.select("tr:not(.group)")]
        for body in page.html.select("table.charged tbody")
    }
    assert list(groups) == ["Base price", "service tier: batch"]
    assert groups["Base price"][0].startswith("input tokens $4.00 per million tokens since 1 Mar 2026 documented")
    assert "genai-prices read 10 Nov 2026" in groups["Base price"][0]
    assert groups["service tier: batch"][1].startswith("output tokens $6.00 per million tokens")
    stepped = testapp.get("/models/acme/acme-long")
    assert "more than 200,000 input tokens · charged for the whole request" in spoken(stepped.html.main)


def test_clocks_of_the_address_choose_the_price_and_follow_the_reader(testapp: TestApp) -> None:
    table = testapp.get("/?as_of=2026-01-31")
    assert cells(rows(table)["acme/acme-dated"])["Input"] == "$ 8.00"
    assert "at the prices of 31 Jan 2026" in spoken(table.html.select_one(".found"))
    page = testapp.get(rows(table)["acme/acme-dated"].select_one("a.name")["href"])
    assert page.request.query_string == "as_of=2026-01-31"
    assert "Prices as of 31 Jan 2026" in page.text
    assert spoken(page.html.select_one(".tiles dd")) == "$8.00"


def test_offering_links_its_json_and_the_models_other_sellers(testapp: TestApp) -> None:
    page = testapp.get("/models/acme/acme-large")
    assert testapp.get(page.html.select_one("a code").parent["href"]).json["data"]["id"] == "acme/acme-large"
    this, seller = page.html.select("table.sellers tbody tr")
    assert "this one" in spoken(this)
    assert seller.a["href"] == "/models/bazaar/acme/acme-large"
    assert spoken(seller.select_one("[data-label=Input]")) == "$3.00"


def test_only_addresses_of_the_web_are_linked_as_a_source(testapp: TestApp, engine: Engine) -> None:
    for url, linked in (("javascript:alert(1)", []), ("https://acme.example/p", ["https://acme.example/p"])):
        with engine.begin() as connection:
            connection.execute(text("update price set source_url = :url"), {"url": url})
        links = testapp.get("/models/acme/acme-small").html.select("table.charged a")
        assert sorted({link["href"] for link in links}) == linked
        assert all("noopener" in link["rel"] for link in links)


def test_a_price_that_waits_for_review_is_unknown_on_its_page(testapp: TestApp, engine: Engine) -> None:
    providers = json.loads(small_list())
    slipped = {"input_mtok": 135_000, "output_mtok": 540_000}
    providers[0]["models"].append({"id": "acme-new", "match": {"equals": "acme-new"}, "prices": slipped})
    later = NOW + timedelta(days=1)
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(providers).encode(), datetime(2026, 11, 15, tzinfo=UTC), later, "a test's list")
        import_lists(session, [(SOURCES["genai-prices"], reading)])
    page = testapp.get(f"/models/acme/acme-new?known_at={later:%Y-%m-%dT%H:%M:%SZ}&as_of=2026-11-22")
    (row,) = [row for row in page.html.select("table.charged tr") if "input tokens" in spoken(row).lower()]
    assert "unknown stopped for review" in spoken(row)
    assert matrices(page)["Without further conditions"]["input tokens"] == [
        "unknown stopped for review genai-prices now: $135,000.00"
    ]


def test_unknown_offering_is_a_page_that_offers_a_search(testapp: TestApp) -> None:
    page = testapp.get("/models/acme/<script>x", status=404, headers={"Accept": "text/html"})
    assert page.content_type == "text/html"
    assert page.forms[0]["q"].value == "<script>x"
    assert page.html.find("script") is None
    assert page.headers["X-Request-Id"] in page.text


@pytest.mark.parametrize("path", PAGES + PAGES_OF_ERRORS)
def test_every_page_can_be_read_by_ear_and_holds_nothing_inline_or_foreign(testapp: TestApp, path: str) -> None:
    page = testapp.get(path, status="*", headers={"Accept": "text/html"})
    html = page.html
    assert html.html["lang"] == "en"
    assert len(html.find_all("h1")) == 1
    assert html.title.get_text().strip() != "· llmpricing"
    assert html.body.find("a")["href"] == "#main"
    ids = [element["id"] for element in html.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for field in html.select("input:not([type=hidden]), select, textarea"):
        label = html.find("label", attrs={"for": field.get("id")}) or field.find_parent("label")
        assert label.get_text().strip()
    assert all(table.caption for table in html.find_all("table"))
    assert not html.select("script:not([src]), style, [style]")
    assert not [name for element in html.find_all(True) for name in element.attrs if name.startswith("on")]
    assert all(element["href"].startswith("/static/") for element in html.select("link[rel]"))
    assert all(element["src"].startswith(("/static/", "/charts/")) for element in html.select("[src]"))


def test_files_of_the_pages_are_served(testapp: TestApp) -> None:
    for path in ("/", "/models/acme/acme-large"):
        for element in testapp.get(path).html.select("link[href]"):
            assert testapp.get(element["href"]).content_type in ("text/css", "image/svg+xml")


def matrices(page: Any) -> dict[str, dict[str, list[str]]]:
    """By the conditions of a block its meters with what stands under each tier."""
    return {
        spoken(table.caption): {
            spoken(row.th): [" ".join(cell.get_text(" ").split()) for cell in row.select("td")]
            for row in table.select("tbody tr")
        }
        for table in page.html.select("table.matrix")
    }


def test_prices_stand_as_meters_by_tier_with_a_block_for_each_step(testapp: TestApp) -> None:
    page = testapp.get("/models/acme/acme-dated")
    assert [spoken(one) for one in page.html.select("table.matrix thead th")] == [
        "What is counted", "standard", "batch",
    ]  # fmt: skip
    assert matrices(page) == {
        "Without further conditions": {
            "input tokens per million tokens": ["$ 4.00", "$ 2.00"],
            "output tokens per million tokens": ["$ 12.00", "$ 6.00"],
        }
    }
    stepped = matrices(testapp.get("/models/acme/acme-long"))
    assert list(stepped) == [
        "Without further conditions",
        "More than 200,000 input tokens · charged for the whole request",
    ]
    assert matrices(testapp.get("/models/acme/acme-mystery")) == {}


def test_an_offering_says_what_the_readers_month_costs_there_and_at_its_other_sellers(testapp: TestApp) -> None:
    form = testapp.get("/models/acme/acme-large?as_of=2026-11-22").forms[0]
    form["tokens"], form["input_share"] = "20M", "75%"
    page = form.submit().follow()
    assert "as_of=2026-11-22" in page.request.query_string
    query = "tokens=20000000&input_share=0.75&as_of=2026-11-22&model=acme/acme-large&model=bazaar/acme/acme-large"
    api = {one["id"]: one["total"] for one in testapp.get(f"/api/v1/calculator?{query}").json["data"]}
    assert api == {"acme/acme-large": "87.5", "bazaar/acme/acme-large": "100"}
    assert "$87.50 for 20M tokens a month: 15M in, 5M out, in 10,000 requests" in spoken(page.html.main)
    assert [spoken(cell) for cell in page.html.select("table.sellers [data-label='My month']")] == ["$87.50", "$100.00"]
    assert "Unknown, for some price is missing" in spoken(testapp.get("/models/acme/acme-mystery").html.main)
    refused = testapp.get("/models/acme/acme-large?tokens=many", status=400, headers={"Accept": "text/html"})
    assert "tokens" in refused.text


def test_the_documentation_is_read_page_by_page_and_kept_by_browsers(testapp: TestApp) -> None:
    first = testapp.get("/docs")
    assert first.html.nav.find("a", href="/docs", attrs={"aria-current": "page"})
    listed = {link["href"] for link in first.html.main.select("a")}
    assert {"/docs/how-prices", "/docs/glossary", "/docs/notices", "/docs/decisions", "/api/docs"} <= listed
    for address in listed - {"/api/docs"}:
        assert testapp.get(address).html.main.h1.get_text()
    page = testapp.get("/docs/two-clocks")
    toc = [link["href"] for link in page.html.select("nav.toc a")]
    assert "#asked-by-example" in toc
    assert all(page.html.select_one(f"article {anchor}") for anchor in toc)
    assert "style=" not in page.text
    known = testapp.get("/docs/two-clocks", headers={"If-None-Match": page.headers["ETag"]}, status=304)
    assert (known.body, known.headers["ETag"]) == (b"", page.headers["ETag"])
    assert page.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize("path", ["/docs/nothing", "/docs/../README", "/docs/README", "/docs/decisions/README"])
def test_a_page_of_the_documentation_that_is_none_is_a_404(testapp: TestApp, path: str) -> None:
    page = testapp.get(path, headers={"Accept": "text/html"}, status=404)
    assert page.content_type == "text/html"


def test_a_notice_leads_to_what_the_documentation_says_of_it(testapp: TestApp) -> None:
    quoted = testapp.get("/calculator?model=acme/acme-large&input_tokens=9&as_of=2020-01-01&show=undated")
    assert quoted.html.find("a", href="/docs/notices#DATE_UNKNOWN").get_text() == "date unknown"
