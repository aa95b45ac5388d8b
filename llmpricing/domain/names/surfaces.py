"""Which offering of one seller a name means: all steps of one surface, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from llmpricing.domain.names.answers import Ambiguous, Resolution, one_of
from llmpricing.domain.names.identities import Identity, identity, organisation
from llmpricing.domain.names.index import IndexedOffering, NameIndex, Seller
from llmpricing.domain.names.loose_matches import at_place, bears_new_date, is_anothers_date, keeps_identity
from llmpricing.domain.names.moments import Moment
from llmpricing.domain.names.spellings import Spelling, spellings, without_build, without_month
from llmpricing.domain.names.twins import OTHER_SURFACE

_LATEST = re.compile(r"-latest$", re.IGNORECASE)
# OpenRouter's exports bear dates of its own behind names: https://openrouter.ai/docs/api/reference/overview
_DATING_THEMSELVES = frozenset({"openrouter"})
_NUMBERED_END = re.compile(r"-\d[\d-]*$")


def at_surface(index: NameIndex, seller: Seller, text: str, moment: Moment) -> Resolution | Ambiguous | None:
    """The offering of this seller that a name means: its ids and clauses, then other spellings of the same model."""
    read = list(spellings(text, seller.slug))
    for spelling in read:
        if found := _named(index, seller, spelling, moment):
            return found
    last = read[-1]
    if entries := _same_identity(index, seller, last.text, identity(last.text), moment):
        if len(entries) > 1:
            return Ambiguous(tuple(entry.slug for entry in entries))
        return Resolution(entries[0].slug, "other spelling", last.reading or f"read as {entries[0].api_id}")
    build, month = without_build(last.text, seller.slug), without_month(last.text, seller.slug)
    if build and not _lists_numbered(seller, build.text) and (found := _named(index, seller, build, moment)):
        return found
    if month and not _lists_numbered(seller, month.text) and (found := _named(index, seller, month, moment)):
        return replace(found, stands_in_for=last.text) if isinstance(found, Resolution) else found
    bare = _LATEST.sub("", last.text)
    if bare != last.text and (found := _named(index, seller, Spelling(bare, "without -latest"), moment)):
        if isinstance(found, Resolution) and seller.prices_latest_apart:
            return replace(found, stands_in_for=last.text)
        return found
    return _without_its_date(index, seller, last.text, moment)


def exact_id(index: NameIndex, seller: Seller, text: str, moment: Moment) -> Resolution | Ambiguous | None:
    """The offering whose id is the name itself; another that a clause gives, where it has no price at the moment."""
    full = f"{seller.slug}/{text}"
    slugs = index.slugs.get(full.lower(), ())
    if not slugs:
        return None
    found = one_of([slug for slug in slugs if slug == full] or slugs, "id")
    if isinstance(found, Resolution) and not moment.priced(found.slug):
        other = claimed_by(index, seller, text)
        if other and other.entry.slug != found.slug and moment.priced(other.entry.slug):
            return Resolution(other.entry.slug, "clause", f"{found.slug} has no price at that time")
    return found


@dataclass(frozen=True, slots=True)
class Claim:
    """An offering whose clause means a name; ``is_date_new`` where the name bears a date that no list knows of it."""

    entry: IndexedOffering
    is_date_new: bool = False


def claimed_by(index: NameIndex, seller: Seller, text: str) -> Claim | None:
    """The offering whose clause means the name, whatever id bears it."""
    lowered = text.lower()
    if entry := seller.by_exact_clause.get(lowered):
        return Claim(entry)
    for clause, entry in seller.loose:
        stated = clause.stated(lowered)
        if stated is not None and keeps_identity(index, seller, entry, lowered, stated):
            there = at_place(seller, entry, lowered)
            return Claim(there, bears_new_date(index, entry, lowered, stated)) if there else None
    return None


def _named(index: NameIndex, seller: Seller, spelling: Spelling, moment: Moment) -> Resolution | Ambiguous | None:
    if found := exact_id(index, seller, spelling.text, moment):
        if isinstance(found, Ambiguous):
            return found
        rule = "model id" if found.rule == "id" else found.rule
        return replace(found, rule=rule, detail=spelling.reading or found.detail)
    lowered = spelling.text.lower()
    aliased = [slug for slug in index.aliases.get(lowered, ()) if slug.startswith(f"{seller.slug}/")]
    if aliased:
        return one_of(aliased, "source alias", spelling.reading)
    claim = claimed_by(index, seller, spelling.text)
    if claim is None:
        return None
    detail = "" if lowered in seller.by_exact_clause else f"a name like {claim.entry.api_id}"
    stands_in_for = spelling.text if claim.is_date_new else ""
    return Resolution(claim.entry.slug, "clause", spelling.reading or detail, stands_in_for=stands_in_for)


def _same_identity(
    index: NameIndex, seller: Seller, text: str, asked: Identity, moment: Moment
) -> tuple[IndexedOffering, ...]:
    """The offering of this identity; more where the seller has several that ask different prices at that moment."""
    found = _of_this_surface(seller.by_identity.get(replace(asked, place="") if asked.place else asked, ()))
    if not found and not asked.date and not asked.build and seller.slug in ("aws", "google-vertex"):
        found = _only_date(seller, asked)
    maker = organisation(text)
    if maker:
        makers = {organisation(entry.api_id) for entry in index.by_model.get(asked.model, ())}
        wanted = {maker, "", seller.slug} if maker in makers else {maker}
        found = tuple(e for e in found if organisation(e.api_id) in wanted)
    elif len({organisation(e.api_id) for e in found} - {""}) > 1:
        return ()
    there = _at_place(found, asked.place, maker)
    rivals = [other for other in there[1:] if moment.differ(there[0].slug, other.slug)]
    return (there[0], *rivals) if there else ()


def _of_this_surface(found: tuple[IndexedOffering, ...]) -> tuple[IndexedOffering, ...]:
    return tuple(entry for entry in found if entry.api_id.partition("/")[0].lower() not in OTHER_SURFACE)


def _at_place(found: tuple[IndexedOffering, ...], place: str, maker: str) -> list[IndexedOffering]:
    """Those in the place asked for, the likest first; a regional price is that of every region not listed apart."""
    listed: dict[str, list[IndexedOffering]] = {}
    for entry in found:
        listed.setdefault(identity(entry.api_id).place, []).append(entry)
    wanted = (place, "regional", "") if place and place != "global" else (place,) if place else ("", "regional")
    there = next((listed[one] for one in wanted if one in listed), None)
    if there is None and not place and len(listed) == 1:
        there = next(iter(listed.values()))
    by_maker = [entry for entry in there or () if organisation(entry.api_id) == maker]
    return sorted(by_maker or there or (), key=lambda entry: len(entry.api_id))


def _only_date(seller: Seller, asked: Identity) -> tuple[IndexedOffering, ...]:
    """The offerings of a model that the seller lists with one date alone."""
    found = _of_this_surface(seller.by_model.get(asked.model, ()))
    told = {(named.date, named.build.removesuffix(":0")) for entry in found if (named := identity(entry.api_id))}
    told = {(date, "" if build == "v1" else build) for date, build in told}  # Bedrock's first build is the model
    return found if len(told) == 1 else ()


def _without_its_date(index: NameIndex, seller: Seller, text: str, moment: Moment) -> Resolution | None:
    """The undated model, where nobody lists any date of it and no other model of the family bears this one."""
    asked = identity(text)
    if not asked.date or asked.variant or is_anothers_date(index, asked):
        return None
    at_seller = any(identity(entry.api_id).date for entry in seller.by_model.get(asked.model, ()))
    anywhere = any(identity(entry.api_id).date for entry in index.by_model.get(asked.model, ()))
    is_nobodys = anywhere and asked.model not in index.bearers.get(asked.date, ())
    if at_seller or (is_nobodys and seller.slug not in _DATING_THEMSELVES):
        return None
    entries = _same_identity(index, seller, text, replace(asked, date=""), moment)
    if len(entries) != 1:
        return None
    (entry,) = entries
    detail = f"{seller.slug} lists no date of {entry.api_id}"
    return Resolution(entry.slug, "undated", detail, stands_in_for=text)


def _lists_numbered(seller: Seller, text: str) -> bool:
    """Whether the seller lists builds, dates or months of the model apart."""
    lowered = text.lower()
    return any(api_id != lowered and _NUMBERED_END.sub("", api_id) == lowered for api_id in seller.by_id)
