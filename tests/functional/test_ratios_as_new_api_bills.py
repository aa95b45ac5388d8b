"""new-api by its documentation: it takes our ratios whole, and what it deducts is what our quotes say.

Its guide of rate settings says: 1 USD is 500,000 units of quota; by tokens it deducts (input + output x completion
ratio) x model ratio, cached tokens counting by their own ratios in place of input; by call the model's price x 500,000.
Its upstream sync reads at most 10 MB of JSON with ``success`` and, under ``data``, numbers of 0 or more by field and
name; of a name with a price by call it forgets the ratios.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import running_app
from tests.functional.addresses import FEEDS, walked

ADDRESS = FEEDS["ratio_config"]
QUOTA_OF_A_DOLLAR = 500_000
MOST_BYTES = 10 << 20
FIELDS = ("model_ratio", "completion_ratio", "cache_ratio", "create_cache_ratio", "model_price")
SEED = 20261127
CALLS = 500
USAGE = {"input_tokens": 1000, "cache_read_tokens": 300, "output_tokens": 100}
DAYS = ("2026-03-01", "2026-11-20")
_NOT_FLAT = ("schedule=", "above=", "from=")


@pytest.fixture(scope="module")
def app(full_book_of_module: str, redis_url: str) -> Iterator[TestApp]:
    """The application on all bundled prices."""
    with running_app(full_book_of_module, redis_url) as found:
        yield found


def deducted(ratios: dict[str, Any], name: str, fresh: int, cached: int, output: int) -> float:
    """The units of quota that new-api deducts for a call, in the group of ratio 1."""
    if name in ratios["model_price"]:
        return float(ratios["model_price"][name]) * QUOTA_OF_A_DOLLAR
    read, answer = ratios["cache_ratio"].get(name, 1), ratios["completion_ratio"].get(name, 1)
    return float((fresh + cached * read + output * answer) * ratios["model_ratio"][name])


@pytest.mark.parametrize("at", DAYS)
def test_calls_cost_what_our_quotes_say(app: TestApp, at: str) -> None:
    ratios = app.get(ADDRESS, {"at": at}).json["data"]
    numbers = random.Random(SEED)  # noqa: S311 - reproducible on purpose
    asked = []
    for name in numbers.sample(sorted(ratios["completion_ratio"]), CALLS):
        fresh, cached, output = (numbers.randrange(400_000) for _ in range(3))
        usage = {"input_tokens": fresh + cached, "cache_read_tokens": cached, "output_tokens": output}
        item = {"model": name, "at": f"{at}T12:00:00Z", "usage": usage}
        asked.append((deducted(ratios, name, fresh, cached, output) / QUOTA_OF_A_DOLLAR, item))
    answer = app.post_json("/api/v1/quotes", {"items": [item for _, item in asked]})
    compared = 0
    for (total, item), quote in zip(asked, answer.json["data"]["items"], strict=True):
        if any(word in line["rule"] for line in quote["lines"] for word in _NOT_FLAT):
            continue
        if quote["missing"]:  # what only the request knows, such as whether it thinks: the usual price stands there
            assert "region" not in quote["missing"], (item, quote)
            assert float(quote["low"]) * 0.999_999 <= total <= float(quote["high"]) * 1.000_001, (item, quote)
            continue
        if quote["unpriced"]:  # cached tokens whose price waits for a person have no ratio either
            assert [one["meter"] for one in quote["unpriced"]] == ["cache_read_tokens"], (item, quote)
            assert item["model"] not in ratios["cache_ratio"]
            continue
        assert float(quote["total"]) == pytest.approx(total, rel=1e-9), (item, quote)
        compared += 1
    assert compared > CALLS * 0.8


def test_its_upstream_sync_takes_every_number(app: TestApp) -> None:
    answer = app.get(ADDRESS)
    assert answer.content_type == "application/json"
    assert len(answer.body) <= MOST_BYTES
    document = json.loads(answer.body)
    assert document["success"] is True
    ratios = document["data"]
    assert ratios.keys() == set(FIELDS)
    for numbers in ratios.values():
        assert all(isinstance(one, int | float) and math.isfinite(one) and one >= 0 for one in numbers.values())
    of_tokens = ratios["model_ratio"].keys()
    assert not of_tokens & ratios["model_price"].keys()
    for field in ("completion_ratio", "cache_ratio", "create_cache_ratio"):
        assert ratios[field].keys() <= of_tokens


def test_a_name_that_says_no_place_is_left_out_where_places_cost_differently(app: TestApp) -> None:
    name, at = "amazon.nova-2-lite-v1:0", DAYS[0]
    item = {"model": name, "at": f"{at}T12:00:00Z", "usage": USAGE}
    assert app.post_json("/api/v1/quotes", item).json["data"]["total"] is None
    ratios = app.get(ADDRESS, {"at": at}).json["data"]
    assert name not in ratios["model_ratio"]
    told = walked(app, FEEDS["ratio_config_report"], at=at)
    reasons = {one["name"]: one["reason"] for one in told if one["field"] is None}
    assert reasons[name] == "it says no place, and places cost differently"
    offered = {one.partition("/")[2] for one in _ids(app)}
    assert offered == reasons.keys() | ratios["model_ratio"].keys() | ratios["model_price"].keys()
    assert not reasons.keys() & (ratios["model_ratio"].keys() | ratios["model_price"].keys())


def _ids(app: TestApp) -> list[str]:
    """The ids of all offerings."""
    return [one["id"] for one in walked(app, "/api/v1/models", limit="200")]
