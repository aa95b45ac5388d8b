"""A quote by genai-prices' `calc_price` with the fields of ours: what that library says of each, else null.

The body is checked by pydantic, as FastAPI's users do, without the detour over FastAPI's own parameters; orjson writes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any


def quote_by_calc_price() -> Callable[[Any], Awaitable[bytes]]:
    """One quote of a posted body."""
    genai_prices, orjson = import_module("genai_prices"), import_module("orjson")
    read, options = _reader(), orjson.OPT_UTC_Z

    async def answer(request: Any) -> bytes:
        asked = read(await request.body())
        provider, _, model = asked.model.partition("/")
        usage, at = genai_prices.Usage(**asked.usage), asked.at or datetime.now(UTC)
        found = genai_prices.calc_price(usage, model, provider_id=provider, genai_request_timestamp=at)
        encoded: bytes = orjson.dumps(
            {"data": _document(found, usage, at), "meta": {"catalogue_version": 1}}, option=options
        )
        return encoded

    return answer


def _reader() -> Callable[[bytes], Any]:
    """The body checked: a model's name and quantities, and a time where there is one."""
    pydantic = import_module("pydantic")

    class Body(pydantic.BaseModel, extra="forbid"):  # type: ignore[misc, name-defined, call-arg]
        model: str
        usage: dict[str, int]
        at: datetime | None = None

    reader: Callable[[bytes], Any] = Body.model_validate_json
    return reader


def _document(found: Any, usage: Any, at: datetime) -> dict[str, Any]:
    total, prices = format(found.total_price, "f"), found.model_price
    lines = [
        _line(found, "input_tokens", usage.input_tokens, prices.input_mtok, found.input_price),
        _line(found, "output_tokens", usage.output_tokens, prices.output_mtok, found.output_price),
    ]
    return {
        "total": total,
        "list_total": total,
        "currency": "USD",
        "state": "priced",
        "lines": [line for line in lines if line is not None],
        "unpriced": (),
        "warnings": (),
        "notes": (),
        "low": None,
        "high": None,
        "missing": (),
        "exchange_rates": (),
        "model": {"id": f"{found.provider.id}/{found.model.id}", "matched_by": "id"},
        "at": at,
        "known_at": at,
        "rules": 1,
        "usage_format": None,
    }


def _line(found: Any, meter: str, quantity: int | None, rate: Any, amount: Decimal) -> dict[str, Any] | None:
    """The line of a meter that was used; a price in tiers has no one rate."""
    if not quantity:
        return None
    paid, urls = format(amount, "f"), found.provider.pricing_urls
    return {
        "meter": meter,
        "quantity": quantity,
        "rate": format(rate, "f") if isinstance(rate, Decimal) else None,
        "per": 1_000_000,
        "rate_currency": "USD",
        "amount": paid,
        "list_amount": paid,
        "currency": "USD",
        "state": "priced",
        "price_id": None,
        "rate_id": None,
        "rule": "base",
        "source": "genai-prices",
        "source_url": urls[0] if urls else None,
        "basis": "stated",
        "valid_from": None,
        "evidence": {
            "basis": "stated",
            "first_seen": None,
            "last_seen": None,
            "agrees": (),
            "differs": (),
            "via": None,
        },
    }
