"""Workloads as addresses name them, for the API and the pages alike: presets, and what other parameters change."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from llmpricing.services.quotes.workloads import Workload
from llmpricing.web import parameters as p

REQUEST_TOKENS = 2000  # of a request where their number is not given: far below any step
PRESETS = {  # tokens a month, and the share of them that is input
    "small": (1_000_000, Decimal("0.6")),
    "medium": (5_000_000, Decimal("0.5")),
    "large": (20_000_000, Decimal("0.7")),
}
USUAL = "small"
WORKLOAD_READERS: Mapping[str, p.Reader] = {  # of the API; pages take numbers as people write them
    "preset": p.one_of(*PRESETS).of("a workload by name, small where it is left out; the others change it"),
    "tokens": p.whole(1, 10**12).of("input and output tokens"),
    "requests": p.whole(1, 10**9).of(f"of how many requests; one of {REQUEST_TOKENS} tokens each if left out"),
    "input_share": p.share.of("the share of the tokens that is input"),
    "cached_share": p.share.of("the share of the input that is read from a cache"),
}
CALCULATED_READERS: Mapping[str, p.Reader] = {  # what the calculator alone asks for
    "batch_share": p.share.of("the share of all that is sent as batch, where that has a price"),
    "reasoning_share": p.share.of("the share of the output that is reasoning, which some price by itself"),
    "images": p.whole(0, 10**9).of("images that go in: no total is told where they have no price of their own"),
}


def workload_of(values: Mapping[str, Any]) -> Workload:
    """The workload that parameters ask for: a preset, the usual one where they name none, as the others change it."""
    tokens, input_share = PRESETS[values.get("preset", USUAL)]
    tokens = values.get("tokens", tokens)
    return Workload(
        tokens,
        values.get("requests", max(tokens // REQUEST_TOKENS, 1)),
        values.get("input_share", input_share),
        values.get("cached_share", Decimal(0)),
        values.get("batch_share", Decimal(0)),
        values.get("reasoning_share", Decimal(0)),
        values.get("images", 0),
    )
