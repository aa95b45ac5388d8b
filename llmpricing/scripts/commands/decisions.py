"""`llmpricing decisions`: who decided what, and when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
import msgspec

from llmpricing.domain.times import day
from llmpricing.scripts.asked_database import failures_told, open_book
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import back_to, ini_option, json_option
from llmpricing.scripts.terminal import say, say_json
from llmpricing.services.decisions.audit import Decision, EventFilter, list_events
from llmpricing.services.usage_log.write.csv_cells import csv_line


@click.group(cls=CommandGroup, short_help="Who decided what, and when.")
def decisions() -> None:
    """Who decided what, and when: the audit log."""


@decisions.command()
@click.option("--since", type=back_to, metavar="SPAN|DATE", help="Not before this: 12h, 7d, 2w or a date.")
@click.option("--by", "actor", metavar="NAME", help="By whom.")
@click.option("--action", metavar="WORD", help="What was done, such as pin_added.")
@click.option("--about", metavar="TEXT", help="What it was about holds this text, such as an offering's id.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="The newest so many.")
@click.option("--csv", "as_csv", is_flag=True, help="Answer as CSV.")
@json_option
@ini_option
def log(
    since: datetime | None,
    actor: str | None,
    action: str | None,
    about: str | None,
    limit: int,
    as_csv: bool,
    as_json: bool,
    ini: Path,
) -> None:
    """Show decisions, the newest first.

    \b
    llmpricing decisions log --since 30d --by ada
    llmpricing decisions log --action pin_added --about openai/ --csv
    """
    with failures_told(), open_book(ini_settings(ini), commit=False) as session:
        found = list_events(session, EventFilter(since, actor, action, about), limit)
    if as_json:
        say_json({"decisions": found})
    elif as_csv:
        _write_csv(found)
    else:
        for one in found:
            say(f"{day(one.at)}  {one.actor}  {one.action}  {one.subject}  {_text(one)}".rstrip())
        if not found:
            say("There are none. Next: leave out a filter.")


def _write_csv(found: list[Decision]) -> None:
    say(csv_line(Decision.__slots__))
    for one in found:
        say(csv_line([one.at.isoformat(), one.actor, one.action, one.subject, _text(one)]))


def _text(one: Decision) -> str:
    return msgspec.json.encode(one.details, order="sorted").decode() if one.details else ""
