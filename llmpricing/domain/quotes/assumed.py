"""Facts that a request left out and for which its seller has a default: what was taken, and what else it might cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.context import REGION
from llmpricing.domain.quotes.context_pricing import StatedFacts
from llmpricing.domain.quotes.notices import Code, Notice
from llmpricing.domain.quotes.unstated import outcome

CaseT = TypeVar("CaseT")
_MOST_TOTALS = 10  # that one message names


def by_default(
    cases: Sequence[tuple[StatedFacts, CaseT]], defaults: Mapping[str, str | None]
) -> Sequence[tuple[StatedFacts, CaseT]]:
    """The cases in which every fact left out is the seller's default, of those that it has."""
    return [case for case in cases if all(defaults.get(name, value) == value for name, value in case[0])]


def answer_of(cases: Sequence[tuple[StatedFacts, Quote]], defaults: Mapping[str, str | None]) -> Quote:
    """One quote of many cases: that of the seller's defaults, with the other totals in notes, where it has a total."""
    usual = by_default(cases, defaults) if defaults else cases
    if len(usual) == len(cases) or all(quote.total is None for _, quote in usual):
        return outcome(cases)
    answer = outcome(usual)
    named = dict.fromkeys(name for facts, _ in cases for name, _ in facts if name in defaults)
    notes = [note for name in named if (note := _note(name, cases, defaults, answer))]
    return answer._replace(notes=(*answer.notes, *notes))


def _note(
    name: str, cases: Sequence[tuple[StatedFacts, Quote]], defaults: Mapping[str, str | None], answer: Quote
) -> Notice | None:
    """What was taken for the fact, where another value of it alone gives another total."""
    others = {other: value for other, value in defaults.items() if other != name}
    totals = {
        value: quote.total
        for facts, quote in by_default(cases, others)
        if quote.total is not None and quote.currency == answer.currency
        for fact, value in facts
        if fact == name and value is not None and quote.total != answer.total
    }
    if not totals:
        return None
    taken = defaults[name] or "the seller's default"
    told = ", ".join(f"{value} would cost {to_text(total)}" for value, total in list(totals.items())[:_MOST_TOTALS])
    code = Code.REGION_ASSUMED if name == REGION else Code.DEFAULT_ASSUMED
    return Notice(code, f"{name} was not stated and is taken as {taken}; {told}", None, max(totals.values()))
