"""The made log of examples/: a few hundred calls of three teams through a proxy whose spend is wrong in known ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from tests import planted_figures as made
from tests.planted_mistakes import CACHING, MINI, TERRA

EXAMPLE = Path(__file__).parents[1] / "examples" / "litellm-spendlogs.ndjson"
_ROWS = 360
_START = datetime(2026, 11, 17, 9, tzinfo=UTC)
_TEAMS = {"search": "gpt-4.1-mini", "support": "claude-haiku-4-5", "research": "gpt-5.6-terra"}
_SELLERS = {"gpt-4.1-mini": "openai", "claude-haiku-4-5": "anthropic", "gpt-5.6-terra": "openai"}
_RIGHT: Mapping[str, made.Figure] = {
    "gpt-4.1-mini": MINI,
    "claude-haiku-4-5": CACHING,
    "gpt-5.6-terra": TERRA,
}
_FULL = made.per_mtok(input_tokens="1", output_tokens="5")
_SHORT = made.per_mtok(plain="1", cache_write_1h_tokens="1.25", output_tokens="5")


def example_log() -> str:
    """The log, one call a line; always the same."""
    rng = Random(11)  # noqa: S311 - a log for people to try
    rows = [_row(rng, number) for number in range(_ROWS)]
    return "".join(json.dumps(row, default=float) + "\n" for row in rows)


def _row(rng: Random, number: int) -> dict[str, Any]:
    team = list(_TEAMS)[number % 3]
    model = _TEAMS[team]
    counts, spend, more = _call(rng, model, number)
    at = _START + timedelta(minutes=11 * number, seconds=rng.randrange(60))
    row = {
        "request_id": f"chatcmpl-{number:04}",
        "call_type": "acompletion",
        "startTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "model": model,
        "custom_llm_provider": _SELLERS[model],
        "spend": spend,
        "status": "success",
        "cache_hit": "False",
        "team_id": team,
        "metadata": {"usage_object": _usage(counts, more.pop("service_tier", None))},
    }
    return {**row, **more}


def _call(rng: Random, model: str, number: int) -> tuple[dict[str, int], Decimal, dict[str, Any]]:
    """What a call used, what the proxy wrote down, and what else is special of it."""
    right = _RIGHT[model]
    counts = made.cached(rng)
    if number % 40 == 7:
        return counts, right(counts), {"status": "failure"}
    if model == "claude-haiku-4-5" and rng.random() < 0.4:
        return counts, _FULL(counts), {}
    if model == "claude-haiku-4-5" and rng.random() < 0.2:
        kept = made.kept(rng)
        return kept, _SHORT(kept), {}
    if model == "gpt-4.1-mini" and rng.random() < 0.5:
        return counts, right(counts), {"service_tier": "batch"}
    if model == "gpt-5.6-terra" and rng.random() < 0.1:
        return counts, Decimal(0), {}
    if model == "gpt-5.6-terra" and rng.random() < 0.06:
        long = made.long(rng)
        return long, right(long), {}
    return counts, right(counts), {}


def _usage(counts: Mapping[str, int], tier: str | None) -> dict[str, Any]:
    """LiteLLM's usage object: caches inside the prompt."""
    found: dict[str, Any] = {
        "prompt_tokens": counts["input_tokens"],
        "completion_tokens": counts["output_tokens"],
        "total_tokens": counts["input_tokens"] + counts["output_tokens"],
        "prompt_tokens_details": {"cached_tokens": counts.get("cache_read_tokens", 0)},
    }
    if kept := counts.get("cache_write_1h_tokens"):
        found["cache_creation_input_tokens"] = kept
        found["prompt_tokens_details"]["cache_creation_tokens"] = kept
        found["prompt_tokens_details"]["cache_creation_token_details"] = {"ephemeral_1h_input_tokens": kept}
    return {**found, "service_tier": tier} if tier else found


if __name__ == "__main__":
    EXAMPLE.write_text(example_log(), "utf-8")
