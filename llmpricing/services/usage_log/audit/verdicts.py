"""What is said of one record: what was logged, what it costs, and which known mistake lies between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.linear import Linear
from llmpricing.domain.quotes.mistakes import causes
from llmpricing.domain.quotes.mistakes.audited_use import HOME, AuditedUse
from llmpricing.domain.quotes.mistakes.explaining import (
    FINE,
    Figures,
    FiguresOfOne,
    explained,
    explained_exactly,
    is_same,
    places_of,
    places_of_nothing,
    rounded_places,
)
from llmpricing.services.usage_log.audit.alike import MistakesAsSums
from llmpricing.services.usage_log.audit.effects import NO_EFFECTS, Effects, Otherwise, WhatElse, uses_within
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.bill import PricedRecord
from llmpricing.services.usage_log.formats.record import RETOLD, OutcomeKind, UsageRecord

_NOTHING = Decimal(0)


class AuditVerdict(NamedTuple):
    """The known causes that give the logged figure, nothing where it is right. Where ``decimals`` are told, the figure
    is rounded to no more of them, and ``otherwise`` are the causes if the file's turn out to be finer than that.
    """

    causes: tuple[str, ...] = ()
    detail: str = ""
    decimals: int | None = None
    otherwise: tuple[str, ...] = ()

    def decided(self, places: int) -> AuditVerdict:
        """The verdict, now that it is known that figures of its kind are written with so many places; of a file that
        states nothing else a 0 is no rounded figure.
        """
        if self.decimals is None:
            return self
        is_too_coarse = self.decimals < min(FINE, places) or (not places and self.otherwise == (causes.BILLED_ZERO,))
        return AuditVerdict(self.otherwise) if is_too_coarse else self._replace(decimals=None, otherwise=())


FigureKind = tuple[bool, str]  # of sums or of requests, in one currency


class FinestPlaces:
    """The most decimal places that figures are written with, by their kind."""

    def __init__(self) -> None:
        self._places: dict[FigureKind, int] = {}

    def count(self, record: UsageRecord) -> None:
        """Add what a record states, if anything."""
        if record.charged is not None:
            self.add(figure_kind(record), [record.charged])

    def add(self, kind: FigureKind, amounts: Iterable[Decimal]) -> None:
        """Add figures of one kind; more places than fine ones have make no difference."""
        places = self._places.get(kind, 0)
        for amount in amounts:
            if places >= FINE:
                break
            places = max(places, places_of(amount))
        self._places[kind] = places

    def of(self, kind: FigureKind) -> int:
        """The most places of a kind, 0 where there is none."""
        return self._places.get(kind, 0)


def figure_kind(record: UsageRecord) -> FigureKind:
    """The kind of figures that a record's charge is of."""
    return record.span is not None, record.currency


RIGHT = AuditVerdict()


class Audited(NamedTuple):
    """A priced record with both figures in USD, None where there is none; what was found, what else it might cost."""

    priced: PricedRecord
    logged: Decimal | None
    cost: Decimal | None
    verdict: AuditVerdict = RIGHT
    effects: Effects = NO_EFFECTS

    @property
    def difference(self) -> Decimal:
        """By how much more was logged than it costs, exactly."""
        return WIDE.subtract(self.logged or _NOTHING, self.cost or _NOTHING)


def home_sums(uses: AuditedUses, priced: PricedRecord) -> tuple[Decimal | None, Decimal | None]:
    """What was logged for a record and what it costs, in USD; raises NoExchangeRate."""
    record, answer = priced.record, priced.answer
    charged = record.charged
    logged = None if charged is None else uses.in_home(charged, record.currency, record.at, record.per_usd)
    return logged, None if priced.cost is None else uses.in_home(priced.cost, answer.currency or HOME, record.at)


class Auditor:
    """Looks at records; ``uses`` tell whose prices they pay. What mistakes make of those that are alike is worked out
    once for all of them, unless ``one_by_one``, which is the measure of it.
    """

    def __init__(self, uses: AuditedUses, *, one_by_one: bool = False) -> None:
        self._uses, self._else, self._one_by_one = uses, WhatElse(uses, one_by_one=one_by_one), one_by_one

    def all(self, priced: Iterable[PricedRecord]) -> Iterator[Audited]:
        """The records in order with what is said of each; raises NoExchangeRate."""
        return map(self.audited, priced)

    def audited(self, priced: PricedRecord) -> Audited:
        """What is said of one record; raises NoExchangeRate."""
        kind = priced.outcome.kind
        logged, cost = home_sums(self._uses, priced)
        if priced.outcome == RETOLD:
            logged = None
        effects = NO_EFFECTS
        if cost is not None and kind is OutcomeKind.BILLED:
            effects = self._else.of(priced, cost, with_saving=logged is None)
        found = Audited(priced, logged, cost, effects=effects)
        if not found.difference:
            return found
        if kind is OutcomeKind.REPEATED:
            return found._replace(verdict=AuditVerdict((causes.REPEATED,)))
        if kind is OutcomeKind.NOT_BILLED:
            return found._replace(verdict=AuditVerdict((causes.NOT_BILLED,), priced.outcome.reason))
        if logged is None or cost is None:
            return found._replace(verdict=AuditVerdict((causes.NO_PRICE if logged else causes.NOT_LOGGED,)))
        return found._replace(verdict=self._verdict(priced, _units(logged), _units(cost)))

    def untold(self, priced: PricedRecord, *, with_saving: bool) -> MistakesAsSums | None:
        """What requests like this one cost by what is untold of them, and ``with_saving`` without their caches; None
        where each by itself can tell.
        """
        return self._else.of_untold(priced, with_saving=with_saving)

    def otherwise(self, priced: PricedRecord) -> Sequence[tuple[Otherwise, Linear]] | None:
        """What else they may cost, but for what is untold; None where each by itself can tell."""
        return self._else.of_kind(priced)

    def _verdict(self, priced: PricedRecord, logged: int, cost: int) -> AuditVerdict:
        if is_same(logged, cost):
            return RIGHT
        if not logged:
            return _of_nothing(priced.record, cost)
        charged = priced.record.charged or _NOTHING
        decimals = places_of(charged)
        written = _units(charged)  # in its own currency, in which it was rounded
        figures = self._figures(priced)
        if (places := rounded_places(written, cost * written // logged, decimals)) is not None:
            otherwise = explained_exactly(figures, logged) if figures else ()
            return AuditVerdict((causes.ROUNDING,), "", places, otherwise or (causes.UNEXPLAINED,))
        if figures and (found := explained(figures, logged, decimals)):
            otherwise = (causes.UNEXPLAINED,) if found.decimals is not None else ()
            return AuditVerdict(found.causes, found.detail, found.decimals, otherwise)
        use = self._uses.use(priced.record) if priced.record.span is not None else None
        return AuditVerdict((_unknown(use, priced.record, logged),))

    def _figures(self, priced: PricedRecord) -> Figures | None:
        if self._one_by_one:
            use = self._uses.use(priced.record)
            return FiguresOfOne(use) if use else None
        return self._uses.figures(priced)


def _of_nothing(record: UsageRecord, cost: int) -> AuditVerdict:
    """What is said of a 0: nothing was billed, unless the file writes no figure so finely that it would show."""
    if record.currency == HOME and (places := places_of_nothing(cost)) is not None:
        return AuditVerdict((causes.ROUNDING,), "", places, (causes.BILLED_ZERO,))
    return AuditVerdict((causes.BILLED_ZERO,))


def _units(amount: Decimal) -> int:
    """An amount of USD in 1e-12."""
    return round(WIDE.scaleb(amount, 12))


def _unknown(use: AuditedUse | None, record: UsageRecord, logged: int) -> str:
    """Why no mistake is found: of a sum of requests any number may lie above a step, or have been made at a time of its
    span at which another price held.
    """
    if use is None or record.span is None:
        return causes.UNEXPLAINED
    if _lies_between(logged, uses_within(use, timedelta(0))):
        return causes.HIDDEN_STEP
    return causes.HIDDEN_TIME if _lies_between(logged, uses_within(use, record.span)) else causes.UNEXPLAINED


def _lies_between(logged: int, uses: Iterable[AuditedUse]) -> bool:
    found = [units for one in uses if (units := one.units()) is not None]
    return bool(found) and min(found) <= logged <= max(found)
