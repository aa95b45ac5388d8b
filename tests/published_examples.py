"""Examples that sellers and guides published, as questions to a price book."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from llmpricing.domain.quotes.context import Context, context
from llmpricing.domain.usage.formats import read_usage
from llmpricing.services.quotes.quoting import Asked

Example = Mapping[str, Any]
EXAMPLES: tuple[Example, ...] = tuple(
    json.loads((Path(__file__).parent / "fixtures" / "published_examples.json").read_text("utf-8"))
)


def moment_of(example: Example) -> datetime:
    """The first day of the stated year, month or day, at noon or the hour (UTC) that the example says."""
    text = example["date"]
    day = datetime.fromisoformat(f"{text}-01-01"[:10] if len(text) < 10 else text)
    return day.replace(hour=example.get("hour", 12), tzinfo=UTC)


def context_of(example: Example) -> Context:
    """What the example states beside its usage."""
    facts = dict(example.get("context", {}))
    return context(facts.pop("service_tier", None), facts.pop("region", None), facts)


def asked(example: Example) -> Asked:
    """The example's question, to be answered by a book's own prices at the example's time."""
    usage = read_usage(example["usage"], example["usage_format"])
    at, stated = moment_of(example), context_of(example)
    return Asked(example["model"], usage, at, context=stated, provider=example["seller"])


def is_stated_total(total: Decimal, example: Example) -> bool:
    """Whether a total is the one that the page states, as far as the page rounds it."""
    stated = Decimal(example["total"])
    if "within" in example:
        return abs(total - stated) <= stated * Decimal(example["within"])
    return bool(round(total, example.get("places", 12)) == stated)
