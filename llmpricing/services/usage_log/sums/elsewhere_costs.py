"""What a log costs at one offering: a total, else what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.charges import money
from llmpricing.domain.quotes.usage_sums import SumCost
from llmpricing.domain.quotes.why_unpriced import told_once
from llmpricing.domain.usage.quantities import Quantity
from llmpricing.services.usage_log.sums.market import MarketOffering


@dataclass(frozen=True)
class ElsewhereCost:
    """What usage costs at an offering, in USD: ``total``, or only bounds and a ``reason``, neither of which is known
    where nobody says. ``unknown`` is how much there is, by meter, of what no known price is asked for: the low bound
    holds nothing for it. ``context_window`` is None where no list says how long a request may be.
    """

    offering: str
    total: Decimal | None
    low: Decimal | None
    high: Decimal | None
    reason: str
    context_window: int | None
    unknown: tuple[tuple[str, Quantity], ...] = ()

    @property
    def is_ranked(self) -> bool:
        """Whether what it asks is known: all of it, or what it is at least, of all tokens and but for fees beside."""
        if self.total is not None:
            return bool(self.total)
        return bool(self.low) and not any(METERS[meter].family == "tokens" for meter, _ in self.unknown)

    @property
    def code(self) -> str | None:
        """What is known where there is no total: what it is AT_LEAST, that it lies BETWEEN bounds, or nothing."""
        if self.total is not None:
            return None
        return "UNKNOWN" if not self.low else "AT_LEAST" if self.high is None else "BETWEEN"

    @property
    def lacking(self) -> str:
        """What a low bound does not hold, in words."""
        if not self.unknown:
            return self.reason
        return "+ " + ", ".join(_named(*share) for share in self.unknown) + " of unknown price"


def told_cost(slug: str, one: MarketOffering, cost: SumCost) -> ElsewhereCost:
    """What all of a log costs at an offering, in USD."""
    total, low, high = (_usd(amount) for amount in (cost.total, cost.low, cost.high))
    unknown = tuple(cost.unknown.items())
    return ElsewhereCost(slug, total, low, high, cost.reason, one.facts.context_window, unknown)


def together(offering: str, costs: Sequence[ElsewhereCost]) -> ElsewhereCost | None:
    """Several costs as that of one offering, or of none (an empty id); None where there are none."""
    if not costs:
        return None
    total, low, high = (_sum(getattr(one, name) for one in costs) for name in ("total", "low", "high"))
    reasons = told_once(one.reason for one in costs)
    unknown: Counter[str] = Counter()
    for one in costs:
        unknown.update(dict(one.unknown))
    window = costs[0].context_window if offering else None
    return ElsewhereCost(offering, total, low, high, reasons, window, tuple(sorted(unknown.items())))


def _sum(amounts: Iterator[Decimal | None]) -> Decimal | None:
    found = list(amounts)
    return None if None in found else sum((one for one in found if one is not None), Decimal(0))


def by_cost(one: ElsewhereCost) -> tuple[int, Decimal, str]:
    """The cheapest first, behind all totals what is known at least, then what asks nothing and what cannot be told."""
    known = one.low if one.total is None else one.total
    place = (0 if one.total else 1) if one.is_ranked else 2 if one.total is not None else 3
    return place, known or Decimal(0), one.offering


def _named(meter: str, quantity: Quantity) -> str:
    """A quantity of a meter for people: ``3 web searches``."""
    words = meter.replace("_", " ")
    one = words.removesuffix("es") if words.endswith("ches") else words.removesuffix("s")
    return f"{quantity:,} {one if quantity == 1 else words}"


def _usd(units: Fraction | None) -> Decimal | None:
    return None if units is None else money(round(units))


def more_sellers(model: Sequence[ElsewhereCost]) -> int:
    """How many others sell the model of these costs, the cheapest first, for as much or more."""
    sellers = [one.offering.partition("/")[0] for one in model]
    return len({*sellers} - {sellers[0]})
