"""What a name of Bedrock means and costs that says no place: one total where the places cost the same, else all totals.

Each request of Bedrock runs in a place that its id says; a premium is never assumed, nor that there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.money import to_text
from llmpricing.domain.names.answers import Resolution
from llmpricing.domain.names.identities import identity
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.context import REGION, Context
from llmpricing.domain.quotes.notices import Code, Notice, merged
from llmpricing.domain.quotes.places import GLOBAL, REGIONAL, listed_place
from llmpricing.domain.quotes.unstated import outcome

_ANYWHERE = frozenset({"", REGIONAL, GLOBAL})  # that a request may have run in of which nothing is known


def in_its_place(meaning: Resolution, context: Context) -> Resolution:
    """The offering of the same model in the place that was stated, where it is listed apart; the meaning elsewhere."""
    region = context.region or meaning.region
    if not meaning.other_places or not region:
        return meaning
    by_place = {_place_of(slug): slug for slug in reversed(meaning.other_places)}
    place = listed_place(region, by_place.keys() - {""})
    here = _place_of(meaning.slug)
    slug = by_place[place] if place and listed_place(region, {here, place}) != here else meaning.slug
    return replace(meaning, slug=slug, other_places=())


def possible(meaning: Resolution) -> tuple[str, ...]:
    """The offerings besides whose price a request may pay that says no place."""
    return tuple(slug for slug in meaning.other_places if _place_of(slug) in _ANYWHERE)


def quote_of(cases: Sequence[tuple[str, Quote]]) -> Quote:
    """One quote of those by all offerings that a name without a place may mean, its own first: no total where theirs
    differ.
    """
    usual = cases[0][1]
    if usual.total is None:
        return usual
    found = outcome([(((REGION, slug),), quote) for slug, quote in cases])
    if found.total is not None:
        return usual
    totals = [(slug, quote) for slug, quote in cases if quote.total is not None]
    told = ", ".join(
        f"{slug} would cost {to_text(quote.total)} {quote.currency}" for slug, quote in totals if quote.total
    )
    message = f"the name says no place, and the seller has no default one: {told}"
    notes = merged((*found.notes, Notice(Code.REGION_ASSUMED, message, None, found.high)))
    places = tuple(sorted({_place_of(slug) or STANDARD for slug, _ in totals}))
    return found._replace(notes=notes, choices=((REGION, places),))


def _place_of(slug: str) -> str:
    return identity(slug.partition("/")[2]).place
