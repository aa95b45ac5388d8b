"""Offerings joined to the models that they sell: by what their ids say, never across a date with another price."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmpricing.domain.names.identities import Identity, identity, is_day
from llmpricing.domain.names.sold_as import has_untuned, model_id, sells_tuned_alone, way_to_sell, word_left_out

LATEST = "latest"
_SIZE = re.compile(r"(?:\d{1,3}x)?\d{1,4}[bm]", re.ASCII)  # in parameters: 8b, 8x7b, 270m
_FINE_TUNED = "ft"
# Words that a seller's own product is called by; alone they name no model of a lab.
_GENERIC_WORDS = """3d ai asr audio base chat container create default edit fast generate generation high image images
    inpaint inpainting lite low mini model online outpaint pro remix rerank search small speech standard text to
    transcribe tts turbo upscale video voice web"""
_GENERIC = frozenset(_GENERIC_WORDS.split())
_NO_LIKENESS = frozenset({LATEST, "instruct", "it"})
AskedPrices = tuple[Decimal | None, ...]  # what tells two prices apart: input, output
GroupKey = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SoldOffering:
    """An offering to be joined; ``prices`` is None where nobody states one now, ``name`` is a list's for it."""

    slug: str
    provider: str
    api_id: str
    kind: str
    prices: AskedPrices | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class _ModelKey:
    """What must be the same in one model; ``seller`` where the id names a product of its seller's alone."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    kind: str
    tuned: str = ""
    seller: str = ""

    def of(self, words: Iterable[str], numbers: tuple[str, ...]) -> _ModelKey:
        """The same with other words and numbers."""
        return _ModelKey(tuple(sorted(words)), numbers, self.kind, self.tuned, self.seller)


@dataclass(frozen=True, slots=True)
class _ReadOffering:
    """An offering as its id reads: its model, and the date that it bears, ``latest`` for an alias that moves."""

    sold: SoldOffering
    model: _ModelKey
    date: str


def grouped(offerings: Iterable[SoldOffering]) -> list[list[SoldOffering]]:
    """The offerings of one model each, in the order in which they came.

    Versions, sizes and kinds stay apart, and fine-tunes from their base; suffixes such as ``:free``, places and their
    sellers' own words do not. An id without a version is of the model that lists name it by; one that moves, of its
    seller's newest where it asks the same. Offerings that bear a date join those that bear none, or the newest date,
    where no price tells them apart.
    """
    found = _named([_read(offering) for offering in offerings])
    models: dict[_ModelKey, dict[str, list[SoldOffering]]] = defaultdict(lambda: defaultdict(list))
    for one in found:
        models[one.model][one.date].append(one.sold)
    return [group for by_date in models.values() for group in _across_dates(by_date)]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What of an id decides with which others it may be joined."""

    words: GroupKey  # that the ids of one model have in common
    version: tuple[str, ...]  # empty where the id bears none
    seller: str
    moves: bool

    @property
    def is_open(self) -> bool:
        """Whether other ids decide of which version it is."""
        return all(map(is_day, self.version))


def likeness(provider: str, api_id: str) -> Likeness:
    """The likeness of an offering's id."""
    found = identity(model_id(provider, api_id))
    words = tuple(word for word in found.words if word not in _NO_LIKENESS)
    return Likeness(words, _numbers(found), provider, LATEST in found.words)


def alike(one: Likeness, others: Mapping[str, Likeness]) -> list[str]:
    """Of ids with its words, those that decide with which of them it is joined."""
    if one.is_open:
        return list(others)
    moving = {other.seller for other in others.values() if other.moves}
    return [
        slug
        for slug, other in others.items()
        if other.version == one.version or other.is_open or other.seller in moving
    ]


def tier_of_id(provider: str, api_id: str) -> str:
    """Another way of its seller to sell the same, such as ``batch``, ``free``, ``spot``, ``plan``; empty for the plain
    one.
    """
    way = way_to_sell(provider, api_id)
    return way or (identity(api_id).variant.removeprefix(_FINE_TUNED) if ":" in api_id else "")


def way_of(slug: str) -> str:
    """The same of an offering's whole id."""
    provider, _, api_id = slug.partition("/")
    return tier_of_id(provider, api_id)


def moves(api_id: str) -> bool:
    """Whether an id is an alias of the newest model of its name; what lists say of it is of no one model."""
    return LATEST in identity(api_id).words


def changes_model(api_id: str) -> bool:
    """Whether such an alias names another model in time: one without a version, of which a size alone is none. What a
    list said of it some time ago may be of the model before.
    """
    found = identity(api_id)
    return LATEST in found.words and all(map(_SIZE.fullmatch, found.numbers))


def _read(offering: SoldOffering) -> _ReadOffering:
    found = identity(model_id(offering.provider, offering.api_id))
    words = tuple(word for word in found.words if word != LATEST)
    tuned = _FINE_TUNED if found.variant.startswith(_FINE_TUNED) else ""
    numbers = _numbers(found)
    if not numbers and set(words) <= _GENERIC:
        return _ReadOffering(offering, _ModelKey((offering.api_id,), (), offering.kind, tuned, offering.provider), "")
    date = found.date or (LATEST if LATEST in found.words else "")
    return _ReadOffering(offering, _ModelKey(words, numbers, offering.kind, tuned), date)


def _numbers(found: Identity) -> tuple[str, ...]:
    """The numbers, 4.0 as 4 as labs write either; what looks like a build is the version where an id has no other."""
    if found.build.isdigit() and not found.numbers:
        return (found.build,)
    return _plain_version(found.numbers)


def _plain_version(numbers: tuple[str, ...]) -> tuple[str, ...]:
    return numbers[:1] if numbers[1:] == ("0",) else numbers


def _named(found: list[_ReadOffering]) -> list[_ReadOffering]:
    """The same offerings with the models of which another id says more than theirs does."""
    found = _with_words_left_out(found)
    by_name, sold = _models_by_name(found, {one.model for one in found}), _models_by_seller(found)
    models = [by_name.get(one.model) or _where_it_moves(one, sold) for one in found]
    return [
        _ReadOffering(one.sold, by_name.get(model, model), one.date) for one, model in zip(found, models, strict=True)
    ]


def _with_words_left_out(found: list[_ReadOffering]) -> list[_ReadOffering]:
    """Those with the word for a tuned model that their seller does not write, or a list's name for them alone does."""
    known, plain = {one.model for one in found}, defaultdict[_ModelKey, set[str]](set)
    for one in found:
        plain[one.model].add(one.sold.provider)
    return [_ReadOffering(one.sold, _fuller(one, known, plain), one.date) for one in found]


def _fuller(one: _ReadOffering, known: set[_ModelKey], sellers: Mapping[_ModelKey, set[str]]) -> _ModelKey:
    word = word_left_out(one.model.words)
    fuller = one.model.of((*one.model.words, word), one.model.numbers) if word else one.model
    if fuller not in known or fuller == one.model:
        return one.model
    said = identity(one.sold.name) if one.sold.name != one.sold.api_id else None
    by_name = said is not None and (said.words, said.numbers) == (fuller.words, fuller.numbers)
    rest = () if has_untuned(one.model.words) else sellers[one.model]
    by_seller = sells_tuned_alone(one.sold.provider) and all(map(sells_tuned_alone, rest))
    return fuller if by_name or by_seller else one.model


def _models_by_name(found: Iterable[_ReadOffering], known: set[_ModelKey]) -> dict[_ModelKey, _ModelKey]:
    """Of models without a version, those with one that lists call them by, where all that say one say the same."""
    told: dict[_ModelKey, set[_ModelKey]] = defaultdict(set)
    for one in found:
        if all(map(is_day, one.model.numbers)) and not one.model.seller and one.sold.name != one.sold.api_id:
            said = identity(one.sold.name)
            version = tuple(number for number in said.numbers if not is_day(number))
            if version and tuple(word for word in said.words if word != LATEST) == one.model.words:
                told[one.model].add(one.model.of(one.model.words, _plain_version(version)))
    return {model: next(iter(named)) for model, named in told.items() if len(named) == 1 and named <= known}


VersionsSold = Mapping[tuple[str, tuple[str, ...], str], Mapping[tuple[int, ...], tuple[_ModelKey, set[AskedPrices]]]]


def _models_by_seller(found: Iterable[_ReadOffering]) -> VersionsSold:
    """What each seller sells plainly of models with a version alone as numbers, by words and kind, with its prices."""
    sold: dict[tuple[str, tuple[str, ...], str], dict[tuple[int, ...], tuple[_ModelKey, set[AskedPrices]]]]
    sold = defaultdict(dict)
    for one in found:
        model, numbers = one.model, one.model.numbers
        plain = not (model.tuned or model.seller or tier_of_id(one.sold.provider, one.sold.api_id))
        if plain and one.sold.prices and numbers and all(number.isdecimal() for number in numbers):
            version = tuple(map(int, numbers))
            prices = sold[one.sold.provider, model.words, model.kind].setdefault(version, (model, set()))[1]
            prices.add(one.sold.prices)
    return sold


def _where_it_moves(one: _ReadOffering, sold: VersionsSold) -> _ModelKey:
    """The newest that the seller of an alias without a version sells of its words, where the two ask the same."""
    if one.date != LATEST or one.model.numbers or one.model.tuned:
        return one.model
    versions = sold.get((one.sold.provider, one.model.words, one.model.kind))
    if not versions:
        return one.model
    newest, prices = versions[max(versions)]
    return newest if one.sold.prices in prices else one.model


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
