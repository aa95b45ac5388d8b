"""What base prices make of a workload, before a quote says it exactly."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from llmpricing.web.site.workload import weighing
from llmpricing.web.workloads import workload_of


def row(output: str | None, mode: str = "chat", currency: str = "USD") -> SimpleNamespace:
    price = None if output is None else Decimal(output)
    return SimpleNamespace(
        id="acme/large",
        input_per_mtok=Decimal(5),
        output_per_mtok=price,
        cache_read_per_mtok=None,
        currency=currency,
        mode=mode,
        outputs=None,
    )


@pytest.mark.parametrize(
    ("of", "weight"), [(row("15"), 9_000_000), (row("0"), 3_000_000), (row(None, "embedding"), 3_000_000)]
)
def test_what_is_priced_weighs(of: SimpleNamespace, weight: int) -> None:
    """A million tokens, 60 % of them input at 5: 600,000 x 5, and 400,000 x 15 of output."""
    assert weighing(workload_of({}))(of) == weight


@pytest.mark.parametrize("of", [row(None), row("15", currency="CNY")], ids=["unknown output", "another currency"])
def test_an_unknown_output_is_not_free_and_a_yuan_no_dollar(of: SimpleNamespace) -> None:
    assert weighing(workload_of({}))(of) is None
