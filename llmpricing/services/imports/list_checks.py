"""Which lists must not land: what they lost is a broken download more often than news."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.observations import PriceList
from llmpricing.models import SourceFetch
from llmpricing.services.imports.observed_changes import Loss

_SIZES = {"entries": "entries", "offerings": "offerings that can be read", "priced": "offerings with prices"}
_WAY_OUT = "Nothing was changed. If the source means it: llmpricing import --allow-drop"
FEW = 20  # so few offerings may lose a price together and mean it


class ImportRefused(Exception):
    """The list would harm the price book; the message says why and what to do."""


def sizes_of(price_list: PriceList) -> dict[str, int]:
    """How much a list holds: what the next list of its source is measured against."""
    priced = sum(1 for offering in price_list.offerings if offering.statements)
    return {"entries": price_list.entries, "offerings": len(price_list.offerings), "priced": priced}


def kept_sizes(counts: Mapping[str, int]) -> dict[str, int]:
    """The sizes among the counts of a list that was imported."""
    return {name: counts[name] for name in _SIZES if name in counts}


def refuse_empty(price_list: PriceList, origin: str) -> None:
    """Raise ImportRefused for a list without an entry that can be read."""
    if not price_list.offerings:
        raise ImportRefused(f"{origin} holds no entry that can be read; nothing was changed.")


def refuse_shrunken(price_list: PriceList, origin: str, earlier: SourceFetch) -> None:
    """Raise ImportRefused for a list with less than half of what its source's list before it held."""
    before = kept_sizes(earlier.counts)
    for name, size in sizes_of(price_list).items():
        if size * 2 < before.get(name, 0):
            raise ImportRefused(
                f"{origin} holds {size:,} {_SIZES[name]}, the list before it {before[name]:,}: more than half are "
                f"gone, which is a broken download more often than news. {_WAY_OUT}"
            )


def refuse_losses(losses: Iterable[Loss], origin: str) -> None:
    """Raise ImportRefused where most of the offerings that had some price, of many, lose it though they are listed."""
    for loss in losses:
        if loss.had >= FEW and loss.lost * 2 > loss.had:
            price = ComponentKey.parse(loss.component).label
            raise ImportRefused(
                f"{origin} has no price of {price} any more for {loss.lost:,} of the {loss.had:,} listed offerings "
                f"that had one: a key was lost or renamed, which is a broken list more often than news. {_WAY_OUT}"
            )
