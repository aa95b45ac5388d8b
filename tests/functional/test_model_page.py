"""The page of an offering: what its model is called, who sells it and what the lists say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.domain.components import ComponentKey
from llmpricing.models import Offering, ScoreRow
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.scores.importing_scores import import_scores
from llmpricing.sources.registry import SOURCES
from llmpricing.web.site.samples import can_be_quoted
from tests.conftest import NOW
from tests.functional.test_pages import spoken

PRICES = {  # input and output in USD per million tokens, by seller and id
    "openai": {"gpt-9": (2, 8), "gpt-9:batch": (1, 4), "gpt-9-2026-03-01": (2, 8), "gpt-9-mini": (0.5, 2)},
    "azure": {"gpt-9": (2, 8)},
    "resale": {"openai/gpt-9": (1.5, 9), "openai/gpt-9:batch": (0.75, 4.5), "openai/gpt-9:free": (0, 0)},
    "aws": {"openai.gpt-9-v1:0": (3, 9), "us.openai.gpt-9-v1:0": (2.5, 9)},
}
MAP = {"azure/gpt-9": (2, 8), "gpt-9": (2.5, 8)}  # what LiteLLM's map says of some


def sold() -> bytes:
    providers = [
        {"id": seller, "name": seller.title(), "api_pattern": seller, "models": [_entry(*one) for one in of.items()]}
        for seller, of in PRICES.items()
    ]
    return json.dumps(providers).encode()


def _entry(id_: str, prices: tuple[float, float]) -> dict[str, Any]:
    name = "GPT-9" if id_ == "gpt-9" else id_
    return {"id": id_, "name": name, "match": {"equals": id_}, "prices": _asked(*prices)}


def _asked(into: float, out: float) -> dict[str, float]:
    return {"input_mtok": into, "output_mtok": out} if into else {}


def cost_map() -> bytes:
    entries = {
        key: {
            "litellm_provider": "azure" if key.startswith("azure") else "openai",
            "mode": "chat",
            "input_cost_per_token": into / 1_000_000,
            "output_cost_per_token": out / 1_000_000,
        }
        for key, (into, out) in MAP.items()
    }
    return json.dumps(entries).encode()


@pytest.fixture
def modelapp(testapp: TestApp, engine: Engine) -> TestApp:
    """The application over a model that four sellers sell, as two lists tell it."""
    later, published = NOW + timedelta(hours=1), datetime(2026, 11, 15, tzinfo=UTC)
    with Session(engine) as session, session.begin():
        for source, document in (("genai-prices", sold()), ("litellm", cost_map())):
            reading = ReadList(document, published, later, "a test's list")
            import_lists(session, [(SOURCES[source], reading)])
    return testapp


def ranking(page: Any) -> list[str]:
    """The ids of the sellers' table from above."""
    return [spoken(row.select_one("th .id")) for row in page.html.select("table.sellers tbody tr")]


def test_a_model_is_called_as_its_lab_calls_it_whoever_sells_it(modelapp: TestApp) -> None:
    for slug in ("openai/gpt-9", "azure/gpt-9", "resale/openai/gpt-9", "aws/openai.gpt-9-v1:0"):
        page = modelapp.get(f"/models/{slug}")
        assert spoken(page.html.h1).startswith("GPT-9")
        assert spoken(page.html.title).startswith("GPT-9 by ")


def test_sellers_are_those_of_the_same_model_by_what_ids_say_the_cheapest_month_first(modelapp: TestApp) -> None:
    page = modelapp.get("/models/openai/gpt-9?tokens=1M&input_share=100%25")
    assert ranking(page) == ["resale/openai/gpt-9", "openai/gpt-9", "azure/gpt-9", "aws/us.openai.gpt-9-v1:0"]
    months = [spoken(cell) for cell in page.html.select("table.sellers [data-label='My month']")]
    assert months == ["$1.50", "$2.00", "$2.00", "$2.50"]
    assert "this one" in spoken(page.html.select("table.sellers tbody tr")[1])


def test_another_tier_of_a_seller_is_no_cheaper_seller(modelapp: TestApp) -> None:
    for slug in ("openai/gpt-9", "openai/gpt-9:batch", "resale/openai/gpt-9:free"):
        page = modelapp.get(f"/models/{slug}")
        assert not [one for one in ranking(page) if ":batch" in one or ":free" in one]
        others = {spoken(one) for one in page.html.select("#sellers ~ details .id")}
        assert others >= {"openai/gpt-9:batch", "openai/gpt-9-2026-03-01", "aws/openai.gpt-9-v1:0"}
        assert "openai/gpt-9-mini" not in others
    assert spoken(modelapp.get("/models/openai/gpt-9:batch").html.h1).startswith("GPT-9 batch")


def test_the_api_names_the_same_sellers(modelapp: TestApp) -> None:
    data = modelapp.get("/api/v1/models/openai/gpt-9").json["data"]
    sellers = ["aws/openai.gpt-9-v1:0", "aws/us.openai.gpt-9-v1:0", "azure/gpt-9", "resale/openai/gpt-9"]
    assert data["other_sellers"] == sellers


def test_what_the_lists_say_stands_side_by_side(modelapp: TestApp) -> None:
    def stated(slug: str) -> list[list[str]]:
        html = modelapp.get(f"/models/{slug}").html
        return [[spoken(cell) for cell in row.select("th, td")] for row in html.select("table.stated tr")]

    assert stated("azure/gpt-9") == [
        ["Price", "genai-prices", "litellm"],
        ["input tokens per million tokens", "$2.00 counts", "the same"],
        ["output tokens per million tokens", "$8.00 counts", "the same"],
    ]
    assert stated("openai/gpt-9")[1] == ["input tokens per million tokens", "$2.00 counts", "$2.50 differs"]
    page = modelapp.get("/models/openai/gpt-9")
    assert "Of 2 figures beside those that count, 1 is the same." in spoken(page.html.main)


def test_a_list_that_says_the_same_in_another_scheme_does_not_ask_another_price(
    modelapp: TestApp, engine: Engine
) -> None:
    stepped = {"input_mtok": {"base": 2, "tiers": [{"start": 200_000, "price": 4}]}, "output_mtok": 8}
    first, second = json.loads(sold()), json.loads(cost_map())
    entry = {"id": "gpt-10", "name": "GPT-10", "match": {"equals": "gpt-10"}, "prices": stepped}
    next(one for one in first if one["id"] == "openai")["models"].append(entry)
    second["gpt-10"] = second["gpt-9"] | {"input_cost_per_token": 2e-6}
    published = datetime(2026, 11, 16, tzinfo=UTC)
    with Session(engine) as session, session.begin():
        for name, said in (("genai-prices", first), ("litellm", second)):
            reading = ReadList(json.dumps(said).encode(), published, NOW + timedelta(hours=3), "a test's list")
            import_lists(session, [(SOURCES[name], reading)])
    months = modelapp.get("/calculator?model=openai/gpt-10&input_tokens=1000&output_tokens=10")
    for page in (modelapp.get("/models/openai/gpt-10"), months):
        told = spoken(page.html.main)
        assert "litellm says the same here, in another scheme" in told
        assert "litellm asks" not in told


def test_a_price_that_no_list_states_is_said_to_be_so_and_no_mark_of_another_seller_stands_by_it(
    modelapp: TestApp,
) -> None:
    html = modelapp.get("/models/azure/gpt-9").html
    assert [spoken(one) for one in html.select(".tiles dd")] == ["$2.00", "$8.00", "not stated", "not stated"]
    assert html.select_one("section[aria-labelledby=base] .meanings") is None
    assert "lists differ" in spoken(html.select_one("section[aria-labelledby=sellers] .meanings"))


def test_the_page_of_a_seller_calls_models_as_the_list_does(modelapp: TestApp) -> None:
    def called(seller: str) -> dict[str, str]:
        heads = modelapp.get(f"/providers/{seller}").html.select("tbody th[scope=row]:has(.id)")
        return {spoken(head.select_one(".id")): spoken(head.a) for head in heads}

    assert called("aws") == {"aws/openai.gpt-9-v1:0": "GPT-9", "aws/us.openai.gpt-9-v1:0": "GPT-9"}
    assert called("openai")["openai/gpt-9:batch"] == "GPT-9 batch"


def test_of_a_price_that_a_person_holds_the_lists_words_stand_beside_it(modelapp: TestApp, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        held = HeldPrice("openai/gpt-9", ComponentKey("input_tokens", ""), Decimal(2), 10**6)
        hold_price(session, held, Decider("ada", NOW + timedelta(hours=2), "our contract"))
    html = modelapp.get("/models/openai/gpt-9").html
    head, into, *_ = ([spoken(cell) for cell in row.select("th, td")] for row in html.select("table.stated tr"))
    said = dict(zip(head, into, strict=True))
    assert said["a person here"] == "$2.00 counts"
    assert said["genai-prices"] == "the same"
    assert said["litellm"] == "$2.50 differs"
    compared = modelapp.get("/compare?models=openai/gpt-9,azure/gpt-9").html
    (line,) = (row for row in compared.select("table.compared tr") if "Other lists" in spoken(row))
    assert "Of 3 figures beside those that count, 2 are the same." in spoken(html.main)
    assert [spoken(cell) for cell in line.select("td")] == ["2 of 3 figures the same", "2 of 2 figures the same"]


def test_history_is_drawn_and_told_in_a_table(modelapp: TestApp) -> None:
    page = modelapp.get("/models/acme/acme-dated")
    picture = page.html.select_one("figure.chart img")
    assert picture["src"] == "/charts/history.svg?model=acme/acme-dated"
    assert "acme/acme-dated: input $4.00 per million tokens since 1 Mar 2026, before $8.00" in picture["alt"]
    for link in page.html.select("#history ~ p a"):
        assert modelapp.get(link["href"]).status_int == 200
    row = page.html.select_one("#history ~ details tbody tr")
    assert [spoken(cell) for cell in row.select("th, td")] == [
        "input tokens", "known since 15 Jan 2026", "1 Mar 2026", "$8.00 per million tokens",
        "the source states no date", "genai-prices",
    ]  # fmt: skip
    assert "No base price to draw" in modelapp.get("/models/acme/acme-mystery").text


def test_scores_are_those_of_the_model_whoever_sells_it(modelapp: TestApp, engine: Engine) -> None:
    file = "model,benchmark,score,measured_on,source_url\nopenai/gpt-9,mmlu,88.5,2026-05-01,https://lab.example/gpt-9\n"
    with Session(engine) as session, session.begin():
        import_scores(session, Decider("a test", NOW + timedelta(hours=2)), file, "a test's file")
        kept = session.scalars(select(Offering.slug).join(ScoreRow, ScoreRow.model_id == Offering.model_id)).all()
    assert "aws/us.openai.gpt-9-v1:0" not in kept  # another stored model, of the same identity
    for slug in ("openai/gpt-9", "aws/us.openai.gpt-9-v1:0"):
        page = modelapp.get(f"/models/{slug}")
        (row,) = page.html.select("table.scored tbody tr")
        assert [spoken(cell) for cell in row.select("td")] == ["88.5", "1 May 2026", "source"]
        assert "88.5" in modelapp.get(f"/charts/scores.csv?models={slug}").text
    assert "No score of this model with a source is known here" in modelapp.get("/models/openai/gpt-9-mini").text
    page = modelapp.get("/compare?models=aws/us.openai.gpt-9-v1:0,openai/gpt-9-mini")
    (told,) = [row for row in page.html.select("table.compared tbody tr") if spoken(row.th) == "MMLU"]
    assert [spoken(cell) for cell in told.select("td")] == ["88.5 1 May 2026, lab.example", "–no list says"]


def test_a_call_by_litellm_names_the_model_as_litellm_does_where_it_knows_it(modelapp: TestApp) -> None:
    def calls(slug: str) -> list[str]:
        found = [block.get_text() for block in modelapp.get(f"/models/{slug}").html.select("pre.copied code")]
        return [text for text in found if "litellm.completion(" in text]

    (call,) = calls("azure/gpt-9")
    assert 'model="azure/gpt-9"' in call
    compile(call, "sample", "exec")
    assert 'model="gpt-9"' in calls("openai/gpt-9")[0]
    assert calls("resale/openai/gpt-9") == []
    assert [can_be_quoted(name) for name in ("gpt-9", None, 'a"+b', "a\nb", "a\\b")] == [
        True,
        False,
        False,
        False,
        False,
    ]
