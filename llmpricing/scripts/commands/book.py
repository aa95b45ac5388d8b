"""`llmpricing book`: the price book as one file, which travels and answers without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import click

from llmpricing.domain.times import EarlierThanKnown, day
from llmpricing.scripts.asked_database import failures_told
from llmpricing.scripts.asked_database import open_book as open_database
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.commands.exchange import check_currency, worth
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.list_files import list_in_file
from llmpricing.scripts.options import ini_option, instant, json_option, known_by
from llmpricing.scripts.terminal import say, say_json
from llmpricing.sources.registry import SOURCES

if TYPE_CHECKING:
    from llmpricing.scripts.book_building import StatedRate

_COUNTED = ("offering", "price", "source")
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class AskedList(NamedTuple):
    """A list of a source in a file, and when it was published; None for now."""

    source: str
    file: Path
    published: datetime | None = None


def listed(text: str) -> AskedList:
    """SOURCE=FILE or SOURCE=FILE@DATE; a usage error where there is no such source or file, or no day of the past."""
    source, _, name = text.partition("=")
    if source not in SOURCES or not name:
        raise click.BadParameter(f"{text!r} does not read SOURCE=FILE; sources are {', '.join(SOURCES)}.")
    if Path(name).is_file():
        return AskedList(source, Path(name))
    file, _, date = name.rpartition("@")
    if not Path(file).is_file():
        raise click.BadParameter(f"There is no file {file or name!r}.")
    published = instant(date)
    if published > datetime.now(UTC):
        raise click.BadParameter(f"{date} lies in the future: say when {file} was published.")
    return AskedList(source, Path(file), published)


def stated_rate(text: str) -> StatedRate:
    """CURRENCY=USD@DATE; a usage error for anything else."""
    from llmpricing.scripts.book_building import StatedRate  # with Arrow

    currency, _, said = text.partition("=")
    usd, _, date = said.partition("@")
    if not date:
        raise click.BadParameter(f"{text!r} does not read CURRENCY=USD@DATE, such as EUR=1.08@2026-01-02.")
    check_currency(currency)
    return StatedRate(currency, worth(usd), instant(date))


@click.group(cls=CommandGroup, short_help="Write the price book to one file.")
def book() -> None:
    """The price book as one file: at one version, checked by its SHA-256, for other machines and for keeping."""


@book.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--known-at", type=known_by, metavar="TIME", help="What was known then, and nothing later. Now, if left out."
)
@click.option("--with-contract-rates", is_flag=True, help="With your own rates, names and scores: a secret file.")
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
@ini_option
def export(file: Path, known_at: datetime | None, with_contract_rates: bool, force: bool, ini: Path) -> None:
    """Write the price book to FILE, whole or not at all.

    Your own contract rates, names and scores stay here, unless --with-contract-rates says otherwise; then nobody but
    you may read FILE.

    With --known-at FILE holds what was known then alone: it has the same bytes whenever it is written again, and
    refuses to answer by what was known later. Lists as they came are not in it, so of the feeds it makes those that
    need none.

    \b
    llmpricing book export prices.book --known-at 2026-11-01
    """
    _refuse_existing(file, force)
    from llmpricing.services.price_book.export import export_book  # Arrow, which not every command needs

    with failures_told(), open_database(ini_settings(ini), commit=False) as session:
        session.connection(execution_options=_SNAPSHOT)
        try:
            digest = export_book(session, file, known_at=known_at, own_terms=with_contract_rates)
        except EarlierThanKnown as error:
            raise click.UsageError(f"--known-at {error}.") from None
        except OSError as error:
            raise _not_written(file, error) from None
    _say_written(file, digest)
    if with_contract_rates:
        say("It holds your own rates, names and scores, so only you may read it: keep it so where you copy it.")
    else:
        say("Without your own contract rates, names and scores.")


@book.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--list",
    "more",
    type=listed,
    multiple=True,
    metavar="SOURCE=FILE[@DATE]",
    help="With this list too, published on DATE; by default now. May be repeated.",
)
@click.option(
    "--exchange",
    "rates",
    type=stated_rate,
    multiple=True,
    metavar="CURRENCY=USD@DATE",
    help="What a currency is worth from DATE on, such as EUR=1.08@2026-01-02. May be repeated.",
)
@click.option("--no-seed", is_flag=True, help="Without the bundled lists: those of --list alone.")
@click.option(
    "--known-at", type=known_by, metavar="TIME", help="Of lists that were published by then, and nothing later."
)
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
def build(
    file: Path,
    more: tuple[AskedList, ...],
    rates: tuple[StatedRate, ...],
    no_seed: bool,
    known_at: datetime | None,
    force: bool,
) -> None:
    """Make FILE of price lists alone: no database, no ini file, no network.

    Of the lists and scores that come with llmpricing (12 s on two busy cores), then of each SOURCE=FILE, which counts
    from when it was published: say @DATE for an older one, or usage before today is of prices not known yet. A
    PostgreSQL of its own in a temporary folder does the work: nobody else can enter it, and it is gone at the end.

    The same lists with their dates make the same bytes, whenever and wherever that is: the book counts as known since
    the newest of them was published. --known-at leaves out the bundled lists that are younger than that, for a book of
    what could be known on a day.

    \b
    llmpricing book build prices.book
    llmpricing book build prices.book --list litellm=map.json@2026-11-01
    llmpricing audit usage.ndjson --book prices.book
    """
    _refuse_existing(file, force)
    if no_seed and not more:
        raise click.UsageError("--no-seed leaves a book of nothing: name a list with --list SOURCE=FILE.")
    _refuse_younger(more, known_at)
    if not file.absolute().parent.is_dir():
        raise click.UsageError(f"There is no folder {file.parent}: make it, or name another file.")
    from llmpricing.scripts.book_building import NothingKnown, build_book, default_settings  # with Arrow

    began, settings = monotonic(), default_settings()
    with failures_told():
        lists = [(SOURCES[one.source], list_in_file(str(one.file), settings, one.published)) for one in more]
        try:
            digest, summaries = build_book(file, lists, settings, seeding=not no_seed, rates=rates, known_at=known_at)
        except NothingKnown as error:
            raise click.UsageError(f"--known-at {error}") from None
        except OSError as error:
            raise _not_written(file, error) from None
    for one in summaries:
        waiting = f", {one.quarantined} prices left out as suspicious" if one.quarantined else ""
        say(f"{one.source} of {one.published_at:%d %b %Y}: {one.outcome}{waiting}")
    _say_written(file, digest)
    say(f"Made in {monotonic() - began:.0f} s. Next: llmpricing audit USAGE --book {file}")


@book.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def show(file: Path, as_json: bool) -> None:
    """Check FILE byte by byte, and say which price book it is, until when it knows, and what it holds.

    Exit code 1 where it is cut, damaged, or no book of this release.

    \b
    llmpricing book show prices.book
    """
    from llmpricing.book.file import BookFileError, open_book
    from llmpricing.book.price_book import UP_TO_A_TIME

    try:
        opened = open_book(file)
    except BookFileError as error:
        raise click.ClickException(str(error)) from None
    header = opened.header
    held = {name: len(opened.tables[name]) for name in _COUNTED}
    if as_json:
        version = None if header.version == UP_TO_A_TIME else header.version
        known = {"book": header.book, "version": version, "known_until": header.last_change}
        say_json({**known, "own_terms": header.own_terms, "sha256": opened.digest, "rows": held})
        return
    which = f"version {header.version}" if header.version != UP_TO_A_TIME else "what was known by a time alone"
    say(f"Price book {header.book}, {which}, as known {day(header.last_change)}")
    say(", ".join(f"{count:,} {name}s" for name, count in held.items()))
    say(f"SHA-256 of its contents {opened.digest}, and all bytes fit it (the file bears it: sha256sum tells another)")
    if header.own_terms:
        say("It holds your own contract rates, names and scores: keep it to yourself.")


def _refuse_existing(file: Path, force: bool) -> None:
    if file.exists() and not force:
        raise click.UsageError(f"{file} exists: name another file, or replace it with --force.")


def _refuse_younger(lists: Sequence[AskedList], known_at: datetime | None) -> None:
    for one in lists:
        if known_at is None:
            return
        if one.published is None:
            raise click.UsageError(f"Say when {one.file} was published: --list {one.source}={one.file}@DATE.")
        if one.published > known_at:
            raise click.UsageError(
                f"{one.file} was published {day(one.published)}, later than --known-at {day(known_at)}: leave it out."
            )


def _not_written(file: Path, error: OSError) -> click.ClickException:
    return click.ClickException(f"{file}: {error.strerror}. Mend that, or name another file.")


def _say_written(file: Path, digest: str) -> None:
    say(f"Written: {file}, {file.stat().st_size:,} bytes, SHA-256 of its contents {digest}")
