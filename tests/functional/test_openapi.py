"""The API's document says what is there: each route, its parameters, and shapes that answers are held against."""

from __future__ import annotations

import re

import pytest
from pyramid.interfaces import IRoutesMapper
from webtest import TestApp

from llmpricing.web.operations import Operation
from llmpricing.web.routes import OPERATIONS
from tests.contract import document, validator
from tests.functional.addresses import EXAMPLES, FEEDS

# In shapes of their own, or about the API itself.
OTHERS = {"/api/v1/openapi.json", "/api/docs"}
READ = [operation for operation in OPERATIONS if operation.method == "GET" and operation.name != "health_live"]


def test_the_document_names_each_route_of_the_api_with_its_method_and_no_other(testapp: TestApp) -> None:
    routes = testapp.app.registry.getUtility(IRoutesMapper).get_routes()
    served = {route.pattern.replace(":.+", "") for route in routes if route.pattern.startswith("/api/")}
    told = testapp.get("/api/v1/openapi.json").json["paths"]
    assert set(told) == served - OTHERS
    for path, methods in told.items():
        (method,) = methods
        address = path.replace("{id}", "acme/acme-large")
        refused = testapp.request(address, method="DELETE", status=405)
        assert refused.headers["Allow"] == ("POST" if method == "post" else "GET, HEAD")


def test_the_served_document_is_the_one_that_tests_hold_answers_against(testapp: TestApp) -> None:
    served = testapp.get("/api/v1/openapi.json")
    assert served.content_type == "application/json"
    assert served.json["openapi"] == "3.1.0"
    assert served.json["paths"].keys() == document()["paths"].keys()
    assert served.json["components"]["schemas"].keys() == document()["components"]["schemas"].keys()


@pytest.mark.parametrize("operation", READ, ids=lambda operation: operation.name)
def test_a_view_reads_the_parameters_that_the_document_names(testapp: TestApp, operation: Operation) -> None:
    path = (EXAMPLES | FEEDS)[operation.name].partition("?")[0]
    error = testapp.get(f"{path}?surely_not=1", status=400).json["error"]
    told = document()["paths"][operation.path]["get"]["parameters"]
    assert error["details"]["known"] == sorted(one["name"] for one in told if one["in"] == "query")
    for one in told:
        if one["in"] == "query" and "array" not in one["schema"].get("type", ""):
            twice = testapp.get(f"{path}?{one['name']}=1&{one['name']}=1", status=400).json["error"]
            assert twice["details"]["field"] == one["name"]


def test_every_parameter_and_field_of_an_answer_is_described() -> None:
    for path, methods in document()["paths"].items():
        for told in methods.values():
            assert told["summary"], path
            assert [one["name"] for one in told["parameters"] if not one.get("description")] == [], path
    assert [name for name, shape in document()["components"]["schemas"].items() if not shape.get("properties")] == [
        "DisagreementKind"
    ]


def test_an_answer_with_a_field_more_or_one_less_is_no_answer_of_the_document(testapp: TestApp) -> None:
    sound = testapp.get("/api/v1/providers").json
    check = validator("/api/v1/providers", "get", 200)
    assert check.is_valid(sound)
    assert not check.is_valid({**sound, "more": 1})
    assert not check.is_valid({"data": sound["data"]})
    assert not check.is_valid({**sound, "data": [{**sound["data"][0], "offerings": "many"}]})


def test_the_reference_page_loads_nothing_from_elsewhere(testapp: TestApp) -> None:
    page = testapp.get("/api/docs")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) >= 5
    assert {"/", "/docs"} <= set(loaded)  # the ways back
    for address in loaded:
        assert address.startswith("/"), address
        assert testapp.get(address).content_length or 0 > 100
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "http" not in testapp.get("/static/reference.js").text
