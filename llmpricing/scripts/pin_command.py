"""`llmpricing pin` and `llmpricing unpin`: hold a price against all sources, and let it go."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from llmpricing.domain.conditions import STANDARD, Conditions
from llmpricing.domain.meters import METERS
from llmpricing.domain.money import MoneyError, parse_decimal, ratio_text, to_text
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.price_book import (
    as_option,
    decider,
    echo_json,
    failures_told,
    ini_option,
    instant,
    json_option,
    note_option,
    open_book,
)
from llmpricing.services.decisions import HeldPrice, hold_price, release_price
from llmpricing.services.disagreements import Disagreement, disagreements
from llmpricing.services.pins import PinnedPrice, pinned_prices
from llmpricing.services.words import component_text

tier_option = click.option("--tier", default=STANDARD, show_default=True, help="The service tier, such as batch.")


def amount(text: str) -> Decimal:
    """A price of 0 or more; a usage error for anything else."""
    try:
        value = parse_decimal(text)
    except MoneyError:
        value = Decimal(-1)
    if value < 0:
        raise click.BadParameter(f"{text!r} is no price, such as 2.50.")
    return value


@click.command()
@ini_option
@click.argument("offering", required=False)
@click.argument("meter", required=False, type=click.Choice(list(METERS)), metavar="METER")
@click.argument("amount", required=False, type=amount, metavar="AMOUNT")
@click.option("--per", type=click.IntRange(1, 10**9), help="For how many units; by default the meter's usual quantity.")
@click.option("--currency", default="USD", show_default=True, help="What the amount is in.")
@tier_option
@click.option("--from", "since", type=instant, metavar="DATE", help="From when on; by default from now.")
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
    since: datetime | None,
    actor: str | None,
    note: str | None,
    listing: bool,
    as_json: bool,
) -> None:
    """Hold the price of METER at OFFERING at AMOUNT against all imports, 0 meaning free.

    As in: llmpricing pin openai/gpt-4o input_tokens 2.50 --note "our contract". What the sources say meanwhile stays
    visible in --list and at /api/v1/disagreements.
    """
    if listing:
        if offering:
            raise click.UsageError("--list shows all pins: leave the rest out.")
        _list(ini, as_json)
        return
    if offering is None or meter is None or amount is None:
        raise click.UsageError("Name OFFERING METER AMOUNT, as in: openai/gpt-4o input_tokens 2.50; or say --list.")
    price = HeldPrice(offering, _component(meter, tier), amount, per or METERS[meter].per, currency.upper(), since)
    by = decider(actor, note)
    with failures_told(), open_book(ini_settings(ini)) as session:
        hold_price(session, price, by)
    click.echo(f"{offering} {meter} is held at {to_text(amount)} {price.currency} per {price.per:,} by {by.name}.")


@click.command()
@ini_option
@click.argument("offering")
@click.argument("meter", type=click.Choice(list(METERS)), metavar="METER")
@tier_option
@click.option("--void", is_flag=True, help="Undo it for the past too, as if it had never been pinned.")
@as_option
@note_option
def unpin(ini: Path, offering: str, meter: str, tier: str, void: bool, actor: str | None, note: str | None) -> None:
    """Let a pinned price go: from now on the sources speak again. What it held until now stays charged so."""
    by = decider(actor, note)
    with failures_told(), open_book(ini_settings(ini)) as session:
        release_price(session, offering, _component(meter, tier), by, void=void)
    click.echo(f"{offering} {meter} is no longer pinned, by {by.name}.")


def _component(meter: str, tier: str) -> str:
    return component_text(meter, Conditions(service_tier=tier))


def _list(ini: Path, as_json: bool) -> None:
    with failures_told(), open_book(ini_settings(ini)) as session:
        now = datetime.now(UTC)
        held = pinned_prices(session, now)
        said = disagreements(session, now, [price.offering for price in held])
    drift = [[d for d in said if (d.offering, d.component) == (p.offering, p.component)] for p in held]
    if as_json:
        echo_json({"pins": [_json(price, others) for price, others in zip(held, drift, strict=True)]})
        return
    for price, others in zip(held, drift, strict=True):
        click.echo(_text(price))
        for other in others:
            factor = f" ({ratio_text(other.factor)}x)" if other.factor else ""
            click.echo(f"    {other.source} says {_said(other)}{factor}")
    if not held:
        click.echo("Nothing is pinned.")


def _text(price: PinnedPrice) -> str:
    meter, _, conditions = price.component.partition("|")
    since = f" from {price.valid_from:%Y-%m-%d %H:%M} UTC" if price.valid_from else ""
    until = f" until {price.valid_until:%Y-%m-%d %H:%M} UTC" if price.valid_until else ""
    note = f": {price.note}" if price.note else ""
    return (
        f"{price.offering} {meter}{f' [{conditions}]' if conditions else ''}: {to_text(price.amount)} {price.currency} "
        f"per {price.per:,}{since}{until}, pinned by {price.pinned_by}{note}"
    )


def _said(other: Disagreement) -> str:
    said = other.said
    return said.state if said.amount is None else f"{to_text(said.amount)} {said.currency} per {said.per:,}"


def _json(price: PinnedPrice, others: list[Disagreement]) -> dict[str, Any]:
    meter, _, conditions = price.component.partition("|")
    return {
        "offering": price.offering,
        "meter": meter,
        "conditions": conditions,
        "amount": to_text(price.amount),
        "currency": price.currency,
        "per": price.per,
        "valid_from": price.valid_from,
        "valid_until": price.valid_until,
        "pinned_at": price.pinned_at,
        "pinned_by": price.pinned_by,
        "note": price.note,
        "sources": {other.source: _said(other) for other in others},
    }
