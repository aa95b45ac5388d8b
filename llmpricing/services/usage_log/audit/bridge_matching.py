"""What of one place is compared with what: kinds that both sides tell apart by themselves, others together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from llmpricing.domain.meters import METERS
from llmpricing.services.usage_log.audit.bridge_cells import Cell, Scope, ScopeCharge, scope_of
from llmpricing.services.usage_log.audit.bridge_kinds import LIVES, UNTOLD, WRITES
from llmpricing.services.usage_log.audit.bridge_used import Amounts, amounts

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class ComparedKinds:
    """Kinds that are compared together: those of one charge, or of charges that share kinds. ``counted`` is what the
    seller's quantities of each cost, None where it does not state those of all that it charges; ``is_by_log`` where
    they cost something else by what the seller tells of them, such as no tier.
    """

    kinds: Scope
    logged: Mapping[str, Decimal]
    counted: Mapping[str, Decimal] | None
    charge: ScopeCharge | None
    is_by_log: bool

    @property
    def log(self) -> Decimal:
        """What the log's records of them cost."""
        return sum(self.logged.values(), _NOTHING)


def matched(cell: Cell) -> Iterator[ComparedKinds]:
    """What is compared of a place: each kind once."""
    cell = footed(cell)
    charges, told = _scoped(cell), cell.counted
    kinds = {*cell.logged.money, *told, *(kind for scope in charges for kind in scope)}
    for together in sorted(_linked(kinds, charges)):
        own = [(scope, charge) for scope, charge in charges.items() if scope[0] in together]
        logged = {kind: cell.logged.money[kind] for kind in together if kind in cell.logged.money}
        counted = {kind: money for kind, money in told.items() if kind in together}
        is_known = all(_is_counted(cell, scope, charge) for scope, charge in own)
        is_by_log = any(money != cell.told_by(kind).money[kind] for kind, money in counted.items())
        known = counted if is_known and (counted or not own) else None
        yield ComparedKinds(together, logged, known, _sum(own), is_by_log)


def footed(cell: Cell) -> Cell:
    """The cell by kinds that both sides tell apart."""
    return _on_one_footing(_of_one_life(cell))


def _is_counted(cell: Cell, scope: Scope, charge: ScopeCharge) -> bool:
    """Whether the seller states how much it charges for. A usage export tells of all kinds of a model that it uses."""
    if len(scope) > 1:
        return any(kind in cell.by_usage.money for kind in scope) or charge.is_counted
    return scope[0] in cell.by_usage.money or (charge.is_counted and scope[0] in cell.by_lines.money)


def _sum(charges: list[tuple[Scope, ScopeCharge]]) -> ScopeCharge | None:
    found = ScopeCharge() if charges else None
    for _, charge in charges:
        assert found is not None  # noqa: S101 - there is one
        found.merge(charge)
    return found


def _of_one_life(cell: Cell) -> Cell:
    """Writes whose life the invoice does not tell are those of the log, of whatever life: where it knows others than
    of five minutes, what the line's own quantity costs is not known.
    """
    if not any(WRITES in side for side in (cell.by_lines.money, cell.by_usage.money, _charged(cell))):
        return cell
    own = {kind for kind in LIVES if kind in cell.logged.money}
    if own <= {LIVES[0]}:
        return cell.renamed({WRITES: LIVES[0]})
    found = cell.renamed(dict.fromkeys(LIVES, WRITES))
    found.by_lines.drop(WRITES)
    for scope, charge in found.charges.items():
        charge.is_counted &= WRITES not in scope
    return found


def _on_one_footing(cell: Cell) -> Cell:
    """A kind that the log does not tell (pictures, a life of writes, what was cached) lies within a wider one of it,
    if the seller has less of that than the log.
    """
    charged, logged = _charged(cell), cell.logged.money
    theirs = {**charged, **cell.counted}
    names: dict[str, str] = {}
    for kind in theirs.keys() - logged.keys():
        wider = (one for one in _wider(kind) if one in logged)
        base = next((one for one in wider if theirs.get(one, _NOTHING) < logged[one]), None)
        if base is not None and theirs[kind] > 0:
            names[kind] = base
    return cell.renamed(names) if names else cell


def _charged(cell: Cell) -> Amounts:
    """What is charged for one kind alone."""
    found = amounts()
    for scope, charge in cell.charges.items():
        if len(scope) == 1:
            found[scope[0]] += charge.money
    return found


def _wider(kind: str) -> Iterator[str]:
    """The kinds in which a log may have counted what is of this kind, the likeliest first."""
    dimensions = METERS[kind].dimensions if kind in METERS else {}
    if dimensions.get("family") != "tokens":
        return
    if kind in LIVES:
        yield from (life for life in LIVES if life != kind)
    direction, modality = dimensions["direction"], dimensions.get("modality")
    if modality and dimensions.get("token_type") == "cache_read":
        yield "cache_read_tokens"
    if modality and dimensions.get("token_type"):
        yield f"{direction}_{modality}_tokens"
    if modality or dimensions.get("token_type"):
        yield f"{direction}_tokens"


def _scoped(cell: Cell) -> Mapping[Scope, ScopeCharge]:
    """The charges by the kinds that they are for: one that tells none is for all that no other charge is for."""
    told = {scope: charge for scope, charge in cell.charges.items() if scope}
    if () not in cell.charges:
        return told
    elsewhere = {kind for scope in told for kind in scope}
    known = {*cell.logged.money, *cell.counted}
    scope = scope_of(known - elsewhere) or scope_of(known | elsewhere) or (UNTOLD,)
    found: dict[Scope, ScopeCharge] = defaultdict(ScopeCharge)
    for own, charge in (*told.items(), (scope, cell.charges[()])):
        found[own].merge(charge)
    return found


def _linked(kinds: set[str], charges: Mapping[Scope, ScopeCharge]) -> set[Scope]:
    """The kinds, those together that share a charge."""
    groups = [{kind} for kind in kinds]
    for scope in charges:
        shared = [group for group in groups if group & set(scope)]
        groups = [group for group in groups if group not in shared] + [set().union(*shared)]
    return {scope_of(group) for group in groups}
