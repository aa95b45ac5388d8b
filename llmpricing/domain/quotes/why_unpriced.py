"""Why a quote has no total, and what to do about it, in the words of whoever asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from llmpricing.domain.observations import State
from llmpricing.domain.quotes.bill import EXCHANGE_RATE, Quote
from llmpricing.domain.quotes.context import REGION
from llmpricing.domain.quotes.places import REGIONAL
from llmpricing.domain.usage.wording import Message, Parameter, ParameterWords, Way, in_python

_MOST_VALUES = 8  # that one message names
_A_REGION = "us-east-1"
_TIME = "time"
_TIER_REASONS = ("service tier", "no list names tier")  # how reasons begin that are about the request's tier


def why_unpriced(quote: Quote, words: ParameterWords = in_python) -> str:
    """Why a quote has no total, each reason with its next step as far as the surface has words for one."""
    reasons = [*_of_shares(quote, words), *(_not_stated(quote, name).said(words) for name in quote.missing)]
    return told_once(reasons or [warning.message for warning in quote.warnings]) or f"the price is {quote.state}"


def told_once(reasons: Iterable[str]) -> str:
    """All of these reasons, each of their clauses once: several may say the same of one meter."""
    return "; ".join(dict.fromkeys(clause for reason in reasons for clause in reason.split("; ") if clause))


def _of_shares(quote: Quote, words: ParameterWords) -> list[str]:
    """The reasons of what has no price, and behind them what to do about those that tell no step themselves."""
    reasons = list(dict.fromkeys(unpriced.reason for unpriced in quote.unpriced))
    if any(reason.startswith(_TIER_REASONS) for reason in reasons):
        by_surface = Way(" in the file, or by ", Parameter("tier", ("NAME",)))
        step = Message("if it ran in another one, state that", by_surface)
    elif quote.state == State.UNKNOWN and any(_is_without_step(reason) for reason in reasons):
        step = Message("a list that was not read may know it, or you do", Way(": ", Parameter("pin")))
    else:
        return reasons
    return [*reasons, step.said(words)]


def _is_without_step(reason: str) -> bool:
    return not any(word in reason for word in ("state ", "llmpricing "))


def _not_stated(quote: Quote, name: str) -> Message:
    """That the price depends on a fact, and how to state it."""
    if name.startswith(EXCHANGE_RATE):
        currency = name.removeprefix(EXCHANGE_RATE).split()[0]
        return Message(f"no {name} is known: state one", Way(", ", Parameter("exchange", (currency,))))
    depends = f"the price depends on {name}, which is not stated: state "
    if name == _TIME:
        return Message(f"{depends}at which hour each request was made, not the day alone")
    values = dict(quote.choices).get(name, ())
    if not values:
        return Message(f"{depends}it", Way(", ", Parameter(name)))
    return Message(f"{depends}{_one_of(values)}", Way(", ", Parameter(name, (_example(name, values),))))


def _one_of(values: Sequence[str]) -> str:
    told = [f"a region such as {_A_REGION}" if value == REGIONAL else value for value in values]
    more = [f"{len(told) - _MOST_VALUES} more"] if len(told) > _MOST_VALUES else []
    *others, last = [*told[:_MOST_VALUES], *more]
    return f"{', '.join(others)} or {last}" if others else f"whether it was {last}"


def _example(name: str, values: Sequence[str]) -> str:
    """A value as people write it: of a place in the United States a cloud's own name of one."""
    return _A_REGION if name == REGION and {"us", REGIONAL} & set(values) else values[0]
