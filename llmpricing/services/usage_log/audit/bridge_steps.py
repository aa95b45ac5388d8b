"""The steps from a log to an invoice: the money of each cause at each place, by kind; of days in a row as well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.mistakes import causes
from llmpricing.domain.quotes.mistakes.explaining import CENTS
from llmpricing.services.usage_log.audit.bridge_cells import (
    BOTH,
    CREDIT,
    CURRENCY,
    DAY,
    NO_PRICE,
    NOT_CHARGED,
    NOT_IN_LOG,
    PRICE,
    QUANTITY,
    TIER,
    BridgePlace,
    Cell,
    PriceTold,
    ScopeCharge,
    SellerFigures,
)
from llmpricing.services.usage_log.audit.bridge_days import is_stretch
from llmpricing.services.usage_log.audit.bridge_kinds import UNTOLD
from llmpricing.services.usage_log.audit.bridge_matching import ComparedKinds, matched
from llmpricing.services.usage_log.audit.bridge_tiers import OtherTier, TierPrices
from llmpricing.services.usage_log.audit.verdicts import FinestPlaces

_NOTHING = Decimal(0)
_SLIGHT = Decimal("0.01")  # of what moved: what may be left over where usage is counted on another day
_SAME = Decimal("0.000001")
_HALF = Decimal("0.5")
# What is said of a price of which nothing surer is known: a tier of the model itself is likelier than another model.
_ANOTHER_OFFERING = {one.name for one in causes.CAUSES if one.foreign is causes.Foreign.ANOTHER_OFFERING}
_ANOTHER_PRICE = frozenset({PRICE, CREDIT, *_ANOTHER_OFFERING})


@dataclass(frozen=True)
class BridgeStep:
    """By how much more one side is than the other of a kind at a place, and why; ``is_price`` where both know how much
    was used; ``uncounted`` is what is charged there without a quantity.
    """

    place: BridgePlace
    kind: str
    name: str
    money: Decimal
    called: str
    is_price: bool = False
    uncounted: Decimal = _NOTHING
    arithmetic: str = ""

    @property
    def where(self) -> tuple[BridgePlace, str, str, str]:
        """The place, the kind, the model's name and the arithmetic of it."""
        return self.place, self.kind, self.called, self.arithmetic


@dataclass
class ChargeWords:
    """What the whole invoice tells of its lines: the ``finest`` decimal places of each seller's figures by their
    shape, how lines in other currencies stand to what they cost. ``tiers`` tell what else its counts cost.
    """

    finest: Mapping[tuple[str, str], FinestPlaces]
    ratios: Mapping[str, Sequence[Decimal]]
    tiers: TierPrices
    has_charges: bool = True

    def noise_of(self, charge: ScopeCharge) -> Decimal:
        """What rounding may make of the charge: half a unit of the last place of each of its lines."""
        return sum(
            (lines * _HALF.scaleb(-max(CENTS, self._places(figures))) for figures, lines in charge.figures.items()),
            _NOTHING,
        )

    def name_of(self, told: PriceTold, money: Decimal) -> str:
        """The cause that lines tell, now that all of them are known."""
        name = next(iter(told.verdict.decided(self._places(told.figures)).causes), causes.ROUNDING)
        if name == causes.UNEXPLAINED and (ratios := self.ratios.get(told.figures.kind[1])):
            return CURRENCY if max(ratios) - min(ratios) <= _SAME * max(ratios) else PRICE
        if name == causes.DISCOUNT:
            return CREDIT if money < 0 else PRICE
        return PRICE if name == causes.UNEXPLAINED else name

    def _places(self, figures: SellerFigures) -> int:
        return self.finest[figures.writer].of(figures.kind)


def steps_of(
    cells: Mapping[BridgePlace, Cell], words: ChargeWords, of_no_model: Sequence[BridgeStep] = ()
) -> list[BridgeStep]:
    """All steps, with those to lines ``of_no_model``; their money sums to what is charged less what the log comes to,
    but for what only a usage export knows of where there are charges: that is no way from log to invoice.
    """
    found = [step for place, cell in cells.items() for one in matched(cell) for step in _steps(place, one, words, cell)]
    found = sorted((*found, *of_no_model), key=lambda step: step.place)
    return [step for step in _on_other_days(found) if step.money or step.uncounted]


def _steps(place: BridgePlace, one: ComparedKinds, words: ChargeWords, cell: Cell) -> Iterator[BridgeStep]:
    charge = one.charge
    not_in_log = NO_PRICE if cell.is_unpriced else NOT_IN_LOG
    if charge is None and not one.logged and words.has_charges:
        return
    whole = one.kinds[0] if len(one.kinds) == 1 else UNTOLD
    if one.counted is None:
        assert charge is not None  # noqa: S101 - what is not charged is counted, if only as nothing
        more = WIDE.subtract(charge.money, one.log)
        name = not_in_log if not one.logged else causes.ROUNDING if abs(more) <= words.noise_of(charge) else BOTH
        tier = words.tiers.charged(one, cell, words.noise_of(charge)) if name == BOTH else None
        why = tier.arithmetic if tier else ""
        yield BridgeStep(place, whole, TIER if tier else name, more, cell.name, uncounted=charge.money, arithmetic=why)
        return
    for kind in one.kinds:
        step = WIDE.subtract(one.counted.get(kind, _NOTHING), one.logged.get(kind, _NOTHING))
        name = QUANTITY if charge is not None or kind in one.counted else NOT_CHARGED
        yield BridgeStep(place, kind, name if kind in one.logged else not_in_log, step, cell.name)
    if words.has_charges and one.counted:
        told_prices = list(_prices(one, sum(one.counted.values(), _NOTHING), words))
        tier = _tier(one, cell, told_prices, words)
        if tier:
            told_prices = [(TIER, sum((money for _, money in told_prices), _NOTHING))]
        why = tier.arithmetic if tier else ""
        for name, money in told_prices:
            yield BridgeStep(place, whole, name, money, cell.name, is_price=True, arithmetic=why)


def charged_beyond_tier(one: ComparedKinds, cell: Cell, words: ChargeWords) -> Decimal:
    """By how much more is charged than the seller's usage export comes to in the tiers that it tells, where the log
    tells others, or none, and costs as much as is charged: between log and invoice nothing shows of it. Nothing
    elsewhere; a usage export that tells no tier, or the standard one alone, may know no other.
    """
    charge, told = one.charge, cell.by_usage
    if charge is None or told.tiers <= {"", STANDARD}:
        return _NOTHING
    if any(kind not in told.money or not told.agrees(cell.logged, kind) for kind in one.kinds):
        return _NOTHING
    noise = words.noise_of(charge)
    own = sum((told.money[kind] for kind in one.kinds), _NOTHING)
    more = WIDE.subtract(charge.money, own)
    is_as_log = abs(WIDE.subtract(charge.money, one.log)) <= noise
    return more if is_as_log and abs(more) > max(noise, _SAME) else _NOTHING


def _tier(
    one: ComparedKinds, cell: Cell, prices: Sequence[tuple[str, Decimal]], words: ChargeWords
) -> OtherTier | None:
    """The tier that is charged where nothing better is known of the price than that it is another."""
    is_another = bool(prices) and all(name in _ANOTHER_PRICE for name, _ in prices)
    return words.tiers.charged(one, cell, words.noise_of(one.charge)) if is_another and one.charge else None


def _prices(one: ComparedKinds, counted: Decimal, words: ChargeWords) -> Iterator[tuple[str, Decimal]]:
    """What is charged less what the seller's quantities cost, by cause: as the lines tell it, else as one."""
    charge = one.charge
    if charge is None:
        yield NOT_CHARGED, WIDE.minus(counted)
        return
    more = WIDE.subtract(charge.money, counted)
    if sum(charge.prices.values(), _NOTHING) == more:
        for told, money in charge.prices.items():
            yield words.name_of(told, money), money
    elif abs(more) <= words.noise_of(charge):
        yield causes.ROUNDING, more
    else:
        yield PRICE if one.is_by_log else flat_or_price(more, counted), more


def flat_or_price(more: Decimal, counted: Decimal) -> str:
    """The price's part where quantities and charges stand in different files: a flat share is a discount."""
    share = abs(more / counted * 200) if counted else _NOTHING
    is_flat = more < 0 and share and abs(share - round(share)) <= _SAME * share
    return CREDIT if is_flat else PRICE


def _on_other_days(steps: Sequence[BridgeStep]) -> list[BridgeStep]:
    """The steps, those of days in a row that cancel out as the same usage, counted on another day."""
    series: dict[BridgePlace, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, step in enumerate(steps):
        if step.place.day and not is_stretch(step.place.day) and not step.is_price and step.name != causes.ROUNDING:
            series[step.place._replace(day="")][step.kind].append(number)
    moved = {number for kinds in series.values() for run in kinds.values() for number in _moved(steps, run)}
    return [replace(step, name=DAY) if number in moved else step for number, step in enumerate(steps)]


def _moved(steps: Sequence[BridgeStep], numbers: Sequence[int]) -> Iterator[int]:
    """Those of one kind that cancel out to the last digit, else all of days in a row if little is left of them."""
    for days in _runs(steps, numbers):
        run = [number for number in days if steps[number].money]
        found = cancelling([steps[number].money for number in run])
        exactly = {run[place] for places in found for place in places}
        rest = [number for number in run if number not in exactly]
        gross = sum((abs(steps[number].money) for number in rest), _NOTHING)
        left = sum((steps[number].money for number in rest), _NOTHING)
        yield from exactly
        if not exactly and len(rest) > 1 and abs(left) <= _SLIGHT * gross:
            yield from rest


def cancelling(amounts: Sequence[Decimal]) -> Iterator[range]:
    """Where the shortest stretches of amounts lie that sum to nothing: between them the sum so far is the same."""
    so_far = _NOTHING
    latest = {so_far: 0}  # after how many amounts it came to each sum, since the last such stretch
    for end, amount in enumerate(amounts, 1):
        so_far = WIDE.add(so_far, amount)
        if (first := latest.get(so_far)) is not None:
            yield range(first, end)
            latest.clear()
        latest[so_far] = end


def _runs(steps: Sequence[BridgeStep], numbers: Sequence[int]) -> Iterator[list[int]]:
    """Days in a row."""
    run: list[int] = []
    for number in numbers:
        if run and _day(steps[number]) - _day(steps[run[-1]]) != timedelta(days=1):
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _day(step: BridgeStep) -> date:
    return date.fromisoformat(step.place.day)
