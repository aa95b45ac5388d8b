"""Quotes and refusals as the API shows them: decimals as plain text, quantities as numbers where they are whole."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import structlog

from llmpricing.domain.bills import Line, Quote
from llmpricing.domain.contexts import NOT_STATED, ContextError
from llmpricing.domain.money import to_text
from llmpricing.domain.quantities import Quantity, UsageError
from llmpricing.domain.quotes import PriceIdError
from llmpricing.services.quoting import AmbiguousModel, Quoted, Refusal, UnknownModel
from llmpricing.web.errors import Refused, invalid

log = structlog.get_logger()


class Place(NamedTuple):
    """Where in a request a question stands, so that errors name the caller's field."""

    item: str = ""
    usage: str = "usage."
    context: str = "context."


def quote_json(quoted: Quoted) -> dict[str, Any]:
    """A quote's ``data``. The same times give the same bytes, whenever it is asked."""
    quote = quoted.quote
    return {
        "total": _money(quote.total),
        "list_total": _money(quote.list_total),
        "currency": quote.currency,
        "state": str(quote.state),
        "lines": [_line_json(line) for line in quote.lines],
        "unpriced": [{"meter": u.meter, "quantity": _quantity(u.quantity), "reason": u.reason} for u in quote.unpriced],
        "warnings": quote.warnings,
        "low": _money(quote.low),
        "high": _money(quote.high),
        "missing": quote.missing,
        "exchange_rates": _exchanges_json(quote),
        "model": {"id": quoted.model.slug, "matched_by": quoted.model.rule},
        "at": quoted.at,
        "known_at": quoted.known_at,
    }


def _line_json(line: Line) -> dict[str, Any]:
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


def _exchanges_json(quote: Quote) -> list[dict[str, Any]]:
    return [
        {"base": e.base, "quote": e.quote, "rate": to_text(e.rate), "on": e.on, "source": e.source}
        for e in quote.exchanges
    ]


def _money(value: Decimal | None) -> str | None:
    return None if value is None else to_text(value)


def _quantity(value: Quantity) -> int | str:
    return value if isinstance(value, int) else to_text(value)


def refusal(error: Refusal, place: Place) -> Refused:
    """Why there is no quote, with the candidates or the values that would do."""
    if isinstance(error, UnknownModel | AmbiguousModel):
        return unresolved(error, f"{place.item}model")
    if isinstance(error, ContextError):
        return _unknown_fact(error, f"{place.item}{place.context}{error.field}")
    if isinstance(error, PriceIdError):
        field = f"{place.item}price_ids"
        return invalid(field, f"{field} names prices that are not this offering's.", unknown=error.ids)
    log.error("prices_contradict", reason=str(error))
    message = "The stored prices of this offering contradict each other. The request is not at fault; it was logged."
    return Refused(500, "PRICES_CONTRADICT", message)


def unresolved(error: UnknownModel | AmbiguousModel, field: str) -> Refused:
    """The 404 or 409 of a name."""
    if isinstance(error, UnknownModel):
        message = "No offering bears this name. Ids look like openai/gpt-4o."
        return Refused(404, "MODEL_NOT_FOUND", message, field=field, suggestions=error.suggestions)
    message = "Several offerings bear this name: choose one of the candidates, or name the provider."
    return Refused(409, "MODEL_AMBIGUOUS", message, field=field, candidates=error.candidates)


def _unknown_fact(error: ContextError, field: str) -> Refused:
    if error.value == NOT_STATED:
        return invalid(field, f"{field} must be stated: too many prices depend on it.", known=error.known)
    known = f"known are {', '.join(error.known)}" if error.known else "no price of this offering depends on it"
    return invalid(field, f"{field} does not know that value; {known}.", known=error.known)


def bad_usage(error: UsageError, place: Place) -> Refused:
    """The 400 that names the quantity at fault by the caller's own name of it."""
    field = f"{place.item}usage" if error.field == "usage" else f"{place.item}{place.usage}{error.field}"
    end = "" if error.message.endswith("?") else "."
    return invalid(field[:200], f"{field[:200]} {error.message}{end}")
