"""Many rows at once: rows of one kind are multiplied together, in whole numbers; the rest is quoted row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from llmpricing.domain.quotes.context import Context
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.times import micros
from llmpricing.domain.usage.wording import ParameterWords, in_python
from llmpricing.services.names.lookup import Meaning
from llmpricing.services.names.name_history import Offered
from llmpricing.services.price_book import Reads, book_state
from llmpricing.services.usage_log.batch import Batch, Mask, Numbers
from llmpricing.services.usage_log.kinds import BY_ITSELF, ROUNDING, KindCost, PricedKind, priced_kind
from llmpricing.services.usage_log.price_lookup import (
    NO_PLACE,
    FoundPrices,
    Placed,
    PriceLookup,
    PriceQuestion,
    placed,
)
from llmpricing.services.usage_log.row_by_row import LogTerms, RowAnswer, codes_text, quote_rows
from llmpricing.services.usage_log.times import read_column
from llmpricing.services.usage_log.vectors import Counted, combined, counted, distinct

_REMEMBERED = 100_000  # kinds and found prices; a log of more begins anew now and then


@dataclass(frozen=True)
class Priced:
    """For each row of a batch the cost in 1e-12 of its currency, and which of ``answers`` is its own. ``totals`` hold
    the costs of rows that were quoted by themselves. Rows whose answer tells a reason have no cost. ``group`` tells
    which of ``kinds`` a row is of, unless it is one of ``alone``.
    """

    units: Numbers
    totals: dict[int, Decimal]
    which: Numbers
    answers: Sequence[RowAnswer]
    group: Numbers
    kinds: Sequence[PricedKind]
    alone: Mask

    @property
    def kind_of_rows(self) -> list[PricedKind | None]:
        """The kind of each row; None where it was quoted by itself."""
        group = np.where(self.alone, len(self.kinds), self.group).tolist()
        kinds = [*self.kinds, None]
        return [kinds[number] for number in group]

    @property
    def refused(self) -> Mask:
        """Which rows could not be priced."""
        found: Mask = np.array([answer.reason is not None for answer in self.answers], np.bool_)[self.which]
        return found


class LogPricer:
    """Prices the batches of one log. Every row's cost is that of its quote, to the last digit.

    ``with_rates``: contract rates count, which are for who may see them. Reasons are told in ``words``.
    """

    def __init__(
        self,
        reads: Reads,
        now: datetime,
        known_at: datetime | None,
        assume_utc: bool = False,
        *,
        with_rates: bool = True,
        words: ParameterWords = in_python,
    ) -> None:
        known = book_state(reads)
        recorded = known.known_at(known_at)
        self._reads, self._terms = reads, LogTerms(now, recorded, assume_utc, with_rates, words)
        self.known, self.recorded, self.with_rates, self.words = known, recorded, with_rates, words
        self._lookup = PriceLookup(reads, known, recorded, with_rates=with_rates)
        self._kinds: dict[tuple[object, ...], PricedKind] = {}

    def price(self, batch: Batch) -> Priced:
        """The answers for all rows of the batch."""
        if len(self._kinds) + len(self._lookup) > _REMEMBERED:
            self._kinds.clear()
            self._lookup.forget()
        usage = counted(batch)
        if batch.layout.at is None:
            at, bare = np.full(batch.table.num_rows, micros(self._terms.now)), None
        else:
            at, bare, bad = read_column(batch.table.column(batch.layout.at), self._terms.assume_utc)
            usage.odd[bad] = True
        rows = placed(self._lookup, batch, usage, at, bare)
        group, kinds = self._grouped(batch, usage, rows)
        units, fits = multiplied(usage, group, [kind.cost for kind in kinds])
        answers, which = _answers(usage, group, kinds, units, fits)
        by_itself = np.array([kind.answer is None for kind in kinds], np.bool_)[group]
        alone = usage.odd | ~fits | by_itself
        totals = self._quoted(batch, answers, which, alone)
        if batch.layout.at is None:
            changes = np.array([found.changes for found in rows.prices], np.bool_)
            which = _told(answers, which, changes[rows.which], Code.TIME_ASSUMED)
        for meter, empty in usage.empty.items():
            charges = np.array([found.charges(meter) for found in rows.prices], np.bool_)
            code = Code.COLUMN_MISSING if batch.layout.lacks(meter) else Code.COUNT_EMPTY
            which = _told(answers, which, empty & charges[rows.which], code)
        return Priced(units, totals, which, answers, group, kinds, alone)

    def found(self, name: str, provider: str | None, stated: Context, at: datetime) -> FoundPrices:
        """Whose prices a single request pays; none where no offering bears its name."""
        return self._lookup.one(name, provider, stated, at)

    def meaning(self, name: str, provider: str | None, stated: Context, at: datetime) -> Meaning:
        """What a single request's name means."""
        return self._lookup.meaning(PriceQuestion(name, provider or "", stated, 0), at)

    def seller(self, name: str, provider: str | None, at: datetime) -> str:
        """The id of the seller that a request means, whether or not the book has a price of theirs; empty if none."""
        return self._lookup.seller(name, provider, at)

    @property
    def offerings(self) -> Mapping[str, Offered]:
        """All offerings of the book, by their ids."""
        return self._lookup.offerings

    def _grouped(self, batch: Batch, usage: Counted, rows: Placed) -> tuple[Numbers, list[PricedKind]]:
        """Each row's place among the kinds of the batch; rows to be quoted by themselves are of the last one."""
        usage.odd[rows.place == NO_PLACE] = True
        pattern, patterns, _ = distinct(usage.pattern)
        code = combined(
            [
                (rows.which, len(rows.prices)),
                (rows.place + 1, int(rows.place.max()) + 2),
                (rows.band, int(rows.band.max()) + 1),
                (pattern, len(patterns)),
            ]
        )
        known = np.flatnonzero(~usage.odd)
        places, _, first = distinct(code[known])
        first = known[first]
        group = np.full(len(code), len(first), np.int64)
        group[known] = places
        found = [rows.prices[number] for number in rows.which[first]]
        names = zip(rows.place[first].tolist(), rows.band[first].tolist(), usage.pattern[first].tolist(), strict=True)
        keys = [(prices.number, usage.meters, *name) for prices, name in zip(found, names, strict=True)]
        new = [place for place, key in enumerate(keys) if key not in self._kinds]
        examples = quote_rows(self._reads, self._terms, batch, first[new].tolist()) if new else []
        for place, example in zip(new, examples, strict=True):
            self._kinds[keys[place]] = priced_kind(found[place], example)
        return group, [*(self._kinds[key] for key in keys), BY_ITSELF]

    def _quoted(self, batch: Batch, answers: list[RowAnswer], which: Numbers, alone: Mask) -> dict[int, Decimal]:
        """The totals of the rows that are quoted by themselves, by row; what is said of them joins the answers."""
        numbers = {answer: number for number, answer in enumerate(answers)}
        rows, totals = np.flatnonzero(alone).tolist(), {}
        for row, found in zip(rows, quote_rows(self._reads, self._terms, batch, rows), strict=True):
            which[row] = number = numbers.setdefault(found.answer, len(answers))
            if number == len(answers):
                answers.append(found.answer)
            if found.total is not None:
                totals[row] = found.total
        return totals


def _told(answers: list[RowAnswer], which: Numbers, concerned: Mask, code: Code) -> Numbers:
    """Which answer each row has, when those of the rows ``concerned`` that have a cost say the code too."""
    has_cost = np.array([answer.reason is None for answer in answers], np.bool_)[which]
    doubted = concerned & has_cost
    which = which.copy()
    for number in np.unique(which[doubted]).tolist():
        codes = codes_text({*answers[number].warnings.split(), code})
        which[doubted & (which == number)] = len(answers)
        answers.append(answers[number]._replace(warnings=codes))
    return which


def _answers(
    usage: Counted, group: Numbers, kinds: Sequence[PricedKind], units: Numbers, fits: Mask
) -> tuple[list[RowAnswer], Numbers]:
    """What is said of each row, and which of it: the kinds' answers first, behind them those with doubts. Rows whose
    doubts 64 bits cannot hold do not fit.
    """
    answers = [kind.answer or RowAnswer("") for kind in kinds]
    rows = np.flatnonzero(np.array([bool(kind.doubts) for kind in kinds], np.bool_)[group])
    if not len(rows):
        return answers, group
    which, told = group.copy(), np.zeros(len(rows), np.int64)
    mine, of_rows, ours = group[rows], usage.of(rows), units[rows]
    most = max(len(kind.doubts) for kind in kinds)
    for place in range(most):
        doubts = [kind.doubts[place] if place < len(kind.doubts) else None for kind in kinds]
        costs = [doubt.cost if doubt else kind.cost for doubt, kind in zip(doubts, kinds, strict=True)]
        theirs, fit = multiplied(of_rows, mine, costs)
        is_rounded = np.array([doubt is not None and doubt.is_rounded for doubt in doubts], np.bool_)[mine]
        told |= (np.abs(theirs - ours) > np.where(is_rounded, ours // ROUNDING, 0)).astype(np.int64) << place
        fits[rows[~fit]] = False
    places, said, _ = distinct(combined([(mine, len(kinds)), (told, 1 << most)]))
    numbers = []
    for kind_number, bits in (divmod(code, 1 << most) for code in said.tolist()):
        kind = kinds[kind_number]
        numbers.append(len(answers) if bits else kind_number)
        if bits:
            answers.append(kind.with_doubts(bits))
    which[rows] = np.array(numbers, np.int64)[places]
    return answers, which


def multiplied(usage: Counted, group: Numbers, costs: Sequence[KindCost]) -> tuple[Numbers, Mask]:
    """Each row's cost in 1e-12 by those of its group, rounded half even, and where it fits into 64 bits."""
    total = np.array([cost.fixed for cost in costs], np.int64)[group]
    largest = np.zeros(len(group), np.int64)
    for meter, shares in zip(usage.meters, usage.shares, strict=True):
        rates = np.array([cost.rates.get(meter, 0) for cost in costs], np.int64)
        if rates.any():
            total += shares * rates[group]
            np.maximum(largest, shares, out=largest)
    fits = largest <= np.array([cost.limit for cost in costs], np.int64)[group]
    divisors = np.array([cost.divisor for cost in costs], np.int64)
    if (divisors != 1).any():
        divisor = divisors[group]
        total, rest = np.divmod(total, divisor)
        total += (2 * rest > divisor) | ((2 * rest == divisor) & (total & 1 == 1))
    return total, fits
