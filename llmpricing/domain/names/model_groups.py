"""Offerings joined to the models that they sell: by what their ids say, never across a date with another price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmpricing.domain.names.identities import Identity, identity

LATEST = "latest"
_FINE_TUNED = "ft"
# Words that a seller's own product is called by; alone they name no model of a lab.
_GENERIC_WORDS = """3d ai asr audio base chat create default edit fast generate generation high image images inpaint
    inpainting lite low mini model online outpaint pro remix rerank search small speech standard text to transcribe tts
    turbo upscale video voice web"""
_GENERIC = frozenset(_GENERIC_WORDS.split())
AskedPrices = tuple[Decimal | None, ...]  # what tells two prices apart: input, output
GroupKey = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SoldOffering:
    """An offering to be joined; ``prices`` is None where nobody states one now."""

    slug: str
    provider: str
    api_id: str
    kind: str
    prices: AskedPrices | None


def grouped(offerings: Iterable[SoldOffering]) -> list[list[SoldOffering]]:
    """The offerings of one model each, in the order in which they came.

    Versions, sizes and kinds stay apart, and fine-tunes from their base; suffixes such as ``:free`` and places do not.
    Offerings that bear a date join those that bear none, or the newest date, where no price tells them apart.
    """
    models: dict[GroupKey, dict[str, list[SoldOffering]]] = defaultdict(lambda: defaultdict(list))
    for offering in offerings:
        key, date = _key(offering)
        models[key][date].append(offering)
    return [group for by_date in models.values() for group in _across_dates(by_date)]


def words_and_numbers(api_id: str) -> GroupKey:
    """What the ids of one model have in common at least: who differs in it is never joined."""
    found = identity(api_id)
    return (*_words(found), "", *found.numbers)


def tier_of_id(api_id: str) -> str:
    """What an id says behind a colon, such as ``batch``, ``free``, ``extended``: another way of its seller to sell the
    same; empty for the plain id.
    """
    return identity(api_id).variant.removeprefix(_FINE_TUNED)


def _words(found: Identity) -> tuple[str, ...]:
    return tuple(word for word in found.words if word != LATEST)


def _key(offering: SoldOffering) -> tuple[GroupKey, str]:
    """What must be the same in one model, and the date that its id bears: ``latest`` for an alias that moves."""
    found = identity(offering.api_id)
    words = _words(found)
    moves = LATEST if len(words) < len(found.words) else ""
    if not found.numbers and set(words) <= _GENERIC:
        return (offering.provider, offering.api_id), ""
    tuned = _FINE_TUNED if found.variant.startswith(_FINE_TUNED) else ""
    return (*words_and_numbers(offering.api_id), offering.kind, tuned), found.date or moves


def _across_dates(by_date: Mapping[str, list[SoldOffering]]) -> list[list[SoldOffering]]:
    """Undated ones first, the newest date next: each joins the first before it whose prices are not others."""
    groups: list[list[SoldOffering]] = []
    for date in sorted(by_date, key=lambda one: (one == "", one == LATEST, one), reverse=True):
        joined = next((group for group in groups if _alike(group, by_date[date])), None)
        if joined is None:
            groups.append(list(by_date[date]))
        else:
            joined.extend(by_date[date])
    return groups


def _alike(some: Sequence[SoldOffering], others: Sequence[SoldOffering]) -> bool:
    """Whether no seller of both asks different prices, and where none sells both, some price is the same."""
    mine, theirs = _prices_of(some), _prices_of(others)
    if both := mine.keys() & theirs.keys():
        return all(mine[seller] & theirs[seller] for seller in both)
    return not mine or not theirs or bool(set().union(*mine.values()) & set().union(*theirs.values()))


def _prices_of(offerings: Iterable[SoldOffering]) -> dict[str, set[AskedPrices]]:
    found: dict[str, set[AskedPrices]] = defaultdict(set)
    for one in offerings:
        if one.prices is not None:
            found[one.provider].add(one.prices)
    return found
