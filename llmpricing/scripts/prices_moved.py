"""Prices that a decision moves, in words."""

from __future__ import annotations

from llmpricing.domain.money import to_text
from llmpricing.domain.observations import Amount
from llmpricing.services.decisions.effects import PriceMove


def move_text(move: PriceMove) -> str:
    """One price before and after."""
    old, new = ("unknown" if one is None else _amount(one) for one in (move.old, move.new))
    return f"{move.offering} {move.component.label}: {old} -> {new}"


def _amount(one: Amount) -> str:
    return one.state.value if one.amount is None else f"{to_text(one.amount)} {one.currency} per {one.per:,}"
