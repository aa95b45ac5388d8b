"""How an audit is asked for, and what its options mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click

from llmpricing.domain.money import MoneyError, parse_decimal

USUAL_TOLERANCE = Decimal("0.005")
LABELLED = ("team", "key", "project", "session")
WAYS_OF_GROUPS = ("day", "month", "model", "provider", *LABELLED)


@dataclass(frozen=True)
class AuditOptions:
    """How usage files are to be audited, and how the answer is given."""

    known_at: datetime | None
    prices_of: datetime | None
    charged: tuple[str, ...]
    ways: tuple[str, ...]
    out: Path | None
    force: bool
    html: Path | None
    redact: bool
    tolerance: Decimal | None
    flat: Decimal | None
    as_json: bool

    @property
    def share(self) -> Decimal:
        """The part of what it costs by which the log may be wrong."""
        return USUAL_TOLERANCE if self.tolerance is None else self.tolerance


def share_read(_context: click.Context, _option: click.Parameter, text: str | None) -> Decimal | None:
    """Per cent as a part of one; a usage error for anything else."""
    if text is None:
        return None
    try:
        found = parse_decimal(text.strip().removesuffix("%").strip())
    except MoneyError:
        found = Decimal(-1)
    if not 0 <= found <= 1000:
        raise click.BadParameter(f"{text!r} is no number of per cent, such as 0.5.")
    return found / 100


def ways_read(_context: click.Context, _option: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """What to group by, of several words and of words divided by commas; a usage error for an unknown one."""
    found = dict.fromkeys(one.strip() for word in words for one in word.split(",") if one.strip())
    if unknown := [one for one in found if one not in WAYS_OF_GROUPS]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(WAYS_OF_GROUPS)}.")
    return tuple(found)


def flat_read(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> Decimal | None:
    """What a month of a subscription costs, of 200/month; a usage error for anything else, and for several."""
    if not texts:
        return None
    if len(texts) > 1:
        raise click.BadParameter(f"is said {len(texts)} times; audit once for each price.")
    (text,) = texts
    amount, _, span = text.partition("/")
    try:
        found = parse_decimal(amount.strip().removeprefix("USD").strip())
    except MoneyError:
        found = Decimal(0)
    if found <= 0 or span.strip() not in ("", "month"):
        raise click.BadParameter(f"{text!r} is no price of a month in USD, such as 200/month.")
    return found
