"""What a clause may pass over in a name: nothing that tells models apart, and no place that is priced apart."""

from __future__ import annotations

import re

from llmpricing.domain.names.identities import Identity, identity
from llmpricing.domain.names.index import IndexedOffering, NameIndex, Seller
from llmpricing.domain.names.marks import (
    FINE_TUNE,
    is_date,
    is_month_and_day,
    marks,
    places,
    swallowed,
    without_dates,
)

_DATE_BEGUN = re.compile(r"20\d\d-?(\d\d-?)?$")  # how a clause ends that names the dates of a year
_BUILD_BEGUN, _BUILD = (
    re.compile(r"-0{1,2}$"),
    re.compile(r"00\d"),
)  # Google's gemini-2.0-flash-001 is one of its builds


def _is_build(passed_over: tuple[str, ...], requested: str, stated: str) -> bool:
    """Whether a clause that names the builds of a model passes over nothing but the number of one.

    The number must be the one that the clause begins: ``claude-sonnet-4-0-001`` is no build of ``claude-sonnet-4-0``.
    """
    begun = _BUILD_BEGUN.search(stated)
    if begun is None or len(passed_over) > 1 or not _BUILD.fullmatch(passed_over[0]):
        return False
    model = stated[: begun.start()]
    return requested.endswith(f"{model}-{passed_over[0]}") and not swallowed(model, requested)


def at_place(seller: Seller, entry: IndexedOffering, requested: str) -> IndexedOffering | None:
    """The offering of the same model in the place that the name says, where the seller lists it apart."""
    asked, listed = places(requested), places(entry.api_id)
    if not asked or asked == listed:
        return entry
    same_model = seller.placed.get(marks(entry.api_id), ())
    there = [other for other in same_model if places(other.api_id) == asked]
    if there:
        return there[0] if len(there) == 1 else None
    return entry if listed <= {"regional"} else None


def is_anothers_date(index: NameIndex, asked: Identity) -> bool:
    """Whether a date is one that other versions of the family bear, and none of the version that was asked for."""
    bearers = [model for model in index.bearers.get(asked.date, ()) if set(asked.words) & set(model[0])]
    return bool(bearers) and all(numbers != asked.numbers for _, numbers, _ in bearers)


def bears_new_date(catalogue: NameIndex, entry: IndexedOffering, requested: str, stated: str) -> bool:
    """Whether a name that a clause means bears a date that neither the clause nor any list knows of this model."""
    if _DATE_BEGUN.search(stated):
        return False
    base = requested.removeprefix(FINE_TUNE)
    listed = catalogue.dates.get(without_dates(base), ())
    return any(is_date(mark) and mark not in listed for mark in swallowed(requested, entry.api_id, stated))


def keeps_identity(catalogue: NameIndex, seller: Seller, entry: IndexedOffering, requested: str, stated: str) -> bool:
    """Whether a clause passes over nothing that tells models apart.

    Only a date may come on top, where the seller has no dated offering of the model, so that its price is that of all
    dates; and it must be a true one: one that some seller lists, if any seller lists dates of this model. The date of a
    fine-tune is that of the model it was made from. Where the clause names nothing, the id must have nothing more.
    """
    passed_over = swallowed(requested, entry.api_id, stated)
    if not stated and swallowed(entry.api_id, requested):
        return False
    if not passed_over or _is_build(passed_over, requested, stated):
        return True
    if len(passed_over) > 1 or swallowed(_DATE_BEGUN.sub("", stated), requested):
        return False
    base = requested.removeprefix(FINE_TUNE)
    is_tuned = base != requested
    if is_tuned and is_month_and_day(passed_over[0]):
        return base in catalogue.sold
    if not is_date(passed_over[0]) or without_dates(requested) in seller.dated:
        return False
    if any(is_date(mark) for mark in marks(entry.api_id)) or is_anothers_date(catalogue, identity(base)):
        return False
    return passed_over[0] in catalogue.dates.get(without_dates(base), () if is_tuned else passed_over)
