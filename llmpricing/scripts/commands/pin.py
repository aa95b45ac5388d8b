"""`llmpricing pin` and `llmpricing unpin`: hold a price against all sources, and let it go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.meters import METERS
from llmpricing.domain.money import MoneyError, parse_decimal, ratio_text, to_text
from llmpricing.domain.times import day
from llmpricing.scripts.asked_database import decider, failures_told, open_book
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import MeterName, as_option, ini_option, instant, json_option, note_option
from llmpricing.scripts.terminal import say, say_json
from llmpricing.services.catalogue.disagreements import Disagreement, disagreements
from llmpricing.services.decisions.manual_prices import enter_price
from llmpricing.services.decisions.reviews_and_pins import HeldPrice, hold_price, release_price
from llmpricing.services.publishing.pins import PinnedPrice, pinned_prices

_tier = click.option("--tier", default=STANDARD, show_default=True, help="The service tier, such as batch.")
_conditions = click.option(
    "--conditions", metavar="KEY", help="Which of the offering's prices, such as above=200000 or tier=batch;region=eu."
)


def price_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which price of a meter is meant, as ``_key`` reads it."""
    return _tier(_conditions(command))


def _key(tier: str, conditions: str | None) -> str:
    if conditions is None:
        return "" if tier == STANDARD else f"tier={tier}"
    if tier != STANDARD:
        raise click.UsageError("Give --tier or --conditions, which may name a tier too: tier=batch;above=200000.")
    return conditions


def currency(text: str) -> str:
    """A currency's three letters; a usage error for anything else."""
    if not (len(text) == 3 and text.isascii() and text.isalpha()):
        raise click.BadParameter(f"{text!r} is no currency: three letters, such as EUR.")
    return text.upper()


def amount(text: str) -> Decimal:
    """A price of 0 or more; a usage error for anything else."""
    try:
        value = parse_decimal(text)
    except MoneyError:
        value = Decimal(-1)
    if value < 0:
        raise click.BadParameter(f"{text!r} is no price, such as 2.50.")
    return value


@click.command(short_help="Hold a price against all imports.")
@ini_option
@click.argument("offering", required=False)
@click.argument("meter", required=False, type=MeterName(), metavar="METER")
@click.argument("amount", required=False, type=amount, metavar="AMOUNT")
@click.option("--per", type=click.IntRange(1, 10**9), help="For how many units; by default the meter's usual quantity.")
@click.option("--currency", type=currency, default="USD", show_default=True, help="What the amount is in.")
@price_options
@click.option("--from", "since", type=instant, metavar="DATE", help="From when on; by default from now.")
@click.option("--until", type=instant, metavar="DATE", help="Until when; by default for good.")
@click.option("--source", metavar="TEXT", help="Where it is stated: then no price that a person entered is replaced.")
@as_option
@note_option
@click.option("--list", "listing", is_flag=True, help="Show what is pinned, and what the sources say meanwhile.")
@json_option
def pin(
    ini: Path,
    offering: str | None,
    meter: str | None,
    amount: Decimal | None,
    per: int | None,
    currency: str,
    tier: str,
    conditions: str | None,
    since: datetime | None,
    until: datetime | None,
    source: str | None,
    actor: str | None,
    note: str | None,
    listing: bool,
    as_json: bool,
) -> None:
    """Hold the price of METER at OFFERING at AMOUNT against all imports, 0 meaning free.

    AMOUNT is for the meter's usual quantity, a million tokens, unless --per says otherwise. What the sources say
    meanwhile stays visible in --list and at /api/v1/disagreements.

    \b
    llmpricing pin openai/gpt-4o input_tokens 2.50 --note "our contract"
    llmpricing pin --list
    """
    if listing:
        if offering:
            raise click.UsageError("--list shows all pins: leave the rest out.")
        _list(ini, as_json)
        return
    if offering is None or meter is None or amount is None:
        raise click.UsageError("Name OFFERING METER AMOUNT, as in: openai/gpt-4o input_tokens 2.50; or say --list.")
    price = HeldPrice(
        offering, ComponentKey(meter, _key(tier, conditions)), amount, per or METERS[meter].per, currency, since, until
    )
    by = decider(actor, note)
    with failures_told(), open_book(ini_settings(ini)) as session:
        held = enter_price(session, price, source, by) if source else hold_price(session, price, by)
    limit = f" until {day(until)}" if until else ""
    say(f"{held.offering} {price.component.label} is held at {_amount(price)}{limit} by {by.name}.")
    if held.not_held:
        say(f"Not held, as the sources state them: {', '.join(held.not_held)}. To hold one: --conditions KEY.")


@click.command(short_help="Let a pinned price go.")
@ini_option
@click.argument("offering")
@click.argument("meter", type=MeterName(), metavar="METER")
@price_options
@click.option("--void", is_flag=True, help="Undo it for the past too, as if it had never been pinned.")
@as_option
@note_option
def unpin(
    ini: Path,
    offering: str,
    meter: str,
    tier: str,
    conditions: str | None,
    void: bool,
    actor: str | None,
    note: str | None,
) -> None:
    """Let a pinned price go: from now on the sources count again. What it held until now stays charged so.

    \b
    llmpricing unpin openai/gpt-4o input_tokens
    """
    component = ComponentKey(meter, _key(tier, conditions))
    by = decider(actor, note)
    with failures_told(), open_book(ini_settings(ini)) as session:
        slug = release_price(session, offering, component, by, void=void)
    say(f"{slug} {component.label} is no longer pinned, by {by.name}.")
    if not void:
        say("What it held until now stays charged so; to undo that too: the same command with --void.")


def _amount(price: HeldPrice | PinnedPrice) -> str:
    return f"{to_text(price.amount)} {price.currency} per {price.per:,}"


def _list(ini: Path, as_json: bool) -> None:
    with failures_told(), open_book(ini_settings(ini)) as session:
        now = datetime.now(UTC)
        held = pinned_prices(session, now)
        others = disagreements(session, now, [price.offering for price in held])
    drift = [[d for d in others if (d.offering, d.component) == (p.offering, p.component)] for p in held]
    if as_json:
        say_json({"pins": [_json(price, others) for price, others in zip(held, drift, strict=True)]})
        return
    for price, others in zip(held, drift, strict=True):
        say(_text(price))
        for other in others:
            factor = f" ({ratio_text(other.factor)}x)" if other.factor else ""
            say(f"    {other.source} says {_stated(other)}{factor}")
    if not held:
        say("Nothing is pinned.")


def _text(price: PinnedPrice) -> str:
    since = f" from {price.valid_from:%Y-%m-%d %H:%M} UTC" if price.valid_from else ""
    until = f" until {price.valid_until:%Y-%m-%d %H:%M} UTC" if price.valid_until else ""
    note = f": {price.note}" if price.note else ""
    return (
        f"{price.offering} {price.component.label}: {_amount(price)}{since}{until}, pinned by {price.pinned_by}{note}"
    )


def _stated(other: Disagreement) -> str:
    asked = other.observed
    return asked.state if asked.amount is None else f"{to_text(asked.amount)} {asked.currency} per {asked.per:,}"


def _json(price: PinnedPrice, others: list[Disagreement]) -> dict[str, Any]:
    return {
        "offering": price.offering,
        "meter": price.component.meter,
        "conditions": price.component.conditions,
        "amount": to_text(price.amount),
        "currency": price.currency,
        "per": price.per,
        "valid_from": price.valid_from,
        "valid_until": price.valid_until,
        "pinned_at": price.pinned_at,
        "pinned_by": price.pinned_by,
        "note": price.note,
        "sources": {other.source: _stated(other) for other in others},
    }
