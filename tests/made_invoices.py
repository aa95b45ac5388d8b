"""Made invoices: a log priced by the real engine, and the files of sellers that charge it right, or as planted."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from llmpricing.domain.money import to_text
from llmpricing.domain.usage.quantities import Usage, count
from llmpricing.services.usage_log.formats.record import UsageRecord
from tests.audits import audited

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
DAYS = 4
INSIDE = frozenset({"cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"})


class Spot(NamedTuple):
    """What a line of an invoice is about."""

    day: int
    model: str
    key: str
    kind: str


class Item(NamedTuple):
    """How much a seller counts there (None: its usage export does not know of it), and what it asks; None: nothing."""

    quantity: int | None
    amount: Decimal | None


Items = dict[Spot, Item]


@dataclass(frozen=True)
class Seller:
    """Who writes invoices: its models as a log names them, and what it bills. Kinds ``without_model`` stand in lines of
    their own.
    """

    name: str
    models: Mapping[str, str]
    kinds: Sequence[str]
    keys: Sequence[str]
    write_costs: Callable[[Path, Items], None]
    write_usage: Callable[[Path, Items], None] | None
    has_quantities: bool = False
    provider: str | None = None
    without_model: Sequence[str] = ()

    def usage(self, counts: Mapping[str, int]) -> Usage:
        """Usage of these kinds, as our own meters state it."""
        read = {kind: number for kind, number in counts.items() if number}
        told = dict(read)
        taken = sum(number for kind, number in read.items() if kind in INSIDE or kind == "input_tokens")
        if taken:
            told["input_tokens"] = taken
        if writes := sum(number for kind, number in read.items() if kind.startswith("cache_write_")):
            told["cache_write_tokens"] = writes
        return count(told)

    def call(self, spot: Spot, counts: Mapping[str, int], hour: int) -> UsageRecord:
        """A call of the log."""
        at = MONDAY + spot.day * DAY + timedelta(hours=hour)
        labels = {"key": spot.key} if spot.key else {}
        return UsageRecord(spot.model, at, self.usage(counts), self.provider, labels=labels)

    def cost(self, book: Session, spot: Spot, quantity: int) -> Decimal:
        """What so much of a kind costs by the engine."""
        (one,) = audited(book, [self.call(spot, {spot.kind: quantity}, 12)])
        assert one.cost is not None
        return one.cost


def chance_of(seed: int) -> Random:
    """The same chances for the same seed."""
    return Random(seed)  # noqa: S311 - reproducible on purpose


def made_log(book: Session, seller: Seller, chance: Random) -> tuple[list[UsageRecord], Items]:
    """A log of some days, models and keys, two calls each, and an invoice that charges it right."""
    log: list[UsageRecord] = []
    items: Items = {}
    for day in range(DAYS):
        for model in seller.models:
            for key in seller.keys:
                calls = [{kind: chance.randint(20, 9_000) for kind in seller.kinds} for _ in range(2)]
                log += [seller.call(Spot(day, model, key, ""), counts, 3 + hour) for hour, counts in enumerate(calls)]
                for kind in seller.kinds:
                    spot, quantity = Spot(day, model, key, kind), sum(counts[kind] for counts in calls)
                    items[spot] = Item(quantity, seller.cost(book, spot, quantity))
    return log, items


def _table(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _day(spot: Spot) -> str:
    return f"{MONDAY + spot.day * DAY:%Y-%m-%d}"


def _asked(items: Items) -> Iterator[tuple[Spot, Item, str]]:
    for spot, item in items.items():
        if item.amount is not None:
            yield spot, item, to_text(item.amount)


def _counted(items: Items) -> Mapping[tuple[int, str, str], Mapping[str, int]]:
    found: dict[tuple[int, str, str], dict[str, int]] = {}
    for spot, item in items.items():
        if item.quantity is not None:
            found.setdefault(spot[:3], {})[spot.kind] = item.quantity
    return found


_CONSOLE = {
    "input_tokens": "input_no_cache",
    "cache_read_tokens": "input_cache_read",
    "cache_write_5m_tokens": "input_cache_write_5m",
    "cache_write_1h_tokens": "input_cache_write_1h",
    "output_tokens": "output",
}
_CLAUDE = {"claude-haiku-4-5": "Claude Haiku 4.5", "claude-opus-4-5": "Claude Opus 4.5"}
_CLAUDE_IDS = {"claude-haiku-4-5": "claude-haiku-4-5-20251001", "claude-opus-4-5": "claude-opus-4-5-20251101"}


def _console_costs(path: Path, items: Items) -> None:
    rows = [
        {
            "usage_date_utc": _day(spot),
            "model": _CLAUDE[spot.model],
            "workspace": "Default",
            "api_key": spot.key,
            "usage_type": "message",
            "context_window": "≤ 200k",
            "token_type": _CONSOLE.get(spot.kind, ""),
            "cost_usd": amount,
            "list_price_usd": amount,
            "cost_type": "token" if spot.kind in _CONSOLE else "web_search",
            "inference_geo": "not_available",
            "speed": "",
        }
        for spot, _, amount in _asked(items)
    ]
    _table(path, rows)


def _console_usage(path: Path, items: Items) -> None:
    rows = [
        {
            "usage_date_utc": _day(Spot(day, model, key, "")),
            "model_version": _CLAUDE_IDS[model],
            "api_key": key,
            "workspace": "Default",
            "usage_type": "standard",
            "context_window": "≤ 200k",
            "usage_input_tokens_no_cache": str(counts.get("input_tokens", 0)),
            "usage_input_tokens_cache_write_5m": str(counts.get("cache_write_5m_tokens", 0)),
            "usage_input_tokens_cache_write_1h": str(counts.get("cache_write_1h_tokens", 0)),
            "usage_input_tokens_cache_read": str(counts.get("cache_read_tokens", 0)),
            "usage_output_tokens": str(counts.get("output_tokens", 0)),
            "web_search_count": str(counts.get("web_searches", 0)),
            "inference_geo": "not_available",
            "speed": "",
        }
        for (day, model, key), counts in _counted(items).items()
    ]
    _table(path, rows)


_API = {
    "input_tokens": "uncached_input_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_5m_tokens": "cache_creation.ephemeral_5m_input_tokens",
    "cache_write_1h_tokens": "cache_creation.ephemeral_1h_input_tokens",
    "output_tokens": "output_tokens",
}


def _api_page(path: Path, results: Mapping[int, list[dict[str, Any]]]) -> None:
    data = [
        {
            "starting_at": f"{MONDAY + day * DAY:%Y-%m-%dT%H:%M:%SZ}",
            "ending_at": f"{MONDAY + (day + 1) * DAY:%Y-%m-%dT%H:%M:%SZ}",
            "results": found,
        }
        for day, found in results.items()
    ]
    path.write_text(json.dumps({"data": data, "has_more": False, "next_page": None}), "utf-8")


def _api_costs(path: Path, items: Items) -> None:
    """Searches have no model here."""
    results: dict[int, list[dict[str, Any]]] = {}
    for spot, item, _ in _asked(items):
        is_token = spot.kind in _API
        one = {
            "currency": "USD",
            "amount": to_text((item.amount or Decimal(0)) * 100),
            "workspace_id": None,
            "description": f"{_CLAUDE[spot.model]} Usage" if is_token else "Web Search Usage",
            "cost_type": "tokens" if is_token else "web_search",
            "context_window": "0-200k" if is_token else None,
            "model": _CLAUDE_IDS[spot.model] if is_token else None,
            "service_tier": "standard" if is_token else None,
            "token_type": _API.get(spot.kind),
            "inference_geo": None,
        }
        results.setdefault(spot.day, []).append(one)
    _api_page(path, results)


def _api_usage(path: Path, items: Items) -> None:
    results: dict[int, list[dict[str, Any]]] = {}
    for (day, model, _), counts in _counted(items).items():
        one = {
            "uncached_input_tokens": counts.get("input_tokens", 0),
            "cache_creation": {
                "ephemeral_1h_input_tokens": counts.get("cache_write_1h_tokens", 0),
                "ephemeral_5m_input_tokens": counts.get("cache_write_5m_tokens", 0),
            },
            "cache_read_input_tokens": counts.get("cache_read_tokens", 0),
            "output_tokens": counts.get("output_tokens", 0),
            "server_tool_use": {"web_search_requests": counts.get("web_searches", 0)},
            "api_key_id": None,
            "workspace_id": None,
            "model": _CLAUDE_IDS[model],
            "service_tier": "standard",
            "context_window": "0-200k",
            "inference_geo": "not_available",
        }
        results.setdefault(day, []).append(one)
    _api_page(path, results)


_OPENAI = {"gpt-4.1-mini": "gpt-4.1-mini-2025-04-14", "gpt-4.1": "gpt-4.1-2025-04-14"}
_LINE_ITEMS = {"input_tokens": "input", "cache_read_tokens": "cached input", "output_tokens": "output"}


def _openai_page(path: Path, results: Mapping[int, list[dict[str, Any]]]) -> None:
    data = [
        {
            "object": "bucket",
            "start_time": int((MONDAY + day * DAY).timestamp()),
            "end_time": int((MONDAY + (day + 1) * DAY).timestamp()),
            "results": found,
        }
        for day, found in results.items()
    ]
    path.write_text(json.dumps({"object": "page", "data": data, "has_more": False, "next_page": None}), "utf-8")


def _openai_costs(path: Path, items: Items) -> None:
    results: dict[int, list[dict[str, Any]]] = {}
    for spot, _, amount in _asked(items):
        one = {
            "object": "organization.costs.result",
            "amount": {"value": amount, "currency": "usd"},
            "line_item": f"{_OPENAI[spot.model]}, {_LINE_ITEMS[spot.kind]}",
            "project_id": "proj_made",
        }
        results.setdefault(spot.day, []).append(one)
    _openai_page(path, results)


def _openai_usage(path: Path, items: Items) -> None:
    results: dict[int, list[dict[str, Any]]] = {}
    for (day, model, _), counts in _counted(items).items():
        cached = counts.get("cache_read_tokens", 0)
        one = {
            "object": "organization.usage.completions.result",
            "input_tokens": counts.get("input_tokens", 0) + cached,
            "output_tokens": counts.get("output_tokens", 0),
            "input_cached_tokens": cached,
            "input_audio_tokens": 0,
            "output_audio_tokens": 0,
            "num_model_requests": 2,
            "project_id": "proj_made",
            "model": _OPENAI[model],
            "batch": False,
            "service_tier": "default",
        }
        results.setdefault(day, []).append(one)
    _openai_page(path, results)


_NOVA = {"amazon.nova-lite-v1:0": "NovaLite", "amazon.nova-pro-v1:0": "NovaPro"}
_USAGE_TYPES = {
    "input_tokens": "input-tokens",
    "cache_read_tokens": "cache-read-input-token-count",
    "output_tokens": "output-tokens",
}


def cur_line(number: int, day: int, **told: str) -> dict[str, str]:
    """A line of a Cost and Usage Report, a tax or credit unless it is told otherwise."""
    at = MONDAY + day * DAY
    return {
        "identity_line_item_id": f"li-{number}",
        "line_item_usage_start_date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "line_item_usage_end_date": f"{at + DAY:%Y-%m-%dT%H:%M:%SZ}",
        "line_item_usage_account_id": "111122223333",
        "line_item_line_item_type": "Usage",
        "line_item_product_code": "AmazonBedrock",
        "line_item_usage_type": "",
        "line_item_resource_id": "",
        "line_item_line_item_description": "",
        "line_item_usage_amount": "0",
        "pricing_unit": "1K tokens",
        "line_item_currency_code": "USD",
        "line_item_unblended_cost": "0",
        "product_region_code": "us-east-1",
        **told,
    }


def _cur(path: Path, items: Items, more: Sequence[Mapping[str, str]] = ()) -> None:
    rows = [
        cur_line(
            number,
            spot.day,
            line_item_usage_type=f"USE1-{_NOVA[spot.model]}-{_USAGE_TYPES[spot.kind]}",
            line_item_resource_id=f"arn:aws:bedrock:us-east-1:111122223333:foundation-model/{spot.model}",
            line_item_usage_amount=to_text(Decimal(item.quantity or 0) / 1000),
            line_item_unblended_cost=amount,
        )
        for number, (spot, item, amount) in enumerate(_asked(items))
    ]
    _table(path, [*rows, *more])


def cur_with_other_lines(path: Path, items: Items) -> Mapping[str, Decimal]:
    """A Cost and Usage Report with lines that are no usage; returns what each cause asks."""
    others = {"Tax": "3.21", "Credit": "-1.5", "SavingsPlanRecurringFee": "7"}
    more = [
        cur_line(1000 + number, 0, line_item_line_item_type=kind, line_item_unblended_cost=amount)
        for number, (kind, amount) in enumerate(others.items())
    ]
    _cur(path, items, more)
    return {"tax": Decimal("3.21"), "credit_or_discount": Decimal("-1.5"), "commitment": Decimal(7)}


_TOKENS = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens")
CONSOLE = Seller("console.csv", _CLAUDE, (*_TOKENS, "web_searches"), ("key-a", "key-b"), _console_costs, _console_usage)
API = Seller(
    "api.json", _CLAUDE, (*_TOKENS, "web_searches"), ("",), _api_costs, _api_usage, without_model=("web_searches",)
)
OPENAI = Seller("openai.json", _OPENAI, tuple(_LINE_ITEMS), ("",), _openai_costs, _openai_usage)
CUR = Seller("cur.csv", _NOVA, tuple(_USAGE_TYPES), ("",), _cur, None, has_quantities=True, provider="aws")
SELLERS = (CONSOLE, API, OPENAI, CUR)
