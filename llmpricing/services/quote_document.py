"""A quote as API and command line show it: decimals as plain text, quantities as numbers where they are whole."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from llmpricing.domain.bills import Line, Quote
from llmpricing.domain.money import to_text
from llmpricing.domain.quantities import Quantity
from llmpricing.services.quoting import Quoted


def quote_document(quoted: Quoted) -> dict[str, Any]:
    """The quote's ``data``. The same times give the same content, whenever it is asked."""
    quote = quoted.quote
    return {
        "total": _money(quote.total),
        "list_total": _money(quote.list_total),
        "currency": quote.currency,
        "state": str(quote.state),
        "lines": [_line(line) for line in quote.lines],
        "unpriced": [{"meter": u.meter, "quantity": _quantity(u.quantity), "reason": u.reason} for u in quote.unpriced],
        "warnings": quote.warnings,
        "low": _money(quote.low),
        "high": _money(quote.high),
        "missing": quote.missing,
        "exchange_rates": _exchange_rates(quote),
        "model": {"id": quoted.model.slug, "matched_by": quoted.model.rule},
        "at": quoted.at,
        "known_at": quoted.known_at,
    }


def _line(line: Line) -> dict[str, Any]:
    tariff = line.tariff
    price = tariff.price
    return {
        "meter": tariff.meter,
        "quantity": _quantity(line.quantity),
        "rate": to_text(line.rate),
        "per": line.per,
        "rate_currency": tariff.currency,
        "amount": to_text(line.amount),
        "list_amount": _money(line.list_amount),
        "currency": line.currency,
        "state": tariff.state.value,
        "price_id": price.id if price else None,
        "rate_id": line.rate_id,
        "rule": line.rule,
        "source": price.source if price else None,
        "source_url": price.source_url if price else None,
        "basis": price.basis.value if price else None,
        "valid_from": price.valid_from if price else None,
    }


def _exchange_rates(quote: Quote) -> list[dict[str, Any]]:
    return [
        {"base": e.base, "quote": e.quote, "rate": to_text(e.rate), "on": e.on, "source": e.source}
        for e in quote.exchanges
    ]


def _money(value: Decimal | None) -> str | None:
    return None if value is None else to_text(value)


def _quantity(value: Quantity) -> int | str:
    return value if isinstance(value, int) else to_text(value)
