"""GET /charts/...: drawn by the real vl-convert, kept, and told as a table where it is missing."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from webtest import TestApp

from llmpricing.charts import renderer
from llmpricing.charts.renderer import ChartRenderer, ChartsAwayError
from llmpricing.web.site.charts import views

pytest.importorskip("vl_convert", reason="charts are drawn by vl-convert: pip install 'llmpricing[charts]'")
DATED = "/charts/history.{}?model=acme/acme-dated"
SMALL = {"mark": "point", "data": {"values": [{"a": 1}]}, "encoding": {"x": {"field": "a", "type": "quantitative"}}}


@pytest.fixture
def drawing() -> Iterator[ChartRenderer]:
    found = ChartRenderer()
    yield found
    found.close()


def test_a_history_is_drawn_with_its_finding_in_words(testapp: TestApp) -> None:
    answer = testapp.get(DATED.format("svg"))
    assert answer.content_type == "image/svg+xml"
    root = ElementTree.fromstring(answer.body)  # noqa: S314 - our own
    title = root.findtext("{http://www.w3.org/2000/svg}title")
    assert title == "acme/acme-dated: input $4.00 per million tokens since 1 Mar 2026, before $8.00"
    assert root.attrib["role"] == "img"
    spoken = [one.tag.rpartition("}")[2] for one in root if one.get("aria-hidden") != "true"]
    assert spoken == ["title", "desc", "style"]  # its marks have no names that a screen reader could say
    assert "prefers-color-scheme:dark" in answer.text
    assert "var(--series-1)" in answer.text
    assert "style-src 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    again = testapp.get(DATED.format("svg"), headers={"If-None-Match": answer.headers["ETag"]}, status=304)
    assert again.body == b""


WIDE_AND_NARROW = (
    "/models/acme/acme-dated",
    "/compare?models=acme/acme-large,acme/acme-long",
    "/sources",
)


@pytest.mark.parametrize("path", WIDE_AND_NARROW)
def test_a_phone_is_given_a_narrow_chart_of_the_same_facts(testapp: TestApp, path: str) -> None:
    picture = testapp.get(path).html.find("picture")
    assert picture.source["media"] == "(max-width: 45.99rem)"
    wide, narrow = (testapp.get(address) for address in (picture.img["src"], picture.source["srcset"]))
    widths = [float(ElementTree.fromstring(one.body).attrib["width"]) for one in (wide, narrow)]  # noqa: S314 - our own
    assert widths[1] < widths[0] * 0.75
    titles = [ElementTree.fromstring(one.body).findtext("{http://www.w3.org/2000/svg}title") for one in (wide, narrow)]  # noqa: S314
    assert titles[0] == titles[1]
    refused = testapp.get(
        picture.source["srcset"].replace("narrow", "huge"), status=400, headers={"Accept": "application/json"}
    )
    assert refused.json["error"]["details"]["field"] == "width"


@pytest.mark.parametrize(("model", "tick"), [("acme-dated", "10"), ("acme-small", "0.01")])
def test_the_axis_of_prices_is_written_without_exponents(testapp: TestApp, model: str, tick: str) -> None:
    root = ElementTree.fromstring(testapp.get(f"/charts/history.svg?model=acme/{model}").body)  # noqa: S314 - our own
    told = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [one for one in told if re.search(r"\de[+-]?\d", one)] == []
    assert tick in told


def test_its_facts_are_a_table_and_its_specification_opens_elsewhere(testapp: TestApp) -> None:
    rows = testapp.get(DATED.format("csv")).text.splitlines()
    assert rows[0] == "meter,valid_from,counts_from,valid_until,state,amount,currency,per,basis,source"
    assert rows[1].startswith("input_tokens,,2026-01-15T00:00:00Z,2026-03-01T00:00:00Z,priced,8,USD,1000000,")
    specification = testapp.get(DATED.format("vl.json")).json
    assert specification["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert "var(" not in str(specification)


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [("", 400, "model"), ("model=acme/none", 404, None), ("model=acme/acme-dated&x=1", 400, "x")],
)
def test_what_cannot_be_read_is_refused_by_name(testapp: TestApp, query: str, status: int, field: str | None) -> None:
    answer = testapp.get(f"/charts/history.svg?{query}", status=status, headers={"Accept": "application/json"})
    assert answer.json["error"]["details"].get("field") == field


def test_an_offering_without_prices_and_one_with_signs_in_its_name_are_drawn(testapp: TestApp) -> None:
    assert "No list states a base price of acme/acme-mystery" in testapp.get(
        "/charts/history.svg?model=acme/acme-mystery"
    )


def test_a_chart_that_was_drawn_is_kept(testapp: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    first = testapp.get(DATED.format("svg"))

    def refuse(*_: object) -> str:
        raise ChartsAwayError("it would be drawn again")

    monkeypatch.setattr(ChartRenderer, "draw", refuse)
    assert testapp.get(DATED.format("svg")).text == first.text
    other = testapp.get("/charts/history.svg?model=acme/acme-large", status=503, headers={"Accept": "application/json"})
    assert other.headers["Retry-After"]


def test_without_vl_convert_the_facts_remain(testapp: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "can_draw", lambda: False)
    answer = testapp.get(DATED.format("svg"), status=404, headers={"Accept": "application/json"})
    assert "llmpricing[charts]" in answer.json["error"]["message"]
    testapp.get(DATED.format("csv"), status=200)


def test_a_child_that_died_is_replaced(drawing: ChartRenderer) -> None:
    drawing.draw(SMALL)
    child = drawing._child
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    assert drawing.draw(SMALL).startswith("<svg")
    assert drawing._child is not child


def test_a_child_is_replaced_after_its_share(drawing: ChartRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "MOST_CHARTS", 1)
    drawing.draw(SMALL)
    assert drawing._child is None


def test_what_takes_too_long_is_given_up(drawing: ChartRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "LONGEST_S", 0.0)
    with pytest.raises(ChartsAwayError):
        drawing.draw(SMALL)
    assert drawing._child is None


def test_a_bad_specification_is_refused_and_the_child_goes_on(drawing: ChartRenderer) -> None:
    with pytest.raises(ChartsAwayError):
        drawing.draw({"mark": "nothing", "layer": 7})
    assert drawing.draw(SMALL).startswith("<svg")


def test_closed_it_draws_no_more(drawing: ChartRenderer) -> None:
    drawing.draw(SMALL)
    drawing.close()
    with pytest.raises(ChartsAwayError):
        drawing.draw(SMALL)
