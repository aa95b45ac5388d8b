"""`llmpricing exchange`: dated exchange rates, without which nothing is converted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy.orm import Session

from llmpricing.domain.money import MoneyError, parse_decimal, to_text
from llmpricing.scripts.asked_database import decider, failures_told, open_book
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.deciding import lists, say_all
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import as_option, ini_option, instant, note_option, span
from llmpricing.scripts.terminal import say
from llmpricing.services.decisions.exchange_rates import exchange_rates, import_exchange_rates, set_exchange_rate
from llmpricing.sources.errors import SourceError
from llmpricing.sources.reference_rates import MAX_BYTES, DailyRate, read_reference_rates

ECB = "https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates"


def worth(text: str) -> Decimal:
    """A positive amount of USD; a usage error for anything else."""
    try:
        value = parse_decimal(text)
    except MoneyError:
        value = Decimal(0)
    if value <= 0:
        raise click.BadParameter(f"{text!r} is no amount of USD, such as 1.08.")
    return value


def check_currency(currency: str) -> None:
    """Raise UsageError where it is no code of a currency or of a seller's own unit."""
    if not (3 <= len(currency) <= 8 and currency.isascii() and currency.isalnum() and currency.isupper()):
        raise click.UsageError("CURRENCY takes capital letters, such as EUR, CNY or DBU.")


@click.group(cls=CommandGroup)
def exchange() -> None:
    """What currencies and sellers' own units are worth in USD.

    Prices stay in the currency they are published in; a quote converts only by a rate of its day and shows it.
    """


@exchange.command()
@click.argument("currency", metavar="CURRENCY")
@click.argument("usd", type=worth, metavar="USD")
@click.option("--from", "valid_from", type=instant, metavar="TIME", required=True, help="The first day of the rate.")
@click.option("--source", required=True, help="Who says so, such as the address of a central bank's page.")
@as_option
@note_option
@ini_option
def add(
    currency: str, usd: Decimal, valid_from: datetime, source: str, actor: str | None, note: str | None, ini: Path
) -> None:
    """One unit of CURRENCY is worth USD dollars from a day on; an earlier rate ends there.

    llmpricing exchange add EUR 1.08 --from 2026-01-02 --source https://www.ecb.europa.eu
    """
    check_currency(currency)
    with failures_told(), open_book(ini_settings(ini)) as session:
        set_exchange_rate(session, decider(actor, note), currency, usd, source, valid_from)
    say(f"1 {currency} is worth USD {to_text(usd)}, {span(valid_from, None)}, says {source}.")


@exchange.command(name="import")
@click.argument("file", type=click.File("rb"))
@click.option("--currency", "only", multiple=True, metavar="CURRENCY", help="Only this one; may be repeated.")
@click.option(
    "--from",
    "since",
    type=instant,
    metavar="TIME",
    default="2023-01-01",
    show_default=True,
    help="The first day wanted: the book has no older prices.",
)
@click.option("--source", default=ECB, show_default=True, help="Who says so.")
@as_option
@note_option
@ini_option
def import_(
    file: BinaryIO, only: tuple[str, ...], since: datetime, source: str, actor: str | None, note: str | None, ini: Path
) -> None:
    """Take over the daily reference rates of the European Central Bank, all of FILE or none.

    FILE is eurofxref-hist.zip, eurofxref-hist.csv or eurofxref.csv as the bank publishes them, or a CSV of its data
    portal; - reads standard input. A day that has a rate keeps it. Run it again with a newer file to go on.

    llmpricing exchange import eurofxref-hist.zip --currency EUR --currency GBP
    """
    with failures_told():
        rates = read_reference_rates(file.read(MAX_BYTES + 1))
        wanted = [rate for rate in rates if not only or rate.currency in only]
        if missing := set(only) - {rate.currency for rate in rates}:
            raise SourceError(
                f"{file.name} has no rates of {', '.join(sorted(missing))}. It has: {_currencies(rates)}."
            )
        with open_book(ini_settings(ini)) as session:
            found = import_exchange_rates(session, decider(actor, note), wanted, source, since.date())
    say(
        f"{found.new:,} daily rates are new, {found.standing:,} stood already. The newest is of "
        f"{max(rate.on for rate in wanted)}. See: llmpricing exchange list"
    )
    if found.differing:
        say(f"{found.differing:,} rates differ from what was stated before for that day, which stays.")


def _currencies(rates: Iterable[DailyRate]) -> str:
    return " ".join(sorted({rate.currency for rate in rates}))


@exchange.command(name="list")
@lists
def list_(as_json: bool, ini: Path) -> None:
    """Show all exchange rates.

    \b
    llmpricing exchange list
    """
    say_all(ini, as_json, "exchange_rates", _shown, _line, "There are none.")


@dataclass(frozen=True, slots=True)
class ShownRate:
    """What one unit of a currency is worth in USD, as a decimal text, for a time, and who says so."""

    currency: str
    usd: str
    valid_from: datetime | None
    valid_until: datetime | None
    source: str


def _shown(session: Session) -> list[ShownRate]:
    return [
        ShownRate(row.currency, to_text(row.usd), row.valid.lower, row.valid.upper, row.source)
        for row in exchange_rates(session)
    ]


def _line(one: ShownRate) -> str:
    return f"1 {one.currency} = USD {one.usd}  {span(one.valid_from, one.valid_until)}  {one.source}"
