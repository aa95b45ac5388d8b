"""Requests of all shapes: no error of ours, and no answer that the API's document does not describe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.conftest import running_app
from tests.contract import document
from tests.functional.addresses import FEEDS
from tests.servers import StoreUrls, new_database

schemathesis = pytest.importorskip("schemathesis")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")
schemathesis_checks = pytest.importorskip("schemathesis.checks")

EXAMPLES = int(os.environ.get("LLMPRICING_TEST_FUZZ", "8"))
# What the document allows may still mean nothing: a seller that nobody knows, a date before all prices.
STRICT = [checks.positive_data_acceptance]
LAX = [*STRICT, checks.negative_data_rejection]
# A feed whose list was never imported is a 503, as the document says; any other error of ours is one here too.
FEED_CHECKS = [schemathesis_checks.not_a_server_error]
serving: list[Any] = []


def ask(environ: dict[str, Any], start_response: Any) -> Any:
    """The application of this file's tests, which is not there yet when they are collected."""
    return serving[0](environ, start_response)


@pytest.fixture(scope="module", autouse=True)
def app(store_urls: StoreUrls, small_book: str) -> Iterator[None]:
    with new_database(store_urls, small_book) as url, running_app(url, store_urls.redis) as found:
        serving.append(found.app)
        yield
        serving.clear()


told = schemathesis.openapi.from_dict(document())
told.app = ask


@told.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_the_document_allows_and_what_it_does_not_is_answered_as_it_says(case: Any) -> None:
    plain = {"Accept-Encoding": "identity"}  # it unpacks nothing
    excluded = LAX if is_padded(case.query) else STRICT
    is_feed = case.path in FEEDS.values()
    found = case.call_and_validate(headers=plain, excluded_checks=[*excluded, *FEED_CHECKS] if is_feed else excluded)
    assert found.status_code < HTTPStatus.INTERNAL_SERVER_ERROR or (
        is_feed and b"Next: llmpricing import" in found.content
    )


def is_padded(query: dict[str, Any] | None) -> bool:
    """Whether a value is blank or has blanks around it: it is read without them, and as if it were not there."""
    values = [one for found in (query or {}).values() for one in (found if isinstance(found, list) else [found])]
    return any(is_blank(one) or str(one) != str(one).strip() for one in values) or [] in values


def is_blank(value: Any) -> bool:
    """Whether nothing is sent of it: an empty object is none either."""
    return value is None or value == {} or not str(value)
