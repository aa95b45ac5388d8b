"""Kinds of requests as the vectors need them: what each costs per unit of each meter, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from llmpricing.domain.prices import OtherReason
from llmpricing.domain.quotes.line_evidence import CODES
from llmpricing.domain.quotes.linear import Linear
from llmpricing.services.quotes.quoting import Asked
from llmpricing.services.usage_log.price_lookup import FoundPrices
from llmpricing.services.usage_log.row_by_row import RowAnswer, RowQuote, codes_text

ROOM = 2**62
ROUNDING = 200  # a difference of no more than the 200th part


@dataclass(frozen=True)
class KindCost:
    """Cost in 1e-12: (``fixed`` + the sum of ``rates`` x share) / ``divisor``. ``limit`` is the largest share for which
    64 bits hold it.
    """

    rates: Mapping[str, int] = field(default_factory=dict)
    fixed: int = 0
    divisor: int = 1
    limit: int = ROOM


class Doubt(NamedTuple):
    """What the requests of a kind might cost instead, for a ``reason``."""

    reason: OtherReason
    cost: KindCost

    @property
    def is_rounded(self) -> bool:
        """Whether costs that differ by rounding are the same, as two lists' are."""
        return self.reason is OtherReason.DISAGREEMENT


@dataclass(frozen=True)
class PricedKind:
    """What the requests of a kind cost, what is said of all of them, and what of those of another cost by ``doubts``.
    Without an ``answer`` each row must be quoted by itself.
    """

    answer: RowAnswer | None
    cost: KindCost = KindCost()
    doubts: Sequence[Doubt] = ()

    def with_doubts(self, told: int) -> RowAnswer:
        """What is said of requests with these doubts; bit n of ``told`` stands for the n-th."""
        answer = self.answer or RowAnswer("")
        codes = {CODES[doubt.reason] for place, doubt in enumerate(self.doubts) if told >> place & 1}
        return answer._replace(warnings=codes_text({*answer.warnings.split(), *codes}))


BY_ITSELF = PricedKind(None)


def priced_kind(found: FoundPrices, example: RowQuote) -> PricedKind:
    """The kind that the example is of."""
    asked = example.asked
    if asked is None or found.is_one_of_several:
        return BY_ITSELF
    if example.total is None and not found.prices.prices:
        return PricedKind(example.answer)  # no offering bears the name, or it has no price
    try:
        kind = found.kind(asked)
    except ValueError:
        return PricedKind(example.answer)  # an unknown fact, or contradicting prices: as the quote said
    if kind.refused and example.total is None:
        return PricedKind(example.answer)
    if kind.linear is None or example.total is None:
        return BY_ITSELF
    cost, doubts = kind_cost(kind.linear, asked.usage.keys), _doubts(found, asked)
    if cost is None or doubts is None or kind.linear.units(asked.usage.leaves) != int(example.total.scaleb(12)):
        return BY_ITSELF
    of_all = set(example.answer.warnings.split()) - set(CODES.values())
    return PricedKind(example.answer._replace(warnings=codes_text(of_all)), cost, doubts)


def kind_cost(linear: Linear, keys: Sequence[str]) -> KindCost | None:
    """The cost of requests that use these meters; None where 64 bits do not hold it."""
    limit = _limit(linear)
    rates = dict(zip(keys, linear.coefficients, strict=True))
    return KindCost(rates, linear.fixed, linear.divisor, limit) if limit else None


def _doubts(found: FoundPrices, asked: Asked) -> list[Doubt] | None:
    """What requests like this one might cost instead; None where only each request's own quote can tell."""
    doubts = []
    for alternative, prices in found.prices.alternatives(asked.at) if found.prices.is_doubted else ():
        if alternative.reason not in CODES:
            continue
        try:
            kind = found.kind(asked, prices)
        except ValueError:
            continue  # an alternative that cannot be billed is not told
        if kind.refused:
            continue
        cost = kind_cost(kind.linear, asked.usage.keys) if kind.linear else None
        if cost is None or len({price.currency for price in (*found.prices.prices, *prices.prices)}) > 1:
            return None
        doubts.append(Doubt(alternative.reason, cost))
    return doubts


def _limit(linear: Linear) -> int:
    """The largest share, of every meter at once, whose cost 64 bits hold; 0 where the rates alone do not fit."""
    room, rates = ROOM - linear.fixed, sum(linear.coefficients)
    if room <= 0 or rates > ROOM or linear.divisor > ROOM // 4:
        return 0
    return room // rates if rates else ROOM
