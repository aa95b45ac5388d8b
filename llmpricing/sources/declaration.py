"""What a room declares of its public price list; everything else that knows the list reads it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from llmpricing.domain.observations import PriceList


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledPackage:
    """The package of the ``seed`` extra that holds the list: its name, the pinned version, when the list was made (UTC,
    never the day it was installed), and how to read it from there as the bytes that ``parse`` takes.
    """

    name: str
    version: str
    published_at: datetime
    read: Callable[[], bytes]
    describes_only: bool = False  # too old for its prices: only what it says of known offerings is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """A public price list. ``trust_rank`` 1 is believed first.

    ``states_dates``: its prices carry their own dates, so that an undated one means "as ever"; otherwise a change
    counts from the day the list was published. A ``bundled`` list is loaded into a new price book. A list that is
    ``derived_from`` another one is no second witness beside it. Where ``keeps_lists``, the newest ones are kept as they
    came, for the feeds that lay the published prices over them.
    """

    slug: str
    title: str
    url: str
    licence: str
    trust_rank: int
    states_dates: bool
    parse: Callable[[bytes], PriceList]
    bundled: BundledPackage | None = None
    derived_from: str | None = None
    keeps_lists: bool = False

    @property
    def host(self) -> str:
        """The host that the list is fetched from."""
        return urlsplit(self.url).hostname or ""
