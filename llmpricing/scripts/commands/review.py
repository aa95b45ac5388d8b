"""`llmpricing review`: work off the prices that guards stopped."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from llmpricing.domain.money import ratio_text, to_text
from llmpricing.domain.publishing.verdicts import Verdict
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import (
    ListedNumber,
    as_option,
    decider,
    failures_told,
    ini_option,
    json_option,
    note_option,
    open_book,
)
from llmpricing.scripts.terminal import say, say_json
from llmpricing.services.decisions.review_queue import Waiting, waiting_reviews
from llmpricing.services.decisions.reviews_and_pins import decide


@click.group(short_help="See, accept, reject prices that a guard stopped.")
def review() -> None:
    """Prices that a guard stopped: see them, accept them, reject them."""


@review.command("list")
@ini_option
@json_option
def list_(ini: Path, as_json: bool) -> None:
    """Show what waits: old and new price, who says so, the rule it broke, and what it would do to a workload."""
    with failures_told(), open_book(ini_settings(ini)) as session:
        found = waiting_reviews(session, datetime.now(UTC))
    if as_json:
        say_json({"reviews": [_json(waiting) for waiting in found]})
        return
    for waiting in found:
        for line in _lines(waiting):
            say(line)
    say("Nothing waits." if not found else f"{len(found)} wait: llmpricing review accept|reject ID...")


@review.command()
@ini_option
@click.argument("ids", type=ListedNumber("llmpricing review list"), nargs=-1, required=True)
@as_option
@note_option
def accept(ini: Path, ids: tuple[int, ...], actor: str | None, note: str | None) -> None:
    """Believe these prices: they are published where no more trusted source says otherwise."""
    _decide(ini, ids, Verdict.ACCEPTED, actor, note)


@review.command()
@ini_option
@click.argument("ids", type=ListedNumber("llmpricing review list"), nargs=-1, required=True)
@as_option
@note_option
def reject(ini: Path, ids: tuple[int, ...], actor: str | None, note: str | None) -> None:
    """Disbelieve these prices: the last good ones stay, until the source says something else."""
    _decide(ini, ids, Verdict.REJECTED, actor, note)


def _decide(ini: Path, ids: tuple[int, ...], verdict: Verdict, actor: str | None, note: str | None) -> None:
    by = decider(actor, note)
    with failures_told(), open_book(ini_settings(ini)) as session:
        count = decide(session, ids, verdict, by)
    say(f"{count} {verdict.value} by {by.name}.")


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
        f"    rule {waiting.rule}, against {waiting.against}"
        + (f"; suspected slip: {waiting.slip}" if waiting.slip else ""),
        f"    {effect.workload}: {before} -> {to_text(effect.after)} {waiting.currency}",
    ]


def _json(waiting: Waiting) -> dict[str, Any]:
    effect = waiting.effect
    return asdict(waiting) | {
        "old": None if waiting.old is None else to_text(waiting.old),
        "new": to_text(waiting.new),
        "factor": ratio_text(waiting.factor) if waiting.factor else None,
        "effect": {
            "workload": effect.workload,
            "before": None if effect.before is None else to_text(effect.before),
            "after": to_text(effect.after),
        },
    }
