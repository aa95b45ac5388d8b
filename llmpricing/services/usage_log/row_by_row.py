"""Rows quoted one by one: what decides every answer, and what every faster way is measured against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.quotes.context import Context, context
from llmpricing.domain.quotes.why_unpriced import why_unpriced
from llmpricing.domain.times import InstantError
from llmpricing.domain.usage.formats import UsageError, read_usage
from llmpricing.domain.usage.quantities import Usage
from llmpricing.domain.usage.wording import Parameter, ParameterWords, Way, in_python, in_words
from llmpricing.services.price_book import Reads
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.services.usage_log.batch import Batch
from llmpricing.services.usage_log.cells import cells
from llmpricing.services.usage_log.layout import Layout
from llmpricing.services.usage_log.times import read_cell, time_cells

_AT_ONCE = 1000


class RowAnswer(NamedTuple):
    """What is said of a row besides its cost; ``reason`` tells why it has none. ``warnings`` are the codes of its
    quote's, by the alphabet.
    """

    reason: str | None
    currency: str = ""
    state: str = ""
    price_ids: str = ""
    offering: str = ""
    warnings: str = ""


class RowQuote(NamedTuple):
    """A row's question, as far as it could be read, and its answer; ``total`` is None where there is a reason."""

    asked: Asked | None
    total: Decimal | None
    answer: RowAnswer


@dataclass(frozen=True)
class LogTerms:
    """What holds for the whole log: when usage without a time happened, what was known, what bare times mean, whether
    contract rates count, and how a reason calls the parameters that it names.
    """

    now: datetime
    known_at: datetime
    assume_utc: bool = False
    with_rates: bool = True
    words: ParameterWords = in_python


def quote_rows(reads: Reads, terms: LogTerms, batch: Batch, rows: Sequence[int]) -> list[RowQuote]:
    """The answers for these rows of the batch, in order."""
    found: list[RowQuote] = []
    for start in range(0, len(rows), _AT_ONCE):
        chosen = rows[start : start + _AT_ONCE]
        read = [_read(batch, terms, row, named) for row, named in zip(chosen, _cells(batch, chosen), strict=True)]
        asked = [one for one in read if isinstance(one, Asked)]
        quoted = iter(quote_many(reads, asked))
        found += [_answered(one, next(quoted), terms.words) if isinstance(one, Asked) else one for one in read]
    return found


def _cells(batch: Batch, rows: Sequence[int]) -> Iterable[Mapping[str, Any]]:
    """What these rows say by column, as far as it counts and has not been read."""
    layout = batch.layout
    names = [name for name in layout.counting if name not in layout.fields]
    table = batch.table.select(names).take(list(rows))
    columns = [time_cells(table.column(name)) if name == layout.at else cells(table.column(name)) for name in names]
    return (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


def _answered(asked: Asked, answer: Quoted | Exception, words: ParameterWords) -> RowQuote:
    if not isinstance(answer, Quoted):
        return RowQuote(asked, None, RowAnswer(reason_of(answer, words)))
    quote = answer.quote
    if quote.total is None:
        return RowQuote(asked, None, RowAnswer(why_unpriced(quote, words), offering=answer.model.slug))
    ids = " ".join(str(line.price_id) for line in quote.lines if line.price_id is not None)
    said = (None, quote.currency or "", quote.state, ids, answer.model.slug)
    return RowQuote(asked, quote.total, RowAnswer(*said, codes_text(warning.code for warning in quote.warnings)))


def codes_text(codes: Iterable[str]) -> str:
    """The codes as a row tells them: each once, by the alphabet."""
    return " ".join(sorted(set(codes)))


def reason_of(refusal: Exception, words: ParameterWords) -> str:
    """What the refusal says, and whose name it may be instead."""
    said = in_words(refusal, words)
    names = getattr(refusal, "candidates", None) or getattr(refusal, "suggestions", ())
    if not names:
        return said
    way = Way(": say so, ", Parameter("meant", (getattr(refusal, "name", ""), names[0])))
    return f"{said}; did you mean {' or '.join(names)}{way.said(words)}"


def _read(batch: Batch, terms: LogTerms, place: int, row: Mapping[str, Any]) -> Asked | RowQuote:
    """The question that the row at this place asks, or why it asks none."""
    layout = batch.layout
    try:
        if batch.usage is None:
            usage = usage_of((meter, row[name]) for name, meter in layout.meters.items())
        else:
            usage = _readable(batch.usage[place])
        at, hour_stated = (terms.now, True) if layout.at is None else read_cell(row[layout.at], terms.assume_utc)
    except UsageError as error:
        return RowQuote(None, None, RowAnswer(in_words(error, terms.words)))
    except InstantError as error:
        return RowQuote(None, None, RowAnswer(f"{layout.at} {in_words(error, terms.words)}"))
    name, provider = layout.asked_for(row)
    stated = context_of(layout, {name: row[name] for name in layout.named[2:] if name})
    stated = stated if hour_stated else stated._replace(time_known=False)
    rate_ids = None if terms.with_rates else ()
    return Asked(name, usage, at, terms.known_at, stated, provider or None, rate_ids=rate_ids)


def _readable(usage: Usage | UsageError) -> Usage:
    if isinstance(usage, UsageError):
        raise usage
    return usage


def usage_of(cells: Iterable[tuple[str, Any]]) -> Usage:
    """Usage from a row's cells by meter, empty ones left out; raises UsageError."""
    return read_usage({meter: _number(meter, cell) for meter, cell in cells if cell is not None and cell != ""})


def _number(meter: str, cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    try:
        return parse_decimal(cell)
    except MoneyError:
        raise UsageError(meter, f"is {cell[:40]!r}, not a number") from None


def context_of(layout: Layout, row: Mapping[str, str | None]) -> Context:
    """What the row states of its request besides counts and time."""
    tier = row[layout.service_tier] if layout.service_tier else None
    region = row[layout.region] if layout.region else None
    return context(tier, region, {name: value for name in layout.facts if (value := row[name])})
