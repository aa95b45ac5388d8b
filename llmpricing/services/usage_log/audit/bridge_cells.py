"""The places that a bridge compares, what both sides say of each by kind, and the rows of its causes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.mistakes import causes
from llmpricing.services.usage_log.audit.bridge_used import Amounts, Used, amounts
from llmpricing.services.usage_log.audit.groups import NOT_STATED
from llmpricing.services.usage_log.audit.verdicts import AuditVerdict, FigureKind

QUANTITY, PRICE, BOTH, DAY, TIER = "quantity", "price", "quantity_or_price", "day_boundary", "tier"
NOT_IN_LOG, NOT_CHARGED, CURRENCY = "charged_not_in_log", "in_log_not_charged", "currency"
OUTSIDE, NO_PRICE = "outside_of_invoice", "in_log_without_price"
CREDIT, TAX, COMMITMENT, OTHER = "credit_or_discount", "tax", "commitment", "other_charges"
DISAGREEMENT, OTHER_TIER = "usage_export_disagrees", "tier_of_usage_export"
BRIDGE_TITLES = {
    DISAGREEMENT: "the usage export states other quantities than the invoice's own lines, which are taken",
    OTHER_TIER: "charged as much as the log comes to, but not the price of the tier that the seller's own usage "
    "export tells: if that is right, this much too much or, below nothing, too little; ask the seller",
    QUANTITY: "the seller counts other quantities than the log",
    PRICE: "the seller charges another price than the price book's",
    TIER: "the seller charges the price of another tier than the log's",
    BOTH: "the invoice states no quantities: whether quantity or price differs cannot be told apart without "
    "the seller's usage export",
    DAY: "the same usage on the next or the previous day",
    NOT_IN_LOG: "charged, but not in the log",
    NOT_CHARGED: "in the log, but not charged",
    OUTSIDE: "in the log, outside of the days or sellers that the invoice covers",
    NO_PRICE: "charged, and in the log without a price: the price book does not know what it costs",
    CURRENCY: "the invoice's exchange rate is not that of the price book",
    CREDIT: "credits and discounts",
    TAX: "taxes",
    COMMITMENT: "commitments and fees",
    OTHER: "charged in lines that name no model, beside all that the log has",
    causes.ROUNDING: "what the rounding of the invoice's amounts leaves",
}
_NOTHING = Decimal(0)
SHARED = ("key", "project")  # what a place is told apart by only where both sides tell the same ones
Scope = tuple[str, ...]  # the kinds that a charge is for; empty where none is told


class BridgePlace(NamedTuple):
    """What both sides are compared by: a day, or days that a line sums up; a model whoever names it, empty for lines of
    no model; a key and a project (or workspace), if both sides state them; and who sold it, several where it cannot be
    told whose usage it is.
    """

    day: str
    model: str
    key: str = ""
    seller: str = ""
    project: str = ""

    @property
    def told(self) -> BridgePlace:
        """The place without what is not stated of it."""
        return self._replace(**{name: "" for name in SHARED if getattr(self, name) == NOT_STATED})


class SellerFigures(NamedTuple):
    """Figures of one kind in the lines of one seller, and of one shape of files: each writes its own so finely."""

    seller: str
    kind: FigureKind
    shape: str = ""

    @property
    def writer(self) -> tuple[str, str]:
        """Who writes them: the seller, and in what shape."""
        return self.seller, self.shape


class PriceTold(NamedTuple):
    """What a line itself tells of its price, before it is known how finely amounts of its ``figures`` are written."""

    verdict: AuditVerdict
    figures: SellerFigures


@dataclass
class ScopeCharge:
    """What is charged for the kinds of one scope. ``prices`` are the parts of it beyond what its own quantities cost;
    ``is_counted`` as long as all of its lines state these. ``figures`` count lines by how their amounts are written.
    """

    money: Decimal = _NOTHING
    is_counted: bool = True
    prices: dict[PriceTold, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    figures: Counter[SellerFigures] = field(default_factory=Counter)

    def merge(self, other: ScopeCharge) -> None:
        """Add what another charges."""
        self.money = WIDE.add(self.money, other.money)
        self.is_counted &= other.is_counted
        self.figures.update(other.figures)
        for name, part in other.prices.items():
            self.prices[name] = WIDE.add(self.prices[name], part)


@dataclass
class Cell:
    """What both sides say of one place: what is ``logged``, what a usage export states (``by_usage``) and what the
    invoice's own lines do (``by_lines``), which are the same usage told twice where both are there; and the charges.
    """

    logged: Used = field(default_factory=Used)
    by_usage: Used = field(default_factory=Used)
    by_lines: Used = field(default_factory=Used)
    charges: dict[Scope, ScopeCharge] = field(default_factory=lambda: defaultdict(ScopeCharge))
    is_unpriced: bool = False
    name: str = ""  # of the model, as the offering or the export writes it

    @property
    def log(self) -> Decimal:
        """What its records of the log cost."""
        return sum(self.logged.money.values(), _NOTHING)

    @property
    def charged(self) -> Decimal:
        """What the invoice asks."""
        return sum((charge.money for charge in self.charges.values()), _NOTHING)

    @property
    def counted(self) -> Mapping[str, Decimal]:
        """What the seller's quantities cost, a tier that one side does not tell left out of account: by the usage
        export, unless all lines of the invoice that charge a kind state others, for these are what is charged.
        """
        kinds = {**self.by_lines.money, **self.by_usage.money}
        return {kind: self.told_by(kind).cost_at(self.logged, kind) for kind in kinds}

    def told_by(self, kind: str) -> Used:
        """Whose quantities of a kind are taken."""
        is_of_lines = kind not in self.by_usage.money or self.disagrees(kind)
        return self.by_lines if is_of_lines else self.by_usage

    def disagrees(self, kind: str) -> bool:
        """Whether the usage export and all lines that charge this kind state different quantities of it."""
        if kind not in self.by_usage.money or kind not in self.by_lines.money:
            return False
        is_whole = all(charge.is_counted for scope, charge in self.charges.items() if kind in scope or not scope)
        return is_whole and not self.by_usage.agrees(self.by_lines, kind)

    def merge(self, other: Cell) -> None:
        """Add what both sides say of another place."""
        for own, its in zip(self._sides, other._sides, strict=True):
            own.merge(its)
        for scope, charge in other.charges.items():
            self.charges[scope].merge(charge)
        self.is_unpriced |= other.is_unpriced
        self.name = self.name or other.name

    def renamed(self, names: Mapping[str, str]) -> Cell:
        """The same with other names of kinds, those of one name together."""
        found = Cell(is_unpriced=self.is_unpriced, name=self.name)
        for own, its in zip(found._sides, self._sides, strict=True):
            own.merge(its, names)
        for scope, charge in self.charges.items():
            found.charges[scope_of(names.get(kind, kind) for kind in scope)].merge(charge)
        return found

    def split(self, kind: str) -> tuple[Cell, Cell]:
        """What is logged and counted of a kind, and the rest; the charges stay with the rest."""
        (logged, logged_else), (usage, usage_else), (lines, lines_else) = (side.split(kind) for side in self._sides)
        rest = Cell(logged_else, usage_else, lines_else, self.charges, self.is_unpriced, self.name)
        return Cell(logged, usage, lines), rest

    @property
    def _sides(self) -> tuple[Used, Used, Used]:
        return self.logged, self.by_usage, self.by_lines


def scope_of(kinds: Iterable[str]) -> Scope:
    """The scope of a charge for these kinds."""
    return tuple(sorted(set(kinds)))


@dataclass
class BridgeRow:
    """A cause with its money: what is charged more than the log comes to by it, and how much of it is of each kind, of
    each model by the name it is ``called``, and in ``lines`` that are of no usage. ``moved`` is how much of both signs.
    """

    name: str
    money: Decimal = _NOTHING
    moved: Decimal = _NOTHING
    places: int = 0
    example: BridgePlace | None = None
    called: str = ""
    arithmetic: str = ""
    kinds: Amounts = field(default_factory=amounts)
    models: Amounts = field(default_factory=amounts)
    lines: Amounts = field(default_factory=amounts)
    _places: set[BridgePlace | None] = field(default_factory=set)
    _largest: Decimal = _NOTHING

    @property
    def title(self) -> str:
        """The cause in words."""
        return BRIDGE_TITLES.get(self.name) or causes.title_of(self.name)

    def add(self, money: Decimal, place: BridgePlace, kind: str, called: str, arithmetic: str = "") -> None:
        """Add the part of a kind at a place, of a model called so; the largest one is the example."""
        called = called or place.model
        if self.example is None or abs(money) > self._largest:
            self.example, self.called, self._largest, self.arithmetic = place, called, abs(money), arithmetic
        self.kinds[kind] = WIDE.add(self.kinds[kind], money)
        self.models[called] = WIDE.add(self.models[called], money)
        self._add(money, place)

    def add_lines(self, called: Mapping[str, Decimal]) -> None:
        """Add what lines ask that are of no usage, by their names."""
        for name, money in called.items():
            self.lines[name] = WIDE.add(self.lines[name], money)
            self._add(money, None)

    def _add(self, money: Decimal, place: BridgePlace | None) -> None:
        self.money, self.moved = WIDE.add(self.money, money), WIDE.add(self.moved, abs(money))
        self._places.add(place)
        self.places = len(self._places)
