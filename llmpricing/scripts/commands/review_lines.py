"""How reviews, their groups and drifted pins are told, in lines and in JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from llmpricing.domain.money import ratio_text, to_text
from llmpricing.domain.observations import Amount, State
from llmpricing.domain.times import day
from llmpricing.scripts.prices_moved import amount_text
from llmpricing.scripts.terminal import say
from llmpricing.services.decisions.pin_drift import PinDrift
from llmpricing.services.decisions.review_groups import ReviewGroup
from llmpricing.services.decisions.review_queue import Decided, Waiting


def place(one: Waiting) -> tuple[str, str, str, datetime, int]:
    """The order of reviews."""
    return one.offering, one.meter, one.condition_key, one.published_at, one.id


def show(group: ReviewGroup, now: datetime, most: int) -> None:
    """Say a group, and so many of its reviews."""
    waits = (now - group.opened_at).days
    is_decided = any(one.decided for one in group.reviews)
    waiting = "" if is_decided else f"waiting for {waits} {'day' if waits == 1 else 'days'}, "
    lists = f"{group.repeated} lists say so" if group.repeated > 1 else "one list says so"
    say(
        f"{len(group.reviews)} {group.rule} at {group.provider}, {group.source} of {day(group.published_at)}: "
        f"{waiting}{lists}"
    )
    for one in sorted(group.reviews, key=lambda one: (one is not group.largest, place(one)))[:most]:
        for line in _lines(one):
            say(f"  {line}")
    if len(group.reviews) > most:
        say(
            f"  and {len(group.reviews) - most} more: llmpricing review list {'--decided ' if is_decided else ''}"
            f"--rule {group.rule} --provider {group.provider} --source {group.source}"
        )


def _lines(waiting: Waiting) -> list[str]:
    conditions = f" [{waiting.condition_key}]" if waiting.condition_key else ""
    old = "unknown" if waiting.old is None else to_text(waiting.old)
    factor = f" ({ratio_text(waiting.factor)}x)" if waiting.factor else ""
    effect = waiting.effect
    before = "unknown" if effect.before is None else to_text(effect.before)
    return [
        f"{waiting.id}  {waiting.offering} {waiting.meter}{conditions}",
        f"    {old} -> {to_text(waiting.new)} {waiting.currency} per {waiting.per:,}{factor}, "
        f"says {waiting.source} in its list of {waiting.published_at:%Y-%m-%d %H:%M} UTC",
        f"    rule {waiting.rule}, against {waiting.against}{_said_before(waiting)}"
        + (f"; suspected slip: {waiting.slip}" if waiting.slip else ""),
        f"    {effect.workload}: {before} -> {to_text(effect.after)} {waiting.currency}",
        *_decision_lines(waiting.decided),
    ]


def _said_before(waiting: Waiting) -> str:
    """The source's own value that it was held against, where that is not the price that stands."""
    before = waiting.said_before if waiting.against == waiting.source else None
    return "" if before is None or before == waiting.old else f" at {to_text(before)}"


def _decision_lines(decided: Decided | None) -> list[str]:
    if decided is None:
        return []
    why = f": {decided.note}" if decided.note else ""
    return [f"    {decided.outcome} by {decided.by} on {decided.at:%Y-%m-%d %H:%M} UTC{why}"]


def drift_lines(drift: PinDrift) -> list[str]:
    """A pin whose source moved, with the commands that settle it."""
    pin, now = drift.pin, drift.now
    held = Amount(State.PRICED, pin.amount, pin.per, pin.currency)
    says = "no longer states it" if now is None else f"says {amount_text(now)}"
    conditions = f" --conditions '{pin.component.conditions}'" if pin.component.conditions else ""
    named = f"{pin.offering} {pin.component.meter}"
    return [
        f"pin drifted: {pin.offering} {pin.component.label} is held at {amount_text(held)} by {pin.pinned_by}; "
        f"{drift.source} said {amount_text(drift.then)} then, and {says} since {day(drift.published_at)}",
        f"    let it go: llmpricing unpin {named}{conditions}",
        f"    keep it: llmpricing pin {named} {to_text(pin.amount)} --per {pin.per} --currency {pin.currency}"
        f"{conditions}{f' --until {pin.valid_until:%Y-%m-%dT%H:%M:%SZ}' if pin.valid_until else ''}",
    ]


def drift_json(drift: PinDrift) -> dict[str, Any]:
    """A pin whose source moved."""
    pin = drift.pin
    return {
        "offering": pin.offering,
        "meter": pin.component.meter,
        "conditions": pin.component.conditions,
        "held": amount_json(Amount(State.PRICED, pin.amount, pin.per, pin.currency)),
        "pinned_by": pin.pinned_by,
        "pinned_at": pin.pinned_at,
        "source": drift.source,
        "then": amount_json(drift.then),
        "now": amount_json(drift.now),
        "published_at": drift.published_at,
    }


def amount_json(one: Amount | None) -> dict[str, Any] | None:
    """A price; None where there is none."""
    if one is None:
        return None
    amount = None if one.amount is None else to_text(one.amount)
    return {"state": one.state, "amount": amount, "currency": one.currency, "per": one.per}


def group_json(group: ReviewGroup) -> dict[str, Any]:
    """A group, with the numbers of its reviews."""
    return {
        "rule": group.rule,
        "provider": group.provider,
        "source": group.source,
        "published_at": group.published_at,
        "opened_at": group.opened_at,
        "repeated": group.repeated,
        "reviews": [one.id for one in group.reviews],
    }


def review_json(waiting: Waiting) -> dict[str, Any]:
    """A review; ``decided`` only where somebody did."""
    effect, told = waiting.effect, asdict(waiting)
    if waiting.decided is None:
        del told["decided"]
    return told | {
        "stands": amount_json(waiting.stands),
        "old": None if waiting.old is None else to_text(waiting.old),
        "said_before": None if waiting.said_before is None else to_text(waiting.said_before),
        "new": to_text(waiting.new),
        "factor": ratio_text(waiting.factor) if waiting.factor else None,
        "effect": {
            "workload": effect.workload,
            "before": None if effect.before is None else to_text(effect.before),
            "after": to_text(effect.after),
        },
    }
