"""Examples that sellers themselves published: their prices and usage give their totals.

``states`` says what the page states: the total, or the usage, the rates and the rule (the total is then their product).
``places`` is how far a page rounds its total, ``within`` how far its counts are rounded, relative.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from llmpricing.domain.conditions import Schedule, Step, conditions
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage

EXAMPLES = json.loads((Path(__file__).parents[3] / "fixtures" / "published_examples.json").read_text("utf-8"))


def _conditions(when):
    when = dict(when)
    step = Step(when.pop("above")) if "above" in when else None
    hours = when.pop("hours", None)
    schedule = Schedule("UTC", (tuple(map(_minutes, hours)),)) if hours else None
    return conditions(step=step, schedule=schedule, **when)


def _minutes(clock):
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _context(facts):
    facts = dict(facts)
    return context(facts.pop("service_tier", None), facts.pop("region", None), facts)


def _day(text):
    """The first day of the stated year, month or day."""
    return datetime.fromisoformat(f"{text}-01-01"[:10] if len(text) < 10 else text).replace(tzinfo=UTC)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["name"] for example in EXAMPLES])
def test_a_seller_s_own_example_costs_what_the_seller_says(example, price):
    day = _day(example["date"])
    listed = [
        price(p["meter"], p["amount"], _conditions(p.get("when", {})), per=p["per"], valid_from=day)
        for p in example["prices"]
    ]
    usage = read_usage(example["usage"], example["usage_format"])
    answer = quote(OfferingPrices(listed), usage, day, _context(example.get("context", {})))
    total, stated = answer.total, Decimal(example["total"])
    if "within" in example:
        assert abs(total - stated) <= stated * Decimal(example["within"])
    else:
        assert round(total, example.get("places", 12)) == stated
    assert sum(line.amount for line in answer.lines) == total


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
    assert all(datetime(2023, 1, 1, tzinfo=UTC) < _day(example["date"]) for example in EXAMPLES)
