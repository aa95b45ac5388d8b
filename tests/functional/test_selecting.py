"""Parts of answers: fields, CSV without formulas, pages by Link; and addresses that are nearly right."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from webtest import TestApp

from llmpricing.web.routes import OPERATIONS
from llmpricing.web.selecting import cell
from tests.functional.addresses import EXAMPLES

LISTS = [operation for operation in OPERATIONS if operation.rows is not None and operation.is_list]


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


def test_sellers_are_known_in_any_case(testapp: TestApp) -> None:
    found = testapp.get("/api/v1/models?provider=ACME&provider=bazaar").json
    assert {item["provider"] for item in found["data"]} == {"acme", "bazaar"}
    assert (
        testapp.get("/api/v1/models?provider=ACME").json["data"]
        == testapp.get("/api/v1/models?provider=acme").json["data"]
    )
    testapp.get("/api/v1/disagreements?provider=ACME", status=200)
