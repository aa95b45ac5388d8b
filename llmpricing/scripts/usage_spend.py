"""The option that sorts by the money of one's own log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click
from sqlalchemy.orm import Session

from llmpricing.domain.usage.wording import in_words
from llmpricing.scripts.option_words import option_words
from llmpricing.scripts.options import Decorator

usage_option: Decorator = click.option(
    "--usage",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A usage file, as llmpricing price takes it: what concerns most of its money comes first.",
)


def spend_of(session: Session, usage: Path | None, now: datetime) -> Mapping[str, Decimal]:
    """The cost of a usage file by offering, in USD; nothing without one. Raises click.ClickException."""
    if usage is None:
        return {}
    try:
        from llmpricing.services.usage_log.columns import LogError
        from llmpricing.services.usage_log.spend import spent
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"Reading usage needs {error.name}. Install it: pip install 'llmpricing[bulk]'."
        ) from None
    try:
        return spent(session, usage, now)
    except (LogError, OSError) as error:
        said = in_words(error, option_words())
        raise click.ClickException(f"{usage} cannot be read as usage: {said} See: llmpricing price --help") from None


def concerned(spend: Mapping[str, Decimal], offerings: Iterable[str]) -> Decimal:
    """How much of it was spent at these offerings."""
    return sum((spend.get(offering, Decimal(0)) for offering in set(offerings)), Decimal(0))
