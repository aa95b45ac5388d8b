"""`llmpricing rate`: discounts and prices agreed with sellers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from llmpricing.domain.meters import METERS
from llmpricing.domain.money import MoneyError, multiply, parse_decimal, to_text
from llmpricing.domain.times import day
from llmpricing.scripts.asked_database import decider, failures_told, open_book
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.deciding import lists, say_all
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import ListedNumber, as_option, ini_option, instant, note_option, span
from llmpricing.scripts.terminal import say
from llmpricing.services.decisions.contract_rates import (
    RateValue,
    StandingRate,
    add_contract_rates,
    contract_rates,
    end_contract_rate,
)


def discount(text: str) -> Decimal:
    """A percentage such as ``12.5%`` as a fraction; a usage error for anything else."""
    try:
        value = parse_decimal(text.removesuffix("%")) / 100
    except MoneyError:
        value = Decimal(-1)
    if not text.endswith("%") or not 0 <= value <= 1:
        raise click.BadParameter(f"{text!r} is no percentage from 0% to 100%, such as 12.5%.")
    return value


def own_price(text: str) -> RateValue:
    """METER=AMOUNT[/PER], per the meter's usual quantity if left out; a usage error for anything else."""
    meter, _, price = text.partition("=")
    amount, slash, per = price.partition("/")
    if meter not in METERS:
        raise click.BadParameter(f"{meter!r} is no meter, such as input_tokens or output_tokens.")
    try:
        value = parse_decimal(amount)
    except MoneyError:
        value = Decimal(-1)
    if value < 0 or (slash and not (per.isascii() and per.isdigit() and 0 < int(per) <= 10**9)):
        raise click.BadParameter(f"{text!r} does not read METER=AMOUNT or METER=AMOUNT/PER, as input_tokens=2/1000000.")
    return RateValue(meter=meter, amount=value, per=int(per) if slash else METERS[meter].per)


@click.group(cls=CommandGroup)
def rate() -> None:
    """Discounts and prices that you have agreed with sellers."""


@rate.command()
@click.argument("target", metavar="PROVIDER[/GLOB]")
@click.option("--discount", "off", type=discount, help="Off every list price, as 12.5%.")
@click.option(
    "--price",
    "prices",
    type=own_price,
    metavar="METER=AMOUNT/UNITS",
    multiple=True,
    help="A price of your own, as input_tokens=2/1000000.",
)
@click.option("--currency", default="USD", show_default=True, help="What your own prices are in.")
@click.option("--from", "valid_from", type=instant, metavar="TIME", required=True, help="The first day.")
@click.option("--until", "valid_until", type=instant, metavar="TIME", help="The first day that no longer counts.")
@as_option
@note_option
@ini_option
def add(
    target: str,
    off: Decimal | None,
    prices: Sequence[RateValue],
    currency: str,
    valid_from: datetime,
    valid_until: datetime | None,
    actor: str | None,
    note: str | None,
    ini: Path,
) -> None:
    """Agree on a rate for a seller's offerings, or those whose model ids GLOB matches.

    llmpricing rate add openai/gpt-4o* --discount 12.5% --from 2026-01-01
    """
    if (off is None) == (not prices):
        raise click.UsageError("Give either --discount or --price.")
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise click.UsageError("--currency takes three capital letters, such as EUR.")
    values = (
        [RateValue(discount=off)]
        if off is not None
        else [RateValue(None, p.meter, p.amount, p.per, currency) for p in prices]
    )
    provider, _, glob = target.partition("/")
    with failures_told(), open_book(ini_settings(ini)) as session:
        count = add_contract_rates(
            session, decider(actor, note), provider, glob or "*", values, valid_from, valid_until
        )
    for one in values:
        say(f"{rate_text(one)} for {provider}/{glob or '*'}, {span(valid_from, valid_until)}.")
    say(f"That is {count} offering{'' if count == 1 else 's'} now.")


@rate.command()
@click.argument("number", type=ListedNumber("llmpricing rate list"))
@click.option("--at", type=instant, metavar="TIME", help="The first day without it. Now, if left out.")
@as_option
@note_option
@ini_option
def end(number: int, at: datetime | None, actor: str | None, note: str | None, ini: Path) -> None:
    """End the rate that `llmpricing rate list` shows under NUMBER.

    \b
    llmpricing rate end 3 --at 2027-01-01
    """
    by = decider(actor, note)
    with failures_told(), open_book(ini_settings(ini)) as session:
        end_contract_rate(session, by, number, at or by.at)
    say(f"Rate {number} ends on {day(at or by.at)}.")


@rate.command(name="list")
@lists
def list_(as_json: bool, ini: Path) -> None:
    """Show all rates.

    \b
    llmpricing rate list
    """
    say_all(ini, as_json, "rates", contract_rates, _line, "There are none.", document=_document)


def _line(one: StandingRate) -> str:
    note = f"  ({one.note})" if one.note else ""
    times = span(one.valid_from, one.valid_until)
    return f"{one.id}  {one.provider}/{one.glob}  {rate_text(one.value)}  {times}{note}"


def _document(one: StandingRate) -> dict[str, Any]:
    """The rate for programs: a discount is a fraction, amounts are decimal texts."""
    value = one.value
    if value.discount is not None:
        agreed: dict[str, Any] = {"discount": to_text(value.discount)}
    else:
        amount = to_text(value.amount or Decimal(0))
        agreed = {"meter": value.meter, "amount": amount, "per": value.per, "currency": value.currency}
    times = {"valid_from": one.valid_from, "valid_until": one.valid_until}
    return {"id": one.id, "provider": one.provider, "glob": one.glob, **agreed, **times, "note": one.note}


def rate_text(value: RateValue) -> str:
    """A rate in words."""
    if value.discount is not None:
        return f"{to_text(multiply(value.discount, Decimal(100)))} % off"
    return f"{value.meter} at {value.currency} {to_text(value.amount or Decimal(0))} per {value.per}"
