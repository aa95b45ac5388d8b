"""The arithmetic behind the right figure of an example, line by line, with the price ids and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.bill import Line
from llmpricing.services.price_book import Reads
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.services.usage_log.audit.verdicts import Audited
from llmpricing.services.usage_log.formats.record import OutcomeKind


@dataclass(frozen=True)
class Example:
    """A record and the lines of its right cost; none where it has no price or is not billed."""

    audited: Audited
    lines: tuple[Line, ...] = ()

    @property
    def products(self) -> list[str]:
        """The products whose sum is the right figure."""
        return [_product(line) for line in self.lines]


def examples(
    reads: Reads, known_at: datetime, found: Sequence[Audited | None], *, with_rates: bool = True
) -> list[Example | None]:
    """The examples in order, quoted once more for their lines, by contract rates too where they count."""
    rate_ids = None if with_rates else ()
    asked = {
        place: _asked(one, known_at)._replace(rate_ids=rate_ids)
        for place, one in enumerate(found)
        if one is not None and _is_priced(one)
    }
    quoted = dict(zip(asked, quote_many(reads, list(asked.values())), strict=True))
    return [None if one is None else Example(one, _lines(quoted.get(place))) for place, one in enumerate(found)]


def _is_priced(one: Audited) -> bool:
    record = one.priced.record
    is_billed = one.priced.outcome.kind is OutcomeKind.BILLED
    return is_billed and one.cost is not None and record.usage is not None and record.at is not None


def _asked(one: Audited, known_at: datetime) -> Asked:
    record = one.priced.record
    assert record.usage is not None and record.at is not None  # noqa: S101, PT018 - else it is not priced
    return Asked(record.model, record.usage, record.at, known_at, record.context, record.provider)


def _lines(answer: Quoted | Exception | None) -> tuple[Line, ...]:
    return answer.quote.lines if isinstance(answer, Quoted) else ()


def _product(line: Line) -> str:
    said = [f"price {line.price_id}"] if line.price_id is not None else []
    said += [f"contract rate {line.rate_id}"] if line.rate_id is not None else []
    said += [line.source] if line.source else []
    per = f" / {line.per:,}" if line.per != 1 else ""
    return f"{line.quantity:,} {line.meter} x {to_text(line.rate)}{per} ({', '.join(said)})"
