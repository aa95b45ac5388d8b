"""Examples that sellers themselves published: their prices and usage give their totals.

``states`` says what the page states: the total, or the usage, the rates and the rule (the total is then their product).
``places`` is how far a page rounds its total, ``within`` how far its counts are rounded, relative.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from llmpricing.domain.conditions import Schedule, Step, conditions
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage
from tests.published_examples import EXAMPLES, context_of, is_stated_total, moment_of


def _conditions(when):
    when = dict(when)
    step = Step(when.pop("above")) if "above" in when else None
    hours = when.pop("hours", None)
    schedule = Schedule("UTC", (tuple(map(_minutes, hours)),)) if hours else None
    return conditions(step=step, schedule=schedule, **when)


def _minutes(clock):
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["name"] for example in EXAMPLES])
def test_a_seller_s_own_example_costs_what_the_seller_says(example, price):
    at = moment_of(example)
    listed = [
        price(p["meter"], p["amount"], _conditions(p.get("when", {})), per=p["per"], valid_from=at)
        for p in example["prices"]
    ]
    usage = read_usage(example["usage"], example["usage_format"])
    answer = quote(OfferingPrices(listed), usage, at, context_of(example))
    assert is_stated_total(answer.total, example)
    assert sum(line.amount for line in answer.lines) == answer.total


def test_there_are_examples_of_every_kind_each_with_its_page_and_date():
    assert len(EXAMPLES) >= 60
    assert sum(example["states"] == "total" for example in EXAMPLES) >= 40
    covered = {kind for example in EXAMPLES for kind in example["covers"]}
    tiers = {"batch", "flex", "priority"}
    assert tiers | {"cache", "storage", "long context", "audio", "image", "search", "embedding"} <= covered
    assert {"thinking", "reasoning", "off-peak", "fine-tuning", "request fee"} <= covered
    assert len({example["seller"] for example in EXAMPLES}) >= 10
    assert all(example["url"].startswith("https://") and example["dated_by"] for example in EXAMPLES)
    assert len({example["name"] for example in EXAMPLES}) == len(EXAMPLES)
    assert all(datetime(2023, 1, 1, tzinfo=UTC) < moment_of(example) for example in EXAMPLES)
