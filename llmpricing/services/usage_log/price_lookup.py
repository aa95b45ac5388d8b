"""Requests with the same name and the same stated facts: whose prices they pay, and when those change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from llmpricing.domain.meters import METERS
from llmpricing.domain.names.matching import Resolution
from llmpricing.domain.quotes.context import Context
from llmpricing.domain.quotes.contract_rates import ContractRate
from llmpricing.domain.quotes.linear import RequestKind, request_kind, steps, turns
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.places_of_a_name import in_its_place, possible
from llmpricing.domain.times import EPOCH, micros
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.lookup import Meaning
from llmpricing.services.names.name_history import Offered
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_of
from llmpricing.services.quotes.quoting import Asked
from llmpricing.services.quotes.terms import terms_at
from llmpricing.services.usage_log.batch import Batch, Mask, Numbers
from llmpricing.services.usage_log.input_only import makes_no_tokens
from llmpricing.services.usage_log.row_by_row import context_of
from llmpricing.services.usage_log.times import DAY
from llmpricing.services.usage_log.vectors import Counted, codes_of, combined, distinct

NO_PLACE = -1


@dataclass
class FoundPrices:
    """The prices that requests of one name and context pay. ``places`` number the stretches of time in which all of
    them pay the same; a name that no offering bears has no prices, and one stretch.
    """

    number: int
    prices: OfferingPrices
    context: Context
    rates: tuple[ContractRate, ...]
    steps: Numbers
    is_one_of_several: bool = False  # that the name may mean: each request must be quoted by itself
    _days: set[int] = field(default_factory=set)
    _place_from: dict[datetime, int] = field(default_factory=dict)  # by the time at which a stretch begins
    _cuts: Numbers | None = None
    _places: Numbers | None = None
    _known: dict[object, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._has_clock = self.prices.has_clock

    @cached_property
    def changes(self) -> bool:
        """Whether what requests of this name cost hangs on their time."""
        return self.prices.has_changed or any(rate.valid_from or rate.valid_until for rate in self.rates)

    def charges(self, meter: str) -> bool:
        """Whether requests of this name pay for a meter, at any time; a model that makes no tokens has no output."""
        if METERS[meter].direction == "output" and makes_no_tokens(self.prices.offering):
            return False
        return any(price.meter == meter and price.amount for price in self.prices.prices)

    def places(self, at: Numbers, bare: Mask | None) -> Numbers:
        """The place of each time; NO_PLACE where only the day is known and prices change on that day."""
        found, cuts = self._stretches(at)
        if not len(cuts):
            return np.zeros(len(at), np.int64)
        index = cuts.searchsorted(at, "right")
        place: Numbers = found[index]
        if bare is not None:
            until = cuts.searchsorted(at + (DAY - 1), "right")
            place[bare & (until != index)] = NO_PLACE
        return place

    def _stretches(self, at: Numbers) -> tuple[Numbers, Numbers]:
        days = set(np.unique(at // DAY).tolist()) if self._has_clock else set()
        if self._cuts is None or self._places is None or not days <= self._days:
            midnights = [EPOCH + timedelta(days=day) for day in sorted(days - self._days)]
            self._days |= days
            new = (cut for cut in turns(self.prices, self.rates, midnights) if cut not in self._place_from)
            self._place_from.update({cut: self._place(cut) for cut in new})
            cuts = sorted(self._place_from)
            before = [self._place(cuts[0] - timedelta(microseconds=1))] if cuts else []
            self._cuts = np.array([micros(cut) for cut in cuts], np.int64)
            self._places = np.array([*before, *(self._place_from[cut] for cut in cuts)], np.int64)
        return self._places, self._cuts

    def _place(self, at: datetime) -> int:
        period = self.prices.period(at)
        rates = tuple(rate for rate in self.rates if rate.valid_at(at))
        beside = tuple(other.period(at).clock(at) for _, other in self.prices.alternatives(at))
        return self._known.setdefault((period.start, period.clock(at), beside, rates), len(self._known))

    def kind(self, asked: Asked, prices: OfferingPrices | None = None) -> RequestKind:
        """What requests like this one have in common, by these prices or by what else they might be."""
        return request_kind(prices or self.prices, asked.usage, asked.at, self.context, self.rates)


class PriceQuestion(NamedTuple):
    """What prices are looked up by: a name, its seller, what was stated, and between which ``turns`` it was used."""

    name: str
    provider: str
    stated: Context
    stretch: int


class PriceLookup:
    """Found prices, numbered and remembered; the prices of all that are new are read at once.

    Contract rates are part of them only ``with_rates``.
    """

    def __init__(self, reads: Reads, known: BookState, recorded: datetime, *, with_rates: bool = True) -> None:
        self._reads, self._known, self._recorded = reads, known, recorded
        self._with_rates = with_rates
        self._names = names_of(reads, known)
        self._terms = terms_at(reads, known.book, recorded)
        self.turns = np.array([micros(turn) for turn in self._names.turns], np.int64)
        self._found: dict[PriceQuestion, FoundPrices] = {}
        self._shared: dict[tuple[object, ...], FoundPrices] = {}  # of questions that mean the same

    def find(self, wanted: Mapping[PriceQuestion, datetime]) -> list[FoundPrices]:
        """The prices in order; each is asked for at a time between its turns."""
        new = {one: self.meaning(one, at) for one, at in wanted.items() if one not in self._found}
        offered = {m.slug: self._names.offerings[m.slug] for m in new.values() if isinstance(m, Resolution)}
        ids = {one.id: slug for slug, one in offered.items()}
        prices = prices_of(self._reads, self._known, self._recorded, ids) if ids else {}
        for one, meaning in new.items():
            is_resolved = isinstance(meaning, Resolution)
            key = (meaning, one.stated) if is_resolved else (meaning, one.stated, one.name, one.provider)
            if key not in self._shared:
                self._shared[key] = self._prices(one.stated, meaning, offered, prices)
            self._found[one] = self._shared[key]
        return [self._found[one] for one in wanted]

    def one(self, name: str, provider: str | None, stated: Context, at: datetime) -> FoundPrices:
        """The prices that a single request pays."""
        stretch = int(np.searchsorted(self.turns, micros(at), "right"))
        (found,) = self.find({PriceQuestion(name, provider or "", stated, stretch): at})
        return found

    @property
    def stretches(self) -> int:
        """Into how many stretches ``turns`` divide time."""
        return len(self.turns) + 1

    @property
    def offerings(self) -> Mapping[str, Offered]:
        """All offerings of the book, by their ids."""
        return self._names.offerings

    def forget(self) -> None:
        """Begin anew: a log may name more models than fit into memory."""
        self._found.clear()
        self._shared.clear()

    def __len__(self) -> int:
        return len(self._found)

    def meaning(self, wanted: PriceQuestion, at: datetime) -> Meaning:
        """What the name means at that time."""
        found = self._names.at(Clocks(at, self._recorded))(wanted.name, wanted.provider or None)
        return in_its_place(found, wanted.stated) if isinstance(found, Resolution) else found

    def seller(self, name: str, provider: str | None, at: datetime) -> str:
        """The id of the seller that a name and a provider mean at that time; empty if none."""
        return self._names.at(Clocks(at, self._recorded)).seller(name, provider or None)

    def _prices(
        self, stated: Context, meaning: Meaning, offered: Mapping[str, Offered], prices: Mapping[int, OfferingPrices]
    ) -> FoundPrices:
        if not isinstance(meaning, Resolution):
            return FoundPrices(len(self._shared), OfferingPrices(()), stated, (), np.array([], np.int64))
        one = offered[meaning.slug]
        found = prices[one.id]
        rates = self._terms.rates(one.provider, one.api_id) if self._with_rates else ()
        bounds = np.array(steps(found), np.int64)
        stated, several = found.placed(stated, meaning.region, meaning.asked_for), bool(possible(meaning))
        return FoundPrices(len(self._shared), found, stated, rates, bounds, several)


@dataclass(frozen=True)
class Placed:
    """By row: which of ``prices``, which place in their time, and between which of their steps."""

    prices: Sequence[FoundPrices]
    which: Numbers
    place: Numbers
    band: Numbers


def placed(lookup: PriceLookup, batch: Batch, usage: Counted, at: Numbers, bare: Mask | None) -> Placed:
    """Whose prices each row of the batch pays, and which of them."""
    which, found = _found_prices(lookup, batch, at)
    place, band = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    bare = bare if bare is not None and bare.any() else None
    for one, rows in zip(found, _rows_by(which, len(found)), strict=True):
        place[rows] = one.places(at[rows], None if bare is None else bare[rows])
        if len(one.steps):
            band[rows] = one.steps.searchsorted(usage.request_input[rows], "right")
    return Placed(found, which, place, band)


def _found_prices(lookup: PriceLookup, batch: Batch, at: Numbers) -> tuple[Numbers, list[FoundPrices]]:
    layout, table = batch.layout, batch.table
    coded = {name: codes_of(table.column(name)) for name in layout.named if name}
    stretch = np.searchsorted(lookup.turns, at, "right").astype(np.int64)
    parts = [(codes, len(texts)) for codes, texts in coded.values()]
    which, _, first = distinct(combined([*parts, (stretch, lookup.stretches)]))
    wanted: dict[PriceQuestion, datetime] = {}
    numbers = []
    for row in first.tolist():
        cells = {name: texts[codes[row]] for name, (codes, texts) in coded.items()}
        one = PriceQuestion(*layout.asked_for(cells), context_of(layout, cells), int(stretch[row]))
        wanted.setdefault(one, EPOCH + timedelta(microseconds=int(at[row])))
        numbers.append(one)
    found = dict(zip(wanted, lookup.find(wanted), strict=True))
    prices = {one.number: one for one in found.values()}
    order = {number: place for place, number in enumerate(prices)}
    return np.array([order[found[one].number] for one in numbers], np.int64)[which], list(prices.values())


def _rows_by(code: Numbers, size: int) -> list[Any]:
    """The rows of each code; a slice where there is one code only."""
    if size == 1:
        return [slice(None)]
    order = np.argsort(code.astype(np.uint16 if size <= 2**16 else np.uint32), kind="stable")
    return np.split(order, np.cumsum(np.bincount(code, minlength=size))[:-1])
