"""What a price list states, in one shape for all sources. Parsers return these; nothing here knows a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE, Conditions
from llmpricing.domain.money import multiply


class State(StrEnum):
    """What a seller asks for a meter. No list states UNKNOWN: it is published where no source is believed. ZERO is
    never published: a list that writes 0 both for what is free and for what it does not know says that.
    """

    PRICED = "priced"
    FREE = "free"
    INCLUDED = "included"  # in the price of something else
    SUBSCRIPTION = "subscription"  # paid for by time: what is used costs nothing more
    NOT_OFFERED = "not_offered"
    UNKNOWN = "unknown"
    ZERO = "zero"
    WITHDRAWN = "withdrawn"  # kept in the history only: the source stated a price and no longer does


class Basis(StrEnum):
    """What the date of a price rests on."""

    DOCUMENTED = "documented"  # the seller or the source states the date
    FIRST_OBSERVED = "first_observed"  # somebody saw it then for the first time
    BRACKET = "bracket"  # between two lists; valid from the middle
    UNDATED = "undated"  # the source states no date: taken as always valid
    MANUAL = "manual"  # a person decided it


class FetchOutcome(StrEnum):
    """What reading a list of a source came to."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"  # the digest was known
    DESCRIBED = "described"  # taken for what it tells of offerings, not for prices


READ = (FetchOutcome.IMPORTED, FetchOutcome.UNCHANGED)  # outcomes that count as a reading of the source's prices
TOLD = (*READ, FetchOutcome.DESCRIBED)  # and of what it tells of offerings


@lru_cache(maxsize=16_384)  # one import compares each price with many, and prices are alike
def _each(amount: Decimal, per: int) -> Fraction:
    return Fraction(amount) / per


@dataclass(frozen=True, slots=True)
class Amount:
    """What is asked: ``amount`` in ``currency`` per ``per`` units of a meter; only some states have an amount."""

    state: State
    amount: Decimal | None
    per: int
    currency: str = "USD"

    @property
    def unit_price(self) -> Fraction | None:
        """The exact price of one unit; 0 is free, None where nothing is sold by the unit."""
        if self.state not in (State.PRICED, State.FREE):
            return None
        return _each(self.amount or Decimal(0), self.per)

    def factor(self, other: Amount) -> Fraction | None:
        """This price / the other one, per unit; None where one is free, has no price, or is in another currency."""
        ours, theirs = self.unit_price, other.unit_price
        return ours / theirs if ours and theirs and self.currency == other.currency else None

    def same_as(self, other: Amount) -> bool:
        """Whether both ask the same, whatever quantity they state it for."""
        if (self.state, self.currency) != (other.state, other.currency):
            return False
        if self.amount is None or other.amount is None or self.per == other.per:
            return self.amount == other.amount
        return multiply(self.amount, Decimal(other.per)) == multiply(other.amount, Decimal(self.per))


@dataclass(frozen=True, slots=True)
class DatedPrice(Amount):
    """What is asked in a stated period.

    Both bounds are aware UTC times or None for open; ``until`` is exclusive. ``raw`` keeps the source's own text
    where the amount was converted (another unit, a float's residue).
    """

    valid_from: datetime | None = None
    valid_until: datetime | None = None
    basis: Basis = Basis.UNDATED
    source_url: str | None = None
    raw: str | None = None
    minimum_quantity: Decimal | None = None
    first_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """All that a list says about one meter under one set of conditions: segments in order, without overlap."""

    meter: str
    conditions: Conditions
    segments: tuple[DatedPrice, ...]

    @property
    def component(self) -> Component:
        return Component(self.meter, self.conditions)

    @property
    def is_zero(self) -> bool:
        """Whether all that is stated is a zero that may mean nothing."""
        return all(segment.state is State.ZERO for segment in self.segments)


@dataclass(frozen=True)
class ObservedProvider:
    """A seller. The clauses are operator trees such as ``{"or": [{"equals": "x"}, {"starts_with": "y"}]}``."""

    slug: str
    name: str
    api_pattern: str | None = None
    pricing_urls: tuple[str, ...] = ()
    provider_match: Mapping[str, Any] | None = None
    model_match: Mapping[str, Any] | None = None
    fallback_providers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ObservedOffering:
    """A model as one provider sells it; None means that the list says nothing on it."""

    provider: str
    api_id: str
    name: str | None = None
    lab: str | None = None
    mode: str | None = None  # chat, embedding, image_generation, ...
    status: str | None = None  # active, deprecated, preview, removed
    region: str | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[str] | None = None
    denied_capabilities: frozenset[str] | None = None  # that the list says it has not
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    deprecated_on: date | None = None
    released_on: date | None = None  # by the lab, whoever sells it
    knowledge_cutoff: str | None = None  # up to when the model knows: 2025-01, a month, or 2024-10-15, a day
    match: Mapping[str, Any] | None = None
    aliases: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()

    @property
    def slug(self) -> str:
        return f"{self.provider}/{self.api_id}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What of an entry could not be taken as it stands: where, and why in plain words. The rest of the list counts."""

    key: str
    reason: str


@dataclass
class PriceList:
    """Everything one source says at one time."""

    source: str
    providers: list[ObservedProvider] = field(default_factory=list)
    offerings: list[ObservedOffering] = field(default_factory=list)
    aliases: list[tuple[str, str, str]] = field(default_factory=list)  # (namespace, alias, offering slug)
    problems: list[Problem] = field(default_factory=list)
    unknown_keys: Counter[str] = field(default_factory=Counter)
    entries: int = 0  # how many the list holds, readable or not


def flat(
    meter: str,
    amount: Decimal,
    per: int,
    conditions: Conditions = BASE,
    **segment: Any,
) -> Statement:
    """A statement of one undated value; 0 is stated as free."""
    state = State.PRICED if amount else State.FREE
    return Statement(meter, conditions, (DatedPrice(state, amount, per, **segment),))
