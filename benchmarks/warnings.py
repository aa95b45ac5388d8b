"""How well warnings tell right answers from wrong ones.

python -m benchmarks.warnings [FOLDER]     (dated LiteLLM maps, DATE.json or DATE.json.xz, in one folder)

Two oracles. The published examples, asked of a book of the bundled lists at the time of each. And model-prices' dated
prices, asked at month ends of two books: of all bundled lists, models.dev with its prices and the maps of FOLDER; and
of the same without model-prices, where a wrong list may be the only one of its time. An answer is right that is the
oracle's within half a per cent. It is doubtful where some of its prices are carried over from another time, or where
lists of that time differ. model-prices knows prices of tokens alone: what a seller asks by the request (Perplexity), a
part of our total, is no part of what is compared with it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import model_prices
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from benchmarks.books import scratch_book
from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.usage.formats import read_usage
from llmpricing.models import Offering
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.sources import model_prices as parser
from llmpricing.sources.bundled import bundled
from llmpricing.sources.reading.providers import canonical
from tests.invariants.answers import month_ends
from tests.invariants.orders import DatedList, bundled_models_dev, dated_maps, import_one
from tests.published_examples import EXAMPLES, asked, is_stated_total

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONTHS = 18  # model-prices begins in June 2025
WITHIN = Decimal("0.005")
SHARE = Decimal("0.95")
USAGE = {"input_tokens": 1_000, "output_tokens": 500}
# Said of the price or of who says it; DATE_UNKNOWN and BETWEEN_SIGHTINGS are about its time.
OF_TIME = frozenset({Code.DATE_UNKNOWN, Code.BETWEEN_SIGHTINGS})
WARNINGS = OF_TIME | {Code.DISAGREEMENT, Code.UNDER_REVIEW, Code.STAND_IN, Code.FALLBACK_SELLER}


@dataclass(frozen=True)
class Judged:
    """An answer beside its oracle's: whether it is right, whether all its prices are stated or seen, what it says."""

    question: str
    is_right: bool
    is_fresh: bool
    codes: frozenset[Code]

    @property
    def is_warned(self) -> bool:
        return bool(self.codes & WARNINGS)

    @property
    def is_doubtful(self) -> bool:
        return not self.is_fresh or Code.DISAGREEMENT in self.codes


def main(folder: Path | None) -> None:
    """Print the table of both oracles; without a folder the second book has fewer lists."""
    more = [bundled_models_dev(), *(dated_maps(folder) if folder else [])]
    with scratch_book("genai-prices", "model-prices", "models-dev") as book:
        examples = list(_examples(book.engine))
        _import(book.engine, more)
        among = list(_dated(book.engine))
    with scratch_book("genai-prices", "models-dev") as book:
        _import(book.engine, more)
        dated = list(_dated(book.engine))
    print(f"| {' | '.join(('oracle', *_COLUMNS))} |")
    print(f"|---|{'---|' * len(_COLUMNS)}")
    rows = {"published examples": examples, "model-prices, one of the lists": among, "model-prices, left out": dated}
    for name, judged in rows.items():
        print(f"| {name} | {' | '.join(_row(judged))} |")
    for one in [one for one in (*examples, *among, *dated) if not one.is_right and not one.is_warned][:12]:
        print(f"  wrong without a word: {one.question}")


def _import(engine: Engine, lists: Sequence[DatedList]) -> None:
    for number, one in enumerate(lists, 1):
        with Session(engine) as session:
            import_one(session, one, NOW + timedelta(minutes=number))


_COLUMNS = (
    "totals",
    "right, on stated or seen prices",
    "with a warning of time",
    "wrong or doubtful",
    "with a warning",
    "wrong",
    "without a word",
)


def _row(judged: Sequence[Judged]) -> Iterator[str]:
    right = [one for one in judged if one.is_right and not one.is_doubtful]
    suspect = [one for one in judged if not one.is_right or one.is_doubtful]
    wrong = [one for one in judged if not one.is_right]
    yield f"{len(judged):,}"
    yield f"{len(right):,}"
    yield _share(sum(bool(one.codes & OF_TIME) for one in right), right)
    yield f"{len(suspect):,}"
    yield _share(sum(one.is_warned for one in suspect), suspect)
    yield f"{len(wrong):,}"
    yield _share(sum(not one.is_warned for one in wrong), wrong)


def _share(some: int, of: Sequence[Judged]) -> str:
    return f"{some:,} ({some / len(of):.1%})" if of else "0"


def _examples(engine: Engine) -> Iterator[Judged]:
    questions = [asked(example) for example in EXAMPLES]
    with Session(engine) as session:
        found = quote_many(session, questions)
    for example, question, answer in zip(EXAMPLES, questions, found, strict=True):
        if isinstance(answer, Quoted) and (total := answer.quote.total) is not None:
            said = f"{example['name']}: {example['total']}, not {total.normalize():f}"
            yield _judged(said, answer.quote, question.at, is_right=is_stated_total(total, example))


def _dated(engine: Engine) -> Iterator[Judged]:
    """Every model of model-prices at every month end at which its price is dated, as far as the book has the name."""
    usage = read_usage(USAGE)
    with Session(engine) as session:
        known = set(session.scalars(select(Offering.slug)))
        models = [model for model in _models() if model.slug in known]
        for at in month_ends(MONTHS, NOW):
            dated = [model for model in models if model.is_dated(at)]
            answers = quote_many(session, [Asked(model.slug, usage, at) for model in dated])
            for (slug, provider, api_id, _), answer in zip(dated, answers, strict=True):
                theirs = model_prices.cost(api_id, provider=provider, at=at, **USAGE)
                if theirs is None or not isinstance(answer, Quoted) or answer.quote.total is None:
                    continue
                total = _of_tokens(answer.quote)
                said = f"{slug} at {at:%Y-%m-%d}: {theirs:.6g}, not {total.normalize():f}"
                stated = Decimal(str(theirs))
                yield _judged(said, answer.quote, at, is_right=abs(total - stated) <= WITHIN * max(total, stated))


class _Model(NamedTuple):
    """A model of theirs that is found by its own id, with our id, and its standard prices in order of their start."""

    slug: str
    provider: str
    api_id: str
    segments: Sequence[Mapping[str, Any]]

    def is_dated(self, at: datetime) -> bool:
        """Whether the price that is in force then was seen or documented by then; before, they carry it back."""
        began = [one for one in self.segments if one["start"] is None or _time(one["start"]) <= at]
        rates = began[-1]["rates"] if began else None
        return bool(rates and rates.get("valid_from") and _time(rates["valid_from"]) <= at)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _models() -> Iterator[_Model]:
    for provider, models in json.loads(bundled(parser.SOURCE).data)["prices"].items():
        for api_id, modes in models.items():
            if model_prices.resolve(api_id, provider) == (provider, api_id):
                yield _Model(f"{canonical(provider)}/{api_id}", provider, api_id, modes["standard"])


def _of_tokens(quote: Quote) -> Decimal:
    """What the quote charges for tokens."""
    return sum((line.amount for line in quote.lines if METERS[line.meter].family == "tokens"), Decimal(0))


def _judged(question: str, quote: Quote, at: datetime, *, is_right: bool) -> Judged:
    prices = [line.unit_rate.price for line in quote.lines if line.unit_rate.price and line.quantity]
    codes = frozenset(notice.code for notice in (*quote.warnings, *quote.notes))
    return Judged(question, is_right, all(price.is_fresh(at) for price in prices), codes)


if __name__ == "__main__":
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("folder", type=Path, nargs="?", help="dated maps of LiteLLM's costs")
    main(cli.parse_args().folder)
