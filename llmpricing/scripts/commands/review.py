"""`llmpricing review`: work off the prices that guards stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from llmpricing.domain.publishing.guard_evidence import GuardRule
from llmpricing.domain.publishing.verdicts import Verdict
from llmpricing.scripts.asked_database import decider, failures_told, open_book
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.commands.review_lines import drift_json, drift_lines, group_json, place, review_json, show
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import ListedNumber, as_option, back_to, ini_option, json_option, note_option
from llmpricing.scripts.prices_moved import say_moves
from llmpricing.scripts.terminal import say, say_json
from llmpricing.scripts.usage_spend import concerned, spend_of, usage_option
from llmpricing.services.decisions.effects import moved_by
from llmpricing.services.decisions.pin_drift import drifted_pins
from llmpricing.services.decisions.review_groups import ReviewFilter, grouped
from llmpricing.services.decisions.review_queue import decided_reviews, offerings_in, waiting_reviews
from llmpricing.services.decisions.reviews_and_pins import Decider, decide, reopen
from llmpricing.settings import Settings
from llmpricing.sources.registry import SOURCES

_SHOWN = 3  # reviews of a group, where all groups are shown
_ids = click.argument("ids", type=ListedNumber("llmpricing review list"), nargs=-1)
_yes = click.option("--yes", is_flag=True, help="Do not ask, as scripts need it.")


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which reviews are meant."""
    for option in (
        click.option("--since", type=back_to, metavar="SPAN|DATE", help="Of lists published since: 12h, 7d or a date."),
        click.option("--offering", help="Of this offering, such as openai/gpt-4o."),
        click.option("--provider", help="Of this seller, such as openrouter."),
        click.option("--source", type=click.Choice(list(SOURCES)), help="What this list says."),
        click.option("--rule", type=click.Choice([rule.value for rule in GuardRule]), help="What breaks this rule."),
    ):
        command = option(command)
    return command


@click.group(cls=CommandGroup, short_help="See, accept, reject prices that a guard stopped.")
def review() -> None:
    """Prices that a guard stopped: see them, accept them, reject them."""


@review.command("list")
@ini_option
@_filters
@click.option("--decided", is_flag=True, help="Show what was accepted or rejected, not what waits.")
@usage_option
@json_option
def list_(ini: Path, decided: bool, usage: Path | None, as_json: bool, **wanted: Any) -> None:
    """Show what waits, grouped by rule, seller and list: old and new price, who says so, how many lists repeat it, and
    what it would do to a workload; then pins whose source says something else than when they were pinned. With a filter
    every price of the groups is shown; with --usage the group that concerns most of your money is first. With
    --decided: what was decided, by whom, when and why.

    \b
    llmpricing review list
    llmpricing review list --provider openrouter --usage spendlogs.csv
    """
    asked, now = ReviewFilter(**wanted), datetime.now(UTC)
    with failures_told(), open_book(ini_settings(ini)) as session:
        groups = grouped((decided_reviews if decided else waiting_reviews)(session, now), asked)
        spend = spend_of(session, usage, now)
        groups.sort(key=lambda group: -concerned(spend, (one.offering for one in group.reviews)))
        drifts = [] if decided else [one for one in drifted_pins(session, now) if asked.means_pin(one)]
    reviews = sorted((one for group in groups for one in group.reviews), key=place)
    if as_json:
        answer = {"reviews": [review_json(one) for one in reviews], "groups": [group_json(group) for group in groups]}
        say_json(answer if decided else answer | {"drifted_pins": [drift_json(one) for one in drifts]})
        return
    for group in groups:
        show(group, now, len(group.reviews) if not asked.is_any else _SHOWN)
    if decided:
        say(
            f"{len(reviews)} were decided: llmpricing review reopen ID..."
            if reviews
            else "Nothing of that was decided."
        )
        return
    for drift in drifts:
        for line in drift_lines(drift):
            say(line)
    if not groups:
        say("Nothing waits." if asked.is_any else "Nothing of that kind waits.")
        return
    say(
        f"{len(reviews)} wait in {len(groups)} {'groups' if len(groups) > 1 else 'group'}: "
        "llmpricing review accept|reject ID..., or --rule RULE --provider PROVIDER for a whole group"
    )


def _decision(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that decides: what, with which words, by whom."""
    for option in (note_option, as_option, _yes, _filters, _ids, ini_option):
        command = option(command)
    return command


@review.command()
@_decision
def accept(ini: Path, ids: tuple[int, ...], yes: bool, actor: str | None, note: str | None, **wanted: Any) -> None:
    """Believe these prices: they are published where no more trusted source says otherwise. Named by number, or all
    that --rule, --provider and the like mean, after showing and asking. What it does to today's prices is told first.

    \b
    llmpricing review accept 12 13
    llmpricing review accept --rule jump --provider openrouter --yes
    """
    _decide(ini, ids, ReviewFilter(**wanted), Verdict.ACCEPTED, yes, actor, note)


@review.command()
@_decision
def reject(ini: Path, ids: tuple[int, ...], yes: bool, actor: str | None, note: str | None, **wanted: Any) -> None:
    """Disbelieve these prices: the last good ones stay, until the source says something else. Named by number, or all
    that --rule, --provider and the like mean, after showing and asking. What it does to today's prices is told first.

    \b
    llmpricing review reject 12 --note 'a slip of units'
    """
    _decide(ini, ids, ReviewFilter(**wanted), Verdict.REJECTED, yes, actor, note)


@review.command("reopen")
@_decision
def reopen_(ini: Path, ids: tuple[int, ...], yes: bool, actor: str | None, note: str | None, **wanted: Any) -> None:
    """Take back what was decided: these prices wait again. What it would do to published prices is shown before; the
    audit log keeps both. See review list --decided.

    \b
    llmpricing review reopen 12
    """
    asked, by, settings = ReviewFilter(**wanted), decider(actor, note), ini_settings(ini)
    if bool(ids) != asked.is_any:
        raise click.UsageError("Name the numbers that llmpricing review list --decided shows, or a --rule ...")
    with failures_told(), open_book(settings, commit=False) as session:
        found = decided_reviews(session, by.at)
        named = found if ids else [one for group in grouped(found, asked) for one in group.reviews]
        numbers = ids or tuple(one.id for one in named)
        if not numbers:
            raise click.ClickException("Nothing of that kind was decided. See llmpricing review list --decided.")
        offerings = {one.offering for one in named if one.id in numbers}
        moves = moved_by(session, offerings, by.at, lambda: reopen(session, numbers, by))
    say_moves(moves)
    if not yes:
        click.confirm(f"Are these {len(numbers)} to wait again?", abort=True)
    with failures_told(), open_book(settings) as session:
        count = reopen(session, numbers, by)
    say(f"{count} reopened by {by.name}.")


def _decide(
    ini: Path,
    ids: Sequence[int],
    wanted: ReviewFilter,
    verdict: Verdict,
    yes: bool,
    actor: str | None,
    note: str | None,
) -> None:
    if bool(ids) != wanted.is_any:
        raise click.UsageError(
            "Name the numbers that llmpricing review list shows, or a --rule, --provider or the like."
        )
    by, settings = decider(actor, note), ini_settings(ini)
    is_named = bool(ids)
    if not is_named:
        ids = _of_groups(settings, wanted, by)
    with failures_told(), open_book(settings, commit=False) as session:
        moves = moved_by(session, offerings_in(session, ids), by.at, lambda: decide(session, ids, verdict, by))
    say_moves(moves)
    if not is_named and not yes:
        click.confirm(f"Are these {len(ids)} to be {verdict.value}?", abort=True)
    with failures_told(), open_book(settings) as session:
        count = decide(session, ids, verdict, by)
    say(f"{count} {verdict.value} by {by.name}.")


def _of_groups(settings: Settings, wanted: ReviewFilter, by: Decider) -> list[int]:
    """The numbers of what waits and is meant, after showing it."""
    with failures_told(), open_book(settings) as session:
        groups = grouped(waiting_reviews(session, by.at), wanted)
    if not groups:
        raise click.ClickException("Nothing of that kind waits. See llmpricing review list.")
    for group in groups:
        show(group, by.at, len(group.reviews))
    return [one.id for group in groups for one in group.reviews]
