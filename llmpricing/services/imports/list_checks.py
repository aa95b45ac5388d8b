"""Which lists must not land: what they lost, or changed all at once, is a broken list more often than news."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.money import ratio_text
from llmpricing.domain.observations import PriceList
from llmpricing.models import SourceFetch
from llmpricing.services.imports.observed_changes import Loss

_SIZES = {"entries": "entries", "offerings": "offerings that can be read", "priced": "offerings with prices"}
_WAY_OUT = "Nothing was changed. If the source means it: llmpricing import --allow-drop"
_CHANGES_MEANT = "Nothing was changed. If the source means it: llmpricing import --allow-changes"
_TOO_MANY = Fraction(1, 5)  # of the known prices; lists that follow upon each other differ by up to an eighth
_NEIGHBOURS = timedelta(days=45)  # lists so far apart may differ as they will
_SAME = Fraction(101, 100)  # factors that differ by no more are one and the same
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


def refuse_too_many(price_list: PriceList, origin: str, most: int) -> None:
    """Raise ImportRefused for a list of more than ``most`` entries."""
    if price_list.entries > most:
        raise ImportRefused(
            f"{origin} holds {price_list.entries:,} entries, and a list of more than {most:,} is no price list that is "
            "known. Nothing was changed. If it is one: raise llmpricing.import_max_entries."
        )


def refuse_shifted(factors: Collection[Fraction], origin: str, apart: timedelta) -> None:
    """Raise ImportRefused where too many of the known prices change by one and the same factor or, against a list of
    at most 45 days before, change at all. ``factors`` are new / old of all of them, ``apart`` is how much older the
    list before is.
    """
    if len(factors) < FEW:
        return
    changed = sorted(factor for factor in factors if not 1 / _SAME < factor < _SAME)
    count, factor = _most_alike(changed)
    if count > _TOO_MANY * len(factors):
        raise ImportRefused(
            f"In {origin} {count:,} of {len(factors):,} known prices changed by {_times(factor)}: another unit? "
            f"{_CHANGES_MEANT}"
        )
    moved = sum(1 for factor in factors if factor != 1)
    if apart <= _NEIGHBOURS and moved > _TOO_MANY * len(factors):
        raise ImportRefused(
            f"In {origin} {moved:,} of {len(factors):,} known prices differ from the list {apart.days} days before: so "
            f"many do not change at once. {_CHANGES_MEANT}"
        )


def _most_alike(factors: Sequence[Fraction]) -> tuple[int, Fraction]:
    """How many of the sorted factors lie together at most, and the middle one of these."""
    best, start = (0, Fraction(1)), 0
    for end, factor in enumerate(factors):
        while factor > factors[start] * _SAME:
            start += 1
        best = max(best, (end - start + 1, factors[(start + end) // 2]), key=lambda found: found[0])
    return best


def _times(factor: Fraction) -> str:
    exactly = "exactly " if factor.denominator == 1 or factor.numerator == 1 else "about "
    return f"{exactly}x{ratio_text(factor)}" if factor >= 1 else f"{exactly}1/{ratio_text(1 / factor)}"


def refuse_losses(losses: Iterable[Loss], origin: str) -> None:
    """Raise ImportRefused where most of the offerings that had some price, of many, lose it though they are listed."""
    for loss in losses:
        if loss.had >= FEW and loss.lost * 2 > loss.had:
            price = ComponentKey.parse(loss.component).label
            raise ImportRefused(
                f"{origin} has no price of {price} any more for {loss.lost:,} of the {loss.had:,} listed offerings "
                f"that had one: a key was lost or renamed, which is a broken list more often than news. {_WAY_OUT}"
            )
