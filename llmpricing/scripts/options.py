"""Options that commands share, and what their values mean: times, meters, numbers out of a list."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from llmpricing.domain.meters import METERS
from llmpricing.domain.times import InstantError, day, not_ahead, read_instant

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class _IniFile(click.Path):
    """The ini file of who needs the server's price book; where it is not there, what is missing and where it may be."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; a usage error where there is no such file, that names no file as given which nobody gave."""
        is_given = not ctx or ctx.get_parameter_source("ini") is not ParameterSource.DEFAULT
        if not is_given and not Path(value).exists():
            raise click.UsageError(
                f"This works on a server's price book, and there is no {value} here: run it in the folder of your "
                "checkout, or name its ini file with -c.",
                ctx,
            )
        return super().convert(value, param, ctx)


ini_option: Decorator = click.option(
    "-c",
    "--ini",
    default="development.ini",
    show_default=True,
    type=_IniFile(),
    help="The ini file that names the price book.",
)


class MeterName(click.Choice[str]):
    """A meter's name; what is none is answered with those like it, not with all of them."""

    def __init__(self) -> None:
        super().__init__(list(METERS))

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        return "Name one, such as input_tokens."

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        near = get_close_matches(str(value), METERS, 3, 0.4) or ["input_tokens", "output_tokens"]
        return f"{value!r} is no meter, such as {', '.join(near)}."


class ListedNumber(click.ParamType[int]):
    """A number under which a command lists something; a usage error that names the command for anything else."""

    name = "number"

    def __init__(self, listing: str) -> None:
        self._listing = listing

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, 1 to 2^63 - 1."""
        text = str(value)
        if not (len(text) < 20 and text.isascii() and text.isdigit() and 0 < int(text) < 2**63):
            self.fail(f"{text[:40]!r} is no number such as `{self._listing}` shows.", param, ctx)
        return int(text)


json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
own_stores_option: Decorator = click.option(
    "--own-stores",
    is_flag=True,
    help="Use no server that another folder started; ours take the next free ports where those of INI are taken.",
)
as_option: Decorator = click.option(
    "--as", "actor", metavar="NAME", help="Who decides, for the audit log. Your account's name, if left out."
)
note_option: Decorator = click.option("--note", help="Why, for the audit log.")


def instant(text: str) -> datetime:
    """A time in UTC, as ``read_instant`` reads it; a usage error for anything else."""
    return used_at(text)[0]


def known_by(text: str) -> datetime:
    """By what time something was known, in UTC; a usage error for anything else, and for the future."""
    try:
        return not_ahead(instant(text), datetime.now(UTC))
    except InstantError as error:
        raise click.BadParameter(f"{text[:60]!r} {error}.") from None


def used_at(text: str) -> tuple[datetime, bool]:
    """When something was used, in UTC, and whether the hour was stated; a usage error where the text is no time."""
    try:
        return read_instant(text)
    except InstantError as error:
        raise click.BadParameter(f"{text[:60]!r} {error}.") from None


def back_to(text: str) -> datetime:
    """A span back from now (12h, 7d, 2w), or a date or time as ``instant`` takes it; a usage error for the rest."""
    now = datetime.now(UTC)
    if found := re.fullmatch(r"(\d{1,6})([hdw])", text, re.ASCII):
        hours = int(found[1]) * {"h": 1, "d": 24, "w": 168}[found[2]]
        return now - timedelta(hours=min(hours, 24 * 36500))
    try:
        since = instant(text)
    except click.BadParameter:
        raise click.BadParameter(f"{text!r} is no span (12h, 7d, 2w) and no date (2026-01-31).") from None
    if since > now:
        raise click.BadParameter(f"{text!r} lies in the future.")
    return since


def span(since: datetime | None, until: datetime | None) -> str:
    """A valid range in words."""
    if until is None:
        return f"from {day(since)} on" if since else "at all times"
    return f"from {day(since)} until {day(until)}" if since else f"until {day(until)}"
