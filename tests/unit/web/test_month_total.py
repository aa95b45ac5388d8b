"""What a page calls the cost of a month: never free where a subscription pays, never of another currency."""

from __future__ import annotations

from decimal import Decimal

import pytest

from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.web.site.workload import month_total


def cost(total: Decimal | None, currency: str = "USD") -> WorkloadCost:
    return WorkloadCost("a/b", total, total, currency, "priced", None, ())


@pytest.mark.parametrize(
    ("price_state", "found", "total"),
    [
        ("priced", cost(Decimal("5.50")), Decimal("5.50")),
        ("free", cost(Decimal(0)), Decimal(0)),
        ("priced", cost(Decimal(0)), None),  # it charges by the image or the song
        ("subscription", cost(Decimal(0)), None),
        ("included", cost(Decimal(0)), None),
        ("priced", cost(Decimal(5), "CNY"), None),
        ("priced", cost(None), None),
        ("unknown", None, None),
    ],
)
def test_a_month_costs_what_its_tokens_cost(
    price_state: str, found: WorkloadCost | None, total: Decimal | None
) -> None:
    assert month_total(price_state, found) == total
