"""Prices that a decision moves, in words."""

from __future__ import annotations

from collections.abc import Sequence

from llmpricing.domain.money import to_text
from llmpricing.domain.observations import Amount
from llmpricing.scripts.terminal import say
from llmpricing.services.decisions.effects import PriceMove

_SHOWN = 20


def say_moves(moves: Sequence[PriceMove]) -> None:
    """The first of them, and how many there are."""
    for move in moves[:_SHOWN]:
        say(f"  {move_text(move)}")
    if len(moves) > _SHOWN:
        say(f"  and {len(moves) - _SHOWN:,} more")
    say(f"That moves {len(moves):,} of today's prices.")


def move_text(move: PriceMove) -> str:
    """One price before and after."""
    old, new = ("unknown" if one is None else amount_text(one) for one in (move.old, move.new))
    return f"{move.offering} {move.component.label}: {old} -> {new}"


def amount_text(one: Amount) -> str:
    """What is asked: an amount, or the word for its state."""
    return one.state.value if one.amount is None else f"{to_text(one.amount)} {one.currency} per {one.per:,}"
