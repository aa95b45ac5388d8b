"""Parts of answers: fields, CSV without formulas, pages by Link; and addresses that are nearly right."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from webtest import TestApp

from llmpricing.web.list_query import own_case
from llmpricing.web.routes import OPERATIONS
from llmpricing.web.selecting import cell
from tests.functional.addresses import EXAMPLES, FEEDS

# Reports of feeds need lists that the small book has not: test_report_pages.
LISTS = [one for one in OPERATIONS if one.rows is not None and one.is_list and one.name not in FEEDS]
PAGED = [operation for operation in LISTS if "cursor" in operation.parameters]


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer.content_type == "text/csv"
    return list(csv.DictReader(StringIO(answer.text)))


def test_fields_leaves_the_others_out_in_the_order_asked(testapp: TestApp) -> None:
    answer = testapp.get("/api/v1/models?fields=input_per_mtok,id&limit=2").json
    assert [list(item) for item in answer["data"]] == [["input_per_mtok", "id"]] * 2
    assert answer["meta"]["count"] == 8
    one = testapp.get("/api/v1/models/acme/acme-large?fields=id,prices").json["data"]
    assert list(one) == ["id", "prices"]


@pytest.mark.parametrize("path", ["/api/v1/models", "/api/v1/models/acme/acme-large", "/api/v1/providers"])
def test_an_unknown_field_is_a_400_that_names_those_there_are(testapp: TestApp, path: str) -> None:
    error = testapp.get(f"{path}?fields=id,colour", status=400).json["error"]
    assert error["details"]["field"] == "fields"
    assert "id" in error["details"]["known"]


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.name)
def test_each_list_comes_as_csv_with_the_same_fields(testapp: TestApp, operation: Any) -> None:
    path = EXAMPLES[operation.name]
    both = "&" if "?" in path else "?"
    as_json = testapp.get(path).json["data"]
    table = testapp.get(f"{path}{both}format=csv")
    assert len(rows(table)) == len(as_json)
    header = table.text.splitlines()[0].split(",")
    assert header == list(
        operation.rows.__struct_fields__ if hasattr(operation.rows, "__struct_fields__") else as_json[0]
    )
    assert f'filename="{operation.name}.csv"' in table.headers["Content-Disposition"]


def test_csv_holds_all_rows_or_as_many_as_asked_and_a_link_to_the_next(testapp: TestApp) -> None:
    assert len(rows(testapp.get("/api/v1/models?format=csv"))) == 8
    found: list[str] = []
    address = "/api/v1/models?format=csv&limit=3&fields=id"
    while address:
        page = testapp.get(address)
        found += [row["id"] for row in rows(page)]
        address = page.headers["Link"].split(">")[0][1:] if "Link" in page.headers else ""
    assert found == sorted(found)
    assert len(found) == 8


@pytest.mark.parametrize("operation", PAGED, ids=lambda operation: operation.name)
def test_each_list_is_walked_page_by_page_to_its_end(testapp: TestApp, operation: Any) -> None:
    address, _, asked = EXAMPLES[operation.name].partition("?")
    question = dict(parse_qsl(asked)) | {"limit": "1000" if operation.name != "models" else "200"}
    whole = testapp.get(address, question).json
    assert whole["meta"]["next"] is None
    found: list[Any] = []
    question["limit"] = str(max(1, len(whole["data"]) // 3))
    page = testapp.get(address, question).json
    while page["data"] and page["meta"]["next"]:
        found += page["data"]
        page = testapp.get(address, question | {"cursor": page["meta"]["next"]}).json
        assert page["meta"]["count"] == whole["meta"]["count"]
    assert found + page["data"] == whole["data"]
    wrong = testapp.get(address, question | {"cursor": "bm9uZQ"}, status=400).json["error"]
    assert wrong["details"]["field"] == "cursor"


def test_each_list_has_pages_but_those_that_a_question_bounds() -> None:
    assert {operation.name for operation in LISTS} - {operation.name for operation in PAGED} == {"compare"}


def test_the_list_of_offerings_is_a_csv_file_by_its_address(testapp: TestApp) -> None:
    asked = "provider=ACME&sort=-input_per_mtok"
    file = testapp.get(f"/api/v1/models.csv?{asked}")
    same = testapp.get(f"/api/v1/models?{asked}&format=csv")
    assert (file.body, file.content_type, file.headers["Content-Disposition"]) == (
        same.body,
        "text/csv",
        'attachment; filename="models.csv"',
    )
    page = testapp.get("/api/v1/models.csv?limit=2&fields=id")
    assert testapp.get(page.headers["Link"].split(">")[0][1:]).text.startswith("id\r\n")
    refused = testapp.get("/api/v1/models.csv?format=json", status=400).json["error"]
    assert refused["details"]["field"] == "format"
    testapp.get(
        "/api/v1/models.csv", headers={"If-None-Match": testapp.get("/api/v1/models.csv").headers["ETag"]}, status=304
    )


def test_a_cell_holds_plain_decimals_words_and_parts() -> None:
    assert [cell(value) for value in (None, "2.50", "-1", ["a", "b"], 12, {"input": ["text"]})] == [
        "",
        "2.50",
        "-1",
        "a;b",
        "12",
        '{"input": ["text"]}',
    ]


@given(st.text(max_size=20))
@example("=1+1")
@example("'=1")
@example("\t=1")
def test_no_cell_begins_a_formula_and_each_can_be_read_back(text: str) -> None:
    found = cell(text)
    assert found[:1] not in ("=", "+", "-", "@", "\t", "\r") or found.lstrip("+-").replace(".", "", 1).isdigit()
    assert found in (text, f"'{text}")


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/api/v1/models/Acme/ACME-large?as_of=2026-01-01", "/api/v1/models/acme/acme-large?as_of=2026-01-01"),
        ("/api/v1/models/acme/acme-large/", "/api/v1/models/acme/acme-large"),
        ("/models/ACME/acme-large/", "/models/acme/acme-large"),
        ("/docs/How-Prices/", "/docs/how-prices"),
        ("/api/v1/providers/?fields=id", "/api/v1/providers?fields=id"),
        ("/api/v1/models/bazaar/ACME/acme-tiny:free", "/api/v1/models/bazaar/acme/acme-tiny:free"),
    ],
)
def test_a_slash_too_many_or_another_case_leads_to_the_id(testapp: TestApp, path: str, right: str) -> None:
    answer = testapp.get(path, status=301)
    assert answer.headers["Location"].replace("%3A", ":") == f"http://localhost{right}"
    assert testapp.get(answer.headers["Location"]).status_int == 200


def test_what_nobody_knows_leads_nowhere(testapp: TestApp) -> None:
    testapp.get("/api/v1/models/acme/none/", status=404)
    testapp.get("/nowhere/", status=404)
    testapp.get("//elsewhere.example/", status=404)


@pytest.mark.parametrize(
    ("other", "right"),
    [
        ("compare?models=ACME/acme-large,acme/Acme-Small", "compare?models=acme/acme-large,acme/acme-small"),
        (
            "calculator?model=ACME/acme-large&against=Acme/acme-small",
            "calculator?model=acme/acme-large&against=acme/acme-small",
        ),
        ("changes?model=ACME/acme-large&since=2025-01-01", "changes?model=acme/acme-large&since=2025-01-01"),
    ],
)
def test_ids_in_a_query_are_known_in_any_case(testapp: TestApp, other: str, right: str) -> None:
    assert testapp.get(f"/api/v1/{other}").json == testapp.get(f"/api/v1/{right}").json


@pytest.mark.parametrize(
    ("other", "right"),
    [
        ("charts/history.csv?model=ACME/Acme-Dated", "charts/history.csv?model=acme/acme-dated"),
        ("charts/costs.csv?models=ACME/acme-large", "charts/costs.csv?models=acme/acme-large"),
        ("charts/scores.csv?models=ACME/acme-large", "charts/scores.csv?models=acme/acme-large"),
    ],
)
def test_ids_of_charts_are_known_in_any_case(testapp: TestApp, other: str, right: str) -> None:
    assert testapp.get(f"/{other}").text == testapp.get(f"/{right}").text


def test_the_page_that_compares_knows_ids_in_any_case(testapp: TestApp) -> None:
    page = testapp.get("/compare?models=ACME/acme-large,acme/Acme-Small")
    assert "models=acme%2Facme-large%2Cacme%2Facme-small&amp;format=csv" in page


def test_of_two_ids_that_differ_in_case_alone_each_is_itself() -> None:
    assert own_case(["lab/A", "lab/a", "LAB/b", "none"], ["lab/a", "lab/A", "lab/b"]) == (
        "lab/A",
        "lab/a",
        "lab/b",
        "none",
    )


def test_sellers_are_known_in_any_case(testapp: TestApp) -> None:
    found = testapp.get("/api/v1/models?provider=ACME&provider=bazaar").json
    assert {item["provider"] for item in found["data"]} == {"acme", "bazaar"}
    assert (
        testapp.get("/api/v1/models?provider=ACME").json["data"]
        == testapp.get("/api/v1/models?provider=acme").json["data"]
    )
    testapp.get("/api/v1/disagreements?provider=ACME", status=200)
