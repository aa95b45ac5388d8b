"""Both sides of a bridge, collected record by record: what a log comes to, and what sellers count and charge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.mistakes import causes
from llmpricing.domain.quotes.mistakes.audited_use import HOME
from llmpricing.services.usage_log.audit.bridge_cells import (
    COMMITMENT,
    CREDIT,
    OTHER,
    TAX,
    BridgePlace,
    Cell,
    PriceTold,
    ScopeCharge,
    SellerFigures,
)
from llmpricing.services.usage_log.audit.bridge_cover import NOBODY, InvoiceCover
from llmpricing.services.usage_log.audit.bridge_days import is_stretch
from llmpricing.services.usage_log.audit.bridge_kinds import UNTOLD, kind_of, parts_of, tool_of, tool_place
from llmpricing.services.usage_log.audit.bridge_names import BridgeNames
from llmpricing.services.usage_log.audit.bridge_owners import Owners
from llmpricing.services.usage_log.audit.bridge_rates import SellerRates
from llmpricing.services.usage_log.audit.bridge_steps import ChargeWords
from llmpricing.services.usage_log.audit.bridge_tellings import Tellings
from llmpricing.services.usage_log.audit.bridge_tiers import TierPrices
from llmpricing.services.usage_log.audit.bridge_told_twice import Settled, settled
from llmpricing.services.usage_log.audit.bridge_used import Amounts, amounts
from llmpricing.services.usage_log.audit.groups import NOT_STATED
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.audit.verdicts import (
    RIGHT,
    Audited,
    AuditVerdict,
    FinestPlaces,
    figure_kind,
    home_sums,
)
from llmpricing.services.usage_log.bill import PricedRecord
from llmpricing.services.usage_log.formats.charged_for import is_fee
from llmpricing.services.usage_log.formats.record import NO_FILE, OutcomeKind, UsageRecord

_NOTHING = Decimal(0)
_BESIDE_USAGE = {"tax": TAX, "credit": CREDIT, "commitment": COMMITMENT}


@dataclass
class BridgeSides:
    """Both sides, collected record by record in any order; ``uses`` tell what each kind of a record costs, ``names``
    what it is called. Where several files are of one seller, their
    ``tellings`` are collected first, and those of charges that another file tells too are not counted again.
    """

    uses: AuditedUses
    names: BridgeNames
    lines: dict[str, Amounts] = field(default_factory=lambda: defaultdict(amounts))  # by cause and name
    log: dict[BridgePlace, Cell] = field(default_factory=lambda: defaultdict(Cell))
    invoice: dict[BridgePlace, Cell] = field(default_factory=lambda: defaultdict(Cell))
    whole: dict[BridgePlace, ScopeCharge] = field(
        default_factory=lambda: defaultdict(ScopeCharge)
    )  # of lines of no model
    _charged: InvoiceCover = field(default_factory=InvoiceCover)
    _used: InvoiceCover = field(default_factory=InvoiceCover)
    rates: SellerRates = field(default_factory=SellerRates)
    _ratios: dict[str, list[Decimal]] = field(default_factory=lambda: defaultdict(list))
    _finest: dict[tuple[str, str], FinestPlaces] = field(default_factory=lambda: defaultdict(FinestPlaces))

    @cached_property
    def tellings(self) -> Tellings:
        """What each file of the invoice tells, where several are read."""
        return Tellings(self.names)

    @cached_property
    def told_twice(self) -> Settled:
        """What of it is not counted again, now that all of it is collected."""
        return settled(self.tellings)

    def collect(self, records: Iterable[PricedRecord]) -> None:
        """Collect what each file of the invoice tells, before any of it is counted; raises NoExchangeRate."""
        for priced in records:
            self.tellings.count(Audited(priced, *home_sums(self.uses, priced)))

    def count_log(self, one: Audited) -> None:
        """Add a record of the log."""
        spot = self.names.place(one)
        if one.cost is not None or one.priced.record.model:
            self.log[spot].name = self.log[spot].name or self.names.called(one)
        if one.cost is None:
            if one.priced.outcome.kind is OutcomeKind.UNPRICED and one.priced.record.model:
                self.log[spot].is_unpriced = True
            return
        self.log[spot].logged.count(one.priced.record, parts_of(self.uses, one) or {UNTOLD: one.cost})

    def count_charged(self, one: Audited) -> None:
        """Add a record of the invoice, or of a usage export beside it."""
        kind, record = one.priced.outcome.kind, one.priced.record
        if kind is OutcomeKind.REPEATED or (one.logged is None and one.cost is None):
            return
        if record.source != NO_FILE and not self.told_twice.is_counted(self.tellings, one):
            return
        if record.per_usd and record.currency != HOME and one.logged:
            self.rates.count(record, self.names.seller(one), self.uses.book_per_usd(record.currency, record.at))
        if kind is OutcomeKind.NOT_BILLED:
            if one.logged:
                cause = _BESIDE_USAGE.get(one.priced.outcome.beside, OTHER)
                name = record.charged_as or one.priced.outcome.beside or one.priced.outcome.reason
                self.lines[cause][name] = WIDE.add(self.lines[cause][name], one.logged)
            return
        spot = self.names.place(one)
        if record.credited and one.logged is not None:
            one = self._without_credits(one, one.logged)
        if not record.model:
            self._charge_whole(one, spot)
            return
        parts = parts_of(self.uses, one)
        if record.charged_for and parts:
            parts = {kind_of(record.charged_for): sum(parts.values(), _NOTHING)}
        cell = self.invoice[spot]
        cell.name = cell.name or self.names.called(one)
        if parts:
            side = cell.by_usage if one.logged is None else cell.by_lines
            side.count(record, parts, is_over_change=is_stretch(spot.day) and self.uses.changes_within(record))
        cover = self._used if one.logged is None else self._charged
        cover.count(one, spot)
        if one.logged is not None:
            self._charge(cell, one, parts, spot.seller)

    def _charge(self, cell: Cell, one: Audited, parts: Mapping[str, Decimal], seller: str) -> None:
        record, asked = one.priced.record, one.logged or _NOTHING
        scope = (kind_of(record.charged_for),) if record.charged_for else tuple(sorted(parts))
        figures = self._figures(record, seller)
        charge = cell.charges[() if UNTOLD in scope else scope]
        charge.money = WIDE.add(charge.money, asked)
        charge.figures[figures] += 1
        charge.is_counted &= one.cost is not None
        if one.cost is None or not one.difference:
            return
        told = one.verdict.causes[:1] or (causes.ROUNDING,)
        if record.currency != HOME and one.cost and causes.UNEXPLAINED in (*told, *one.verdict.otherwise):
            self._ratios[record.currency].append(asked / one.cost)
        price = PriceTold(one.verdict._replace(detail=""), figures)
        charge.prices[price] = WIDE.add(charge.prices[price], one.difference)

    def _without_credits(self, one: Audited, net: Decimal) -> Audited:
        """The line without what it gives back, which is told by the names of credits."""
        record = one.priced.record
        gross = net
        for name, part in record.credited:
            given = self.uses.in_home(part, record.currency, record.at, record.per_usd)
            self.lines[CREDIT][name] = WIDE.add(self.lines[CREDIT][name], given)
            gross = WIDE.subtract(gross, given)
        verdict = RIGHT if gross == one.cost else AuditVerdict((causes.UNEXPLAINED,))
        return one._replace(logged=gross, verdict=verdict)

    def _charge_whole(self, one: Audited, spot: BridgePlace) -> None:
        """Add a line that names no model: it is of all that its seller sold."""
        if not one.logged:
            return
        charge = self.whole[spot]
        charge.money = WIDE.add(charge.money, one.logged)
        charge.figures[self._figures(one.priced.record, spot.seller)] += 1
        self._charged.count(one, spot)

    def _figures(self, record: UsageRecord, seller: str) -> SellerFigures:
        """Count how finely a line's figure is written."""
        figures = SellerFigures(seller, figure_kind(record), record.source.shape)
        self._finest[figures.writer].count(record)
        return figures

    @property
    def has_charges(self) -> bool:
        """Whether any file says what is charged, and not only what was used."""
        return bool(self.lines or self.whole) or any(cell.charges for cell in self.invoice.values())

    @property
    def cover(self) -> InvoiceCover:
        """What the invoice covers, or the usage export where nothing is charged."""
        return self._charged if self.has_charges else self._used

    @property
    def words(self) -> ChargeWords:
        """What the whole invoice tells of its lines."""
        return ChargeWords(self._finest, self._ratios, TierPrices(self.uses), self.has_charges)

    def sellers(self) -> Mapping[BridgePlace, Collection[str]]:
        """Those whose lines may be of what the log has at each place: none where the invoice does not cover it."""
        cover, named = self.cover, defaultdict(set)
        for spot in self.log:
            named[spot.model].add(spot.seller)
        found: dict[BridgePlace, Collection[str]] = {}
        for spot in self.log:
            some = cover.sellers(spot.model, spot.seller, named[spot.model])
            found[spot] = some if cover.covers(spot.day, some) else ()
        return found

    def cells(self, sellers: Mapping[BridgePlace, Collection[str]]) -> Mapping[BridgePlace, Cell]:
        """What both sides say, by place, of what the invoice covers; fees of tools under the tool's name where the
        invoice charges them so.
        """
        found: dict[BridgePlace, Cell] = defaultdict(Cell)
        covered = {spot: sellers[spot] for spot in self.log if self.is_covered(sellers[spot])}
        owners = Owners(self.invoice, covered)
        tools = _tools(self.invoice, owners)
        for spot, some in covered.items():
            _put(found, owners.of_log(spot, some), self.log[spot], _of(tools, {*some, NOBODY}))
        for spot, cell in self.invoice.items():
            _put(found, owners.of_invoice(spot), cell, _of(tools, {spot.seller, NOBODY}))
        return found

    def is_covered(self, sellers: Collection[str]) -> bool:
        """Whether what these may charge is compared: all of it where the invoice has no line of usage."""
        return bool(sellers) or not self.cover.parts


def _put(found: dict[BridgePlace, Cell], place: BridgePlace, cell: Cell, there: Collection[BridgePlace]) -> None:
    """Put what is said of a place where it is compared: fees of tools ``there`` where the invoice charges them."""
    own = {kind for scope in cell.charges for kind in scope}
    for kind in {*cell.logged.money, *cell.counted} - own:
        name = tool_place(kind) if is_fee(kind) else place.model
        same = sorted(one for one in there if one.model == name)
        if name == place.model or not same:
            continue
        own_line = place._replace(model=name)
        lines = {one._replace(seller=place.seller): one for one in same}
        where = next((lines[one] for one in _as_told(own_line) if one in lines), None)
        fees, cell = cell.split(kind)
        found[where or own_line._replace(seller=same[0].seller)].merge(fees)
    found[place].merge(cell)


def _as_told(place: BridgePlace) -> Iterator[BridgePlace]:
    """The place as lines may tell it: with its key and project, or without."""
    for key in (place.key, NOT_STATED):
        for project in (place.project, NOT_STATED):
            yield place._replace(key=key, project=project)


def _tools(invoice: Mapping[BridgePlace, Cell], owners: Owners) -> Mapping[str, set[BridgePlace]]:
    """Where each seller charges fees of tools, whoever called them."""
    found: dict[str, set[BridgePlace]] = defaultdict(set)
    for spot, cell in invoice.items():
        if cell.charges and spot.model == tool_of(spot.model):
            found[spot.seller].add(owners.of_invoice(spot))
    return found


def _of(tools: Mapping[str, set[BridgePlace]], sellers: Collection[str]) -> Collection[BridgePlace]:
    return {place for seller in sellers if seller in tools for place in tools[seller]}
