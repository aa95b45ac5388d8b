"""Which offering a name means, and by which rule. Never across a version, date, size or tier.

Tried in this order, for the name as it is and then for other spellings of it: an id, an own alias, an alias of a
source, the seller's own model id, the seller's match clauses, one step to the sellers it falls back to. A name without
a seller is the lab's own offering; else the only seller's, unless the name begins with another seller or a lab claims
it. Several sellers are candidates, none is picked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from llmpricing.domain.names.identities import FINE_TUNE
from llmpricing.domain.names.index import NameIndex, Seller
from llmpricing.domain.names.loose_matches import at_place, keeps_identity
from llmpricing.domain.names.spellings import Spelling, Unpacked, is_bedrock_id, is_named_by, spellings, unpacked
from llmpricing.domain.names.suggestions import suggest

MAX_LENGTH = 400  # characters; longer names are no model's and no seller's
_PREFIXED = re.compile(r"([^/:]+)[/:](.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Resolution:
    """The offering that a name means: ``rule`` names the step that found it, ``detail`` what was read how; ``region``
    where the name says it.
    """

    slug: str
    rule: str
    detail: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A name that several offerings bear."""

    candidates: tuple[str, ...]


class Why(Enum):
    """What it is that nobody knows of a name and its seller."""

    NO_SUCH_NAME = auto()
    NO_SUCH_SELLER = auto()
    NOT_SOLD = auto()  # by the seller that was given
    NOT_YET = auto()  # at the time asked for, but later


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that no offering bears, with the ids most like it."""

    suggestions: tuple[str, ...]
    why: Why = Why.NO_SUCH_NAME


def resolve(catalogue: NameIndex, name: str, provider: str | None = None) -> Resolution | Ambiguous | Unknown:
    """The offering that ``name`` means; ``provider`` may be a seller's id, another name of it, its API host or URL."""
    if unread := too_long(name, provider):
        return unread
    name = name.strip()
    if not name:
        return Unknown(())
    named = catalogue.sellers_called(provider) if provider is not None else ()
    if provider is not None and not named:
        return Unknown((), Why.NO_SUCH_SELLER)
    if found := _by_id(catalogue, name, named) or _by_alias(catalogue, name, named):
        return found
    for sellers, path in _readings(catalogue, name, named):
        routed = any(seller.slug == "openrouter" for seller in sellers)
        for spelling in spellings(path.model, routed=routed):
            if found := _by_spelling(catalogue, sellers, spelling):
                return replace(found, region=path.region) if isinstance(found, Resolution) else found
    return Unknown(suggest(catalogue, name), Why.NOT_SOLD if named else Why.NO_SUCH_NAME)


def too_long(name: str, provider: str | None) -> Unknown | None:
    """What is longer than any name of a model or of a seller: unknown, and worth no memory."""
    if len(name) > MAX_LENGTH:
        return Unknown(())
    return Unknown((), Why.NO_SUCH_SELLER) if provider is not None and len(provider) > MAX_LENGTH else None


def _readings(catalogue: NameIndex, name: str, named: Sequence[Seller]) -> Iterator[tuple[Sequence[Seller], Unpacked]]:
    """Who sells what the name says: by the seller given, by the name's own prefix, and as a name without a seller."""
    path = unpacked(name)
    if path.provider:
        yield named or catalogue.sellers_called(path.provider), path
    if prefixed := _PREFIXED.fullmatch(name):
        by_prefix = catalogue.sellers_named(prefixed[1])
        for seller in by_prefix:
            if not named or seller in named:
                yield (seller,), unpacked(prefixed[2], seller.slug)
    for seller in named:
        yield (seller,), unpacked(name, seller.slug)
    if not named:
        if is_bedrock_id(path.model):
            yield catalogue.sellers_named("aws"), path
        yield (), path


def _by_id(catalogue: NameIndex, name: str, named: Sequence[Seller]) -> Resolution | Ambiguous | None:
    for full in [f"{seller.slug}/{name}" for seller in named] or [name]:
        if slugs := catalogue.slugs.get(full.lower()):
            return _one_of([slug for slug in slugs if slug == full] or slugs, "id")
    return None


def _by_alias(catalogue: NameIndex, name: str, named: Sequence[Seller]) -> Resolution | Ambiguous | None:
    lowered = name.lower()
    if slug := catalogue.own.get(lowered):
        return Resolution(slug, "own alias")
    slugs = catalogue.aliases.get(lowered, ())
    if named:
        slugs = tuple(slug for slug in slugs if slug.partition("/")[0] in {seller.slug for seller in named})
    return _one_of(slugs, "source alias") if slugs else None


def _by_spelling(catalogue: NameIndex, sellers: Sequence[Seller], spelling: Spelling) -> Resolution | Ambiguous | None:
    for seller in sellers:
        if found := _at_seller(catalogue, seller, spelling):
            return found
    for seller in sellers:
        for slug in seller.fallback_providers:
            other = catalogue.sellers.get(slug)
            if other and (found := _at_seller(catalogue, other, spelling)):
                return Resolution(found.slug, "fallback", f"{seller.slug} has no price of its own for it")
    return None if sellers else _without_seller(catalogue, spelling)


def _at_seller(catalogue: NameIndex, seller: Seller, spelling: Spelling) -> Resolution | None:
    lowered = spelling.text.lower()
    if entry := seller.by_id.get(lowered):
        return Resolution(entry.slug, "model id", spelling.reading)
    if entry := seller.by_exact_clause.get(lowered):
        return Resolution(entry.slug, "clause", spelling.reading)
    for clause, entry in seller.loose:
        stated = clause.stated(lowered)
        if stated is not None and keeps_identity(catalogue, seller, entry, lowered, stated):
            there = at_place(seller, entry, lowered)
            if there is None:
                return None
            return Resolution(there.slug, "clause", spelling.reading or f"a name like {stated or there.api_id}")
    return None


def _without_seller(catalogue: NameIndex, spelling: Spelling) -> Resolution | Ambiguous | None:
    """The lab's own offering where one lab claims the name; else the only seller's; else its sellers as candidates.

    What a lab claims, or a seller's name begins, is not sold by the only other seller: that one has prices of its own.
    """
    made_from = spelling.text.removeprefix(FINE_TUNE)
    labs = [seller for seller in catalogue.sellers.values() if _claims(seller, made_from)]
    by_labs = [found for lab in labs if (found := _at_seller(catalogue, lab, spelling))]
    if by_labs:
        slugs = tuple(dict.fromkeys(found.slug for found in by_labs))
        return by_labs[0] if len(slugs) == 1 else Ambiguous(slugs)
    sold = catalogue.sold.get(spelling.text.lower(), ())
    if len(sold) == 1 and (labs or _names_a_seller(catalogue, spelling.text)):
        return None
    return _one_of(sold, "only seller", spelling.reading) if sold else None


def _claims(lab: Seller, name: str) -> bool:
    return is_named_by(lab.slug, name) or (lab.model_match is not None and lab.model_match(name))


def _names_a_seller(catalogue: NameIndex, name: str) -> bool:
    prefixed = _PREFIXED.fullmatch(name)
    return prefixed is not None and bool(catalogue.sellers_named(prefixed[1]))


def _one_of(slugs: Sequence[str], rule: str, detail: str = "") -> Resolution | Ambiguous:
    return Resolution(slugs[0], rule, detail) if len(slugs) == 1 else Ambiguous(tuple(slugs))
