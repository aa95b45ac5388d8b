"""`llmpricing week`: all that waits for the person who keeps the price book, each line with its command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import click
from sqlalchemy.orm import Session

from llmpricing.domain.money import to_text
from llmpricing.domain.times import day
from llmpricing.scripts.asked_database import failures_told, open_book
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import ini_option, json_option
from llmpricing.scripts.prices_moved import amount_text
from llmpricing.scripts.terminal import say, say_json
from llmpricing.scripts.usage_spend import spend_of, usage_option
from llmpricing.services.catalogue.freshness import source_ages
from llmpricing.services.decisions.pin_drift import drifted_pins
from llmpricing.services.decisions.review_groups import ReviewFilter, grouped
from llmpricing.services.decisions.review_queue import waiting_reviews
from llmpricing.services.decisions.upcoming import coming_prices, retired_aliases

_COMING = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to look at: what it is, in one line, the command, and the offerings that it is about."""

    kind: str  # late_source, review_group, drifted_pin, retired_alias or coming_price
    what: str
    command: str
    offerings: tuple[str, ...] = ()


@click.command(short_help="All that waits for the keeper of the price book.")
@click.option("--late-days", type=click.IntRange(1), default=7, show_default=True, help="A source is late after these.")
@usage_option
@json_option
@ini_option
def week(late_days: int, usage: Path | None, as_json: bool, ini: Path) -> None:
    """Tell what an hour a week keeps right: sources that are late, prices that wait for a verdict, pins whose source
    moved, aliases of retired models, and prices that begin within 30 days; each with the command that settles or shows
    it.

    With --usage, of each kind first what concerns most of your own money. Exits 0 also where there is much to do: it is
    a list for a person; scripts count the lines of --json.

    \b
    llmpricing week
    llmpricing week --usage spendlogs.csv --late-days 3
    """
    now = datetime.now(UTC)
    with failures_told(), open_book(ini_settings(ini), commit=False) as session:
        spend = spend_of(session, usage, now)
        chores = [chore for kind in _KINDS for chore in sorted(kind(session, now, late_days), key=_by_money(spend))]
    if as_json:
        say_json({"now": now, "chores": [asdict(one) | _money_json(one, spend, usage) for one in chores]})
        return
    for chore in chores:
        concerned = _concerned(chore, spend)
        say(f"{chore.what}{f' (USD {to_text(concerned)} of your log)' if concerned else ''}")
        say(f"    {chore.command}")
    say(f"{len(chores)} to look at." if chores else "Nothing to do.")


def _late(session: Session, now: datetime, late_days: int) -> Iterator[Chore]:
    for source in source_ages(session, now):
        if source.age_days >= late_days:
            what = f"late: {source.source}, last published {day(source.last_success)}, {source.age_days} days ago"
            yield Chore("late_source", what, f"llmpricing import {source.source}")


def _waiting(session: Session, now: datetime, _: int) -> Iterator[Chore]:
    for group in grouped(waiting_reviews(session, now), ReviewFilter()):
        what = f"waiting: {len(group.reviews)} {group.rule} at {group.provider}, {group.source}"
        command = f"llmpricing review list --rule {group.rule} --provider {group.provider} --source {group.source}"
        concerned = tuple(sorted({one.offering for one in group.reviews}))
        yield Chore("review_group", f"{what} of {day(group.published_at)}", command, concerned)


def _drifted(session: Session, now: datetime, _: int) -> Iterator[Chore]:
    for one in drifted_pins(session, now):
        says = "no price" if one.now is None else amount_text(one.now)
        named = f"{one.pin.offering} {one.pin.component.label}"
        what = f"pin drifted: {named}: {one.source} said {amount_text(one.then)} when it was pinned, now {says}"
        command = f"llmpricing review list --offering {one.pin.offering}"
        yield Chore("drifted_pin", what, command, (one.pin.offering,))


def _retired(session: Session, now: datetime, _: int) -> Iterator[Chore]:
    for one in retired_aliases(session, now):
        since = f" since {one.retired_on}" if one.retired_on else ""
        what = f"retired: {one.name} means {one.offering}, {one.status or 'deprecated'}{since}"
        yield Chore("retired_alias", what, f"llmpricing alias end {one.name}", (one.offering,))


def _coming(session: Session, now: datetime, _: int) -> Iterator[Chore]:
    for one in coming_prices(session, now, _COMING):
        old = "unknown" if one.old is None else amount_text(one.old)
        named = f"{one.offering} {one.component.label}"
        what = f"coming: {named}: {old} -> {amount_text(one.new)} from {one.begins:%Y-%m-%d %H:%M} UTC"
        command = f"llmpricing quote {one.offering} --input 1000000 --at {one.begins:%Y-%m-%dT%H:%M:%SZ}"
        yield Chore("coming_price", what, command, (one.offering,))


_KINDS = (_late, _waiting, _drifted, _retired, _coming)


def _concerned(chore: Chore, spend: Mapping[str, Decimal]) -> Decimal:
    return sum((spend.get(offering, Decimal(0)) for offering in chore.offerings), Decimal(0))


def _by_money(spend: Mapping[str, Decimal]) -> Callable[[Chore], Decimal]:
    return lambda chore: -_concerned(chore, spend)


def _money_json(chore: Chore, spend: Mapping[str, Decimal], usage: Path | None) -> dict[str, str]:
    return {"usd": to_text(_concerned(chore, spend))} if usage else {}
