"""`llmpricing exchange`: dated exchange rates, without which nothing is converted."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click

from llmpricing.domain.money import MoneyError, parse_decimal, to_text
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import (
    as_option,
    decider,
    failures_told,
    ini_option,
    instant,
    note_option,
    open_book,
    span,
)
from llmpricing.scripts.terminal import say
from llmpricing.services.decisions.exchange_rates import exchange_rates, set_exchange_rate


def worth(text: str) -> Decimal:
    """A positive amount of USD; a usage error for anything else."""
    try:
        value = parse_decimal(text)
    except MoneyError:
        value = Decimal(0)
    if value <= 0:
        raise click.BadParameter(f"{text!r} is no amount of USD, such as 1.08.")
    return value


@click.group()
def exchange() -> None:
    """What currencies and sellers' own units are worth in USD.

    Prices stay in the currency they are published in; a quote converts only by a rate of its day and shows it.
    """


@exchange.command()
@click.argument("currency", metavar="CURRENCY")
@click.argument("usd", type=worth, metavar="USD")
@click.option("--from", "valid_from", type=instant, required=True, help="The first day of the rate.")
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
    if not (3 <= len(currency) <= 8 and currency.isascii() and currency.isalnum() and currency.isupper()):
        raise click.UsageError("CURRENCY takes capital letters, such as EUR, CNY or DBU.")
    with failures_told(), open_book(ini_settings(ini)) as session:
        set_exchange_rate(session, decider(actor, note), currency, usd, source, valid_from)
    say(f"1 {currency} is worth USD {to_text(usd)}, {span(valid_from, None)}, says {source}.")


@exchange.command(name="list")
@ini_option
def list_(ini: Path) -> None:
    """Show all exchange rates."""
    with failures_told(), open_book(ini_settings(ini), commit=False) as session:
        rates = [(r.currency, r.usd, r.valid.lower, r.valid.upper, r.source) for r in exchange_rates(session)]
    for currency, usd, start, end, source in rates:
        say(f"1 {currency} = USD {to_text(usd)}  {span(start, end)}  {source}")
    if not rates:
        say("There are none.")
