"""A list of models that somebody watches, one name a line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import click

from llmpricing.domain.names.matching import Resolution
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import resolve_name
from llmpricing.services.price_book import Reads


def listed_offerings(reads: Reads, lines: Iterable[str], now: datetime) -> frozenset[str]:
    """The ids of the offerings that the lines name; raises ClickException for a name that means none, or several: it
    would never be watched.
    """
    meanings = {name: resolve_name(reads, Clocks(now, now), name) for name in listed_names(lines)}
    unclear = [name for name, meaning in meanings.items() if not isinstance(meaning, Resolution)]
    if unclear:
        raise click.ClickException(
            f"These names mean no offering, or several: {', '.join(unclear)}. Write ids, such as openai/gpt-4o."
        )
    return frozenset(meaning.slug for meaning in meanings.values() if isinstance(meaning, Resolution))


def listed_names(lines: Iterable[str]) -> list[str]:
    """The names; # begins a comment."""
    return [name for line in lines if (name := line.partition("#")[0].strip())]
