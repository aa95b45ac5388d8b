"""Prices without a server: usage priced by the file of a price book. No database, no network.

from llmpricing import Pricer

pricer = Pricer.open("prices.book")  # written by: llmpricing book export prices.book
pricer.quote("openai/gpt-4o", {"prompt_tokens": 1000, "completion_tokens": 500}).total
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.names.matching import Resolution
from llmpricing.domain.quotes.context import context
from llmpricing.domain.times import not_ahead, read_instant
from llmpricing.domain.usage.formats import UsageFormat, read_usage
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import resolve_name
from llmpricing.services.price_book import book_state
from llmpricing.services.quotes.quoting import Asked, Quoted, QuoteError, meant, quote_many, quote_one

if TYPE_CHECKING:
    import pyarrow as pa

Instant = datetime | date | str


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question: what ``usage`` of ``model`` costs.

    ``usage`` counts by our meters, or is a provider's usage object as it stands in an answer (``usage_format`` "auto"
    recognises which). ``at`` is when it was used (None: now), ``known_at`` by what was known then (None: up to the
    book's last change): an aware datetime, a date, or ISO 8601. ``facts`` are further facts that prices depend on, such
    as ``{"search_context_size": "low"}``; ``provider`` says who sold it where ``model`` does not.
    """

    model: str
    usage: Mapping[str, Any]
    at: Instant | None = None
    known_at: Instant | None = None
    provider: str | None = None
    service_tier: str | None = None
    region: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    currency: str | None = None
    usage_format: UsageFormat = "auto"


class Pricer:
    """Answers from one price book; immutable, and safe to share between threads."""

    def __init__(self, book: PriceBook, digest: str) -> None:
        self._book, self.digest = book, digest
        self.version, self.known_until = book.version, book.last_change

    @classmethod
    def open(cls, file: str | PathLike[str]) -> Pricer:
        """The pricer of a book's file, checked byte by byte and held in memory; raises BookFileError."""
        from llmpricing.book.file import open_book  # what reads files is loaded where one is opened

        opened = open_book(Path(file))
        return cls(opened.by_itself, opened.digest)

    def quote(self, model: str, usage: Mapping[str, Any], **facts: Any) -> Quoted:
        """What usage of a model costs; ``facts`` are those of ``Inquiry``. The answer's ``total`` is an exact Decimal,
        None where it is not known: then ``quote.unpriced`` says why.

        Raises UsageError for usage that cannot be read, InstantError for a time that is none, for a ``known_at`` in the
        future and (LaterThanKnown) for one beyond a book of what was known at a time; UnknownModel and AmbiguousModel
        (with suggestions) for a name, ContextError for a fact that the offering does not know.
        """
        return quote_one(self._book, _asked(Inquiry(model, usage, **facts)))

    def quote_many(self, questions: Iterable[Inquiry]) -> list[Quoted | QuoteError]:
        """The answers in order, a refusal in the place of an answer that cannot be given; raises UsageError and
        InstantError as ``quote`` does.
        """
        return quote_many(self._book, [_asked(one) for one in questions])

    def resolve(self, model: str, *, provider: str | None = None, at: Instant | None = None) -> Resolution:
        """Which offering a name means, and by which rule; raises UnknownModel and AmbiguousModel."""
        clocks = Clocks(_instant(at)[0], book_state(self._book).known_at(None))
        return meant(resolve_name(self._book, clocks, model, provider), model, provider)

    def price_batches(
        self,
        batches: Iterable[pa.RecordBatch],
        *,
        columns: Mapping[str, Any] | None = None,
        known_at: Instant | None = None,
        now: Instant | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """The batches of a usage log, each with ``cost`` (decimal128 of 12 places, null where there is none),
        ``currency``, ``state``, ``price_ids``, ``offering``, ``warnings``, ``reason`` (why a row has no cost) and
        ``book`` (the file's SHA-256) behind its own columns, which are named as those of ``llmpricing price`` logs:
        ``model``, ``at``, ``input_tokens`` and so on. ``columns`` are further arguments of ``ColumnRoles``: ``model``,
        ``at``, ``usage_format``, ``ignored``; a row that states no time was used ``now``. Raises LogError where columns
        do not tell what to price.
        """
        from llmpricing.services.usage_log.price_batches import price_batches  # NumPy is loaded for many rows alone

        known, of_now = _known(known_at), _instant(now)[0]
        return price_batches(self._book, batches, dict(columns or {}), of_now, known, self.digest)


def _asked(inquiry: Inquiry) -> Asked:
    at, hour_stated = _instant(inquiry.at)
    return Asked(
        inquiry.model,
        read_usage(inquiry.usage, inquiry.usage_format),
        at,
        _known(inquiry.known_at),
        context(inquiry.service_tier, inquiry.region, inquiry.facts, hour_stated),
        inquiry.provider,
        inquiry.currency,
    )


def _known(stated: Instant | None) -> datetime | None:
    """By what time something was known; raises InstantError for the future too."""
    return None if stated is None else not_ahead(_instant(stated)[0], datetime.now(UTC))


def _instant(stated: Instant | None) -> tuple[datetime, bool]:
    """The time in UTC, and whether its hour is stated; raises InstantError."""
    if stated is None:
        return datetime.now(UTC), True
    return read_instant(stated if isinstance(stated, str) else stated.isoformat())
