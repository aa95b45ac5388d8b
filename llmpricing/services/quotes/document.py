"""A quote as API and command line show it: decimals as plain text, quantities as numbers where they are whole."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

import msgspec

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.bill import Line, Quote
from llmpricing.domain.quotes.notices import RULES, Notice
from llmpricing.domain.usage.quantities import Quantity
from llmpricing.services.catalogue.price_evidence import EvidenceDocument
from llmpricing.services.quotes.line_evidence import Resting
from llmpricing.services.quotes.quoting import Quoted

# A time, or a bare date where the hour was not stated; msgspec describes no type that is either.
DayOrTime: TypeAlias = Annotated[
    Any, msgspec.Meta(extra_json_schema={"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]})
]

# Without gc: a batch makes thousands of these, and collecting garbage among all remembered prices would cost most.


class LineDocument(msgspec.Struct, frozen=True, gc=False):
    """``rate`` (in ``rate_currency``) x ``quantity`` / ``per`` is ``amount`` in ``currency``."""

    meter: str
    quantity: int | str
    rate: str
    per: int
    rate_currency: str
    amount: str
    list_amount: str | None
    currency: str
    state: str
    price_id: int | None
    rate_id: int | None
    rule: str
    source: str | None
    source_url: str | None
    basis: str | None
    valid_from: datetime | None
    evidence: EvidenceDocument | None


class UnpricedDocument(msgspec.Struct, frozen=True, gc=False):
    """What no price covers, and why."""

    meter: str
    quantity: int | str
    reason: str


class NoticeDocument(msgspec.Struct, frozen=True, gc=False):
    """A warning or a note; ``other_total`` is in the quote's currency."""

    code: str
    message: str
    meter: str | None
    other_total: str | None
    other_source: str | None


class ExchangeDocument(msgspec.Struct, frozen=True, gc=False):
    """One unit of ``base`` is worth ``rate`` units of ``quote``."""

    base: str
    quote: str
    rate: str
    on: date
    source: str


class ModelDocument(msgspec.Struct, frozen=True, gc=False):
    """Whose prices they are, and by which rule the name meant it."""

    id: str
    matched_by: str


class QuoteDocument(msgspec.Struct, frozen=True, gc=False):
    """A quote's ``data``. Asked again with the same ``at`` (a bare date where the hour was not stated),
    ``known_at`` and by the same ``rules``, it has the same content, whatever was published since.
    ``usage_format`` tells how usage was read that named no format.
    """

    total: str | None
    list_total: str | None
    currency: str | None
    state: str
    lines: tuple[LineDocument, ...]
    unpriced: tuple[UnpricedDocument, ...]
    warnings: tuple[NoticeDocument, ...]
    notes: tuple[NoticeDocument, ...]
    low: str | None
    high: str | None
    missing: tuple[str, ...]
    exchange_rates: tuple[ExchangeDocument, ...]
    model: ModelDocument
    at: DayOrTime
    known_at: datetime
    rules: int
    usage_format: str | None


def quote_document(quoted: Quoted) -> QuoteDocument:
    """The quote as it is shown."""
    quote = quoted.quote
    total = _money(quote.total)
    return QuoteDocument(
        total,
        total if quote.list_total is quote.total else _money(quote.list_total),
        quote.currency,
        str(quote.state),
        tuple([_line(line, quoted.resting) for line in quote.lines]),
        _unpriced(quote) if quote.unpriced else (),
        _notices(quote.warnings),
        _notices(quote.notes),
        _money(quote.low),
        _money(quote.high),
        quote.missing,
        _exchange_rates(quote) if quote.exchanges else (),
        ModelDocument(quoted.model.slug, quoted.model.rule),
        quoted.at,
        quoted.known_at,
        RULES,
        quoted.usage_format,
    )


def _unpriced(quote: Quote) -> tuple[UnpricedDocument, ...]:
    return tuple(UnpricedDocument(u.meter, _quantity(u.quantity), u.reason) for u in quote.unpriced)


def _line(line: Line, resting: Resting | None) -> LineDocument:
    unit_rate, amount, quantity = line.unit_rate, to_text(line.amount), line.quantity
    price = unit_rate.price
    return LineDocument(  # in order: names would cost five times as much
        unit_rate.meter,
        quantity if isinstance(quantity, int) else to_text(quantity),
        unit_rate.rate_text,
        unit_rate.paid_per,
        unit_rate.currency,
        amount,
        amount if line.list_amount is line.amount else _money(line.list_amount),
        line.currency,
        unit_rate.state,
        price.id if price else None,
        unit_rate.contract_rate.id if unit_rate.contract_rate else None,
        line.rule,
        price.source if price else None,
        price.source_url if price else None,
        price.basis if price else None,
        price.valid_from if price else None,
        resting.evidence(price) if resting and price else None,
    )


def _notices(notices: tuple[Notice, ...]) -> tuple[NoticeDocument, ...]:
    if not notices:  # nearly always, a thousand times a batch
        return ()
    return tuple(
        [NoticeDocument(n.code.value, n.message, n.meter, _money(n.other_total), n.other_source) for n in notices]
    )


def _exchange_rates(quote: Quote) -> tuple[ExchangeDocument, ...]:
    return tuple(ExchangeDocument(e.base, e.quote, to_text(e.rate), e.on, e.source) for e in quote.exchanges)


def _money(value: Decimal | None) -> str | None:
    return None if value is None else to_text(value)


def _quantity(value: Quantity) -> int | str:
    return value if isinstance(value, int) else to_text(value)
