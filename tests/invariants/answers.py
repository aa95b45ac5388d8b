"""What a price book answers: the same questions of every name at every month end, as one table to compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.domain.quotes.bill import Line
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.usage.formats import read_usage
from llmpricing.domain.usage.quantities import Usage
from llmpricing.models import Offering
from llmpricing.services.quotes.quoting import Asked, Quoted, QuoteError, quote_many

AT_A_TIME = 20_000

USAGES: Mapping[str, Usage] = {
    "plain": read_usage({"input_tokens": 1_000, "output_tokens": 500}),
    "cached with writes": read_usage(
        {"input_tokens": 10_000, "cache_read_tokens": 4_000, "cache_write_tokens": 2_000, "output_tokens": 500}
    ),
    "web search and audio": read_usage(
        {
            "input_tokens": 1_000,
            "input_audio_tokens": 300,
            "output_tokens": 500,
            "output_audio_tokens": 200,
            "web_searches": 1,
        }
    ),
}


class Question(NamedTuple):
    """One of the questions: what this usage of this name costs at that time."""

    name: str
    at: datetime
    usage: str


class Rate(NamedTuple):
    """What one unit of a meter costs, and which list says so."""

    meter: str
    source: str
    unit: Fraction


class Answer(NamedTuple):
    """What matters of a quote: total or bounds, who is behind its lines, what it says beside, why there is no total.

    ``scheduled`` are the sources of those lines whose price holds by the clock; ``rates`` are what the lines ask for
    each meter, and who says so.
    """

    total: Decimal | None
    bounds: tuple[Decimal | None, Decimal | None]
    sources: frozenset[str]
    scheduled: frozenset[str]
    codes: frozenset[Code]
    rates: frozenset[Rate] = frozenset()
    refused: str | None = None

    @property
    def is_known(self) -> bool:
        return self.total is not None

    @property
    def is_bounded(self) -> bool:
        """Whether there is no total, but both of its bounds."""
        return self.total is None and None not in self.bounds


Answers = Mapping[Question, Answer]


def month_ends(months: int, until: datetime) -> list[datetime]:
    """The last days, at noon UTC, of so many months before ``until``, in order."""
    found: list[datetime] = []
    first = until.replace(day=1, hour=12, minute=0, second=0, microsecond=0)
    while len(found) < months:
        last = first - timedelta(days=1)
        found.append(last)
        first = last.replace(day=1)
    return found[::-1]


def names_of_book(session: Session) -> list[str]:
    """The full ids of all offerings, in order."""
    return list(session.scalars(select(Offering.slug).order_by(Offering.slug)))


def answers(session: Session, names: Sequence[str], moments: Sequence[datetime]) -> Answers:
    """The book's answers as it stands, for every usage."""
    questions = [Question(name, at, usage) for at in moments for name in names for usage in USAGES]
    return dict(zip(questions, _answers(session, questions), strict=True))


def _answers(session: Session, questions: Sequence[Question]) -> Iterator[Answer]:
    for first in range(0, len(questions), AT_A_TIME):
        asked = [Asked(name, USAGES[usage], at) for name, at, usage in questions[first : first + AT_A_TIME]]
        yield from map(_answer, quote_many(session, asked))


def _answer(found: Quoted | QuoteError) -> Answer:
    if isinstance(found, Exception):
        nothing: frozenset[str] = frozenset()
        return Answer(None, (None, None), nothing, nothing, frozenset(), str(found))
    quote = found.quote
    prices = [line.unit_rate.price for line in quote.lines if line.unit_rate.price and line.quantity]
    return Answer(
        quote.total,
        (quote.low, quote.high),
        _one_of(frozenset(price.source for price in prices)),
        _one_of(frozenset(price.source for price in prices if price.conditions.schedule)),
        _one_of(frozenset(notice.code for notice in (*quote.warnings, *quote.notes))),
        _one_of(frozenset(_rate(line) for line in quote.lines if line.unit_rate.price and line.quantity)),
        None if quote.total is not None else f"{quote.state}: {'; '.join(share.reason for share in quote.unpriced)}",
    )


def _rate(line: Line) -> Rate:
    price = line.unit_rate.price
    assert price is not None
    return Rate(line.meter, price.source, Fraction(price.amount or 0) / price.per)


_Value = TypeVar("_Value")
_seen: dict[Any, Any] = {}


def _one_of(value: _Value) -> _Value:
    """The value itself, or an equal one of before: a million answers hold a few thousand."""
    return _seen.setdefault(value, value)
