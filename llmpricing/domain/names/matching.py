"""Which offering a name means, and by which rule. Never across a version, date, size or tier.

Own aliases come first. The form of a name (an ARN, a path, a router's variant) says the seller, else the provider that
was given, else the name's own prefix; a bare name is the lab's. All steps are tried at one surface before the next, and
what a seller does not list is looked up at those that stand in for it last, marked. Several sellers are candidates,
none is picked. docs/names.md tells the order.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from llmpricing.domain.names.answers import Ambiguous, Resolution, Unknown, Why, one_of
from llmpricing.domain.names.bare_names import of_a_bare_name
from llmpricing.domain.names.forms import form_of, path_at
from llmpricing.domain.names.hints import Hint, HintKind, names_nobody
from llmpricing.domain.names.identities import GOVERNMENT, identity
from llmpricing.domain.names.index import NameIndex, Seller
from llmpricing.domain.names.moments import ANY_MOMENT, Moment
from llmpricing.domain.names.places_apart import with_other_places
from llmpricing.domain.names.providers import HUGGING_FACE, KIN, NAMED_BY_CUSTOMERS, called_exactly
from llmpricing.domain.names.routes import PREFIXED, Route, routes
from llmpricing.domain.names.spellings import spellings, without_window
from llmpricing.domain.names.suggestions import suggest
from llmpricing.domain.names.surfaces import at_surface, exact_id

__all__ = [
    "MAX_LENGTH",
    "Ambiguous",
    "Resolution",
    "Unknown",
    "Why",
    "read",
    "resolve",
    "seller_said",
    "too_long",
    "with_suggestions",
]
MAX_LENGTH = 400  # characters; longer names are no model's and no seller's


def resolve(
    index: NameIndex, name: str, provider: str | None = None, moment: Moment = ANY_MOMENT
) -> Resolution | Ambiguous | Unknown:
    """The offering that ``name`` means at that moment, else with the ids most like it.

    ``provider`` may be a seller's id, another name of it, a library's word for it, its API host or URL.
    """
    return with_suggestions(index, name, read(index, name, provider, moment))


def with_suggestions(
    index: NameIndex, name: str, found: Resolution | Ambiguous | Unknown
) -> Resolution | Ambiguous | Unknown:
    """What was read of a name, with the ids most like it where no offering bears it."""
    if not isinstance(found, Unknown) or found.why in (Why.OWN, Why.NO_SUCH_SELLER) or len(name) > MAX_LENGTH:
        return found
    return Unknown(suggest(index, without_window(name.strip()).text), found.why)


def read(
    index: NameIndex, name: str, provider: str | None = None, moment: Moment = ANY_MOMENT
) -> Resolution | Ambiguous | Unknown:
    """As ``resolve``, without suggestions: they take longer than all else."""
    if unread := too_long(name, provider):
        return unread
    name = name.strip()
    if not name:
        return Unknown(())
    hint = index.hint(provider) if provider is not None else None
    if hint and hint.kind is HintKind.UNKNOWN:
        return Unknown((), Why.NO_SUCH_SELLER)
    spelling = without_window(name)
    if own := index.own.get(name.lower()) or index.own.get(spelling.text.lower()):
        return Resolution(own, "own alias")
    if hint and hint.kind is HintKind.NOBODY:
        hint = None
    found = _found(index, spelling.text, hint, provider, moment)
    if isinstance(found, Resolution):
        detail = _joined(spelling.reading, found.detail)
        is_own_id = found.slug.lower() == spelling.text.lower()
        return replace(found if is_own_id else with_other_places(index, spelling.text, found), detail=detail)
    return found or _unknown(spelling.text, hint)


def too_long(name: str, provider: str | None) -> Unknown | None:
    """What is longer than any name of a model or of a seller: unknown, and worth no memory."""
    if len(name) > MAX_LENGTH:
        return Unknown(())
    return Unknown((), Why.NO_SUCH_SELLER) if provider is not None and len(provider) > MAX_LENGTH else None


def seller_said(index: NameIndex, provider: str) -> str:
    """The id of the seller that a record says by any of its names; empty where it says none."""
    hint = index.hint(provider) if len(provider) <= MAX_LENGTH else None
    return hint.surfaces[0] if hint and hint.surfaces and hint.surfaces != (HUGGING_FACE,) else ""


def _found(
    index: NameIndex, text: str, hint: Hint | None, said: str | None, moment: Moment
) -> Resolution | Ambiguous | None:
    own_form = [slug for slug in index.slugs.get(text.lower(), ()) if _is_at(slug, hint)]
    written_so = [slug for slug in own_form if slug == text]
    if written_so or (own_form and hint is None):
        return one_of(written_so or own_form, "id")
    if (prefixed := PREFIXED.fullmatch(text)) and names_nobody(prefixed[1]):
        return _found(index, prefixed[2], hint, said, moment)
    for seller in index.surfaces(hint) if hint and hint.surfaces != (HUGGING_FACE,) else ():
        if by_id := exact_id(index, seller, text, moment):
            return by_id
    if own_form:
        return one_of(own_form, "id")
    for route in routes(index, text, hint, said or ""):
        if found := _at(index, route, moment):
            return found
    return None if hint or form_of(text) else of_a_bare_name(index, text, moment)


def _is_at(slug: str, hint: Hint | None) -> bool:
    """Whether an offering is one of the seller that was named, if any."""
    return hint is None or slug.partition("/")[0] in hint.surfaces


def _at(index: NameIndex, route: Route, moment: Moment) -> Resolution | Ambiguous | None:
    """All steps at each surface, then at those that stand in; the routes of Hugging Face are candidates."""
    sellers = index.surfaces(Hint(HintKind.PLATFORM, route.surfaces))
    many: list[str] = []
    for seller in sellers:
        text, region = path_at(seller.slug, route.text)
        region = region or _government(text)
        found = exact_id(index, seller, text, moment) if route.only_ids else at_surface(index, seller, text, moment)
        if isinstance(found, Resolution) and (route.region or region or route.detail):
            found = replace(found, region=route.region or region, detail=_joined(route.detail, found.detail))
        if found and len(sellers) > 1 and route.surfaces == (HUGGING_FACE,):
            many += [found.slug] if isinstance(found, Resolution) else found.candidates
        elif found:
            return found
    if many:
        return Ambiguous(tuple(many)) if len(many) > 1 else Resolution(many[0], "only seller")
    return None if route.only_ids else _stand_in(index, route, sellers, moment)


def _government(text: str) -> str:
    """The government's cloud where an id begins with it: what stands in for such an id is another cloud's price."""
    return GOVERNMENT if identity(text).place == GOVERNMENT else ""


def _stand_in(index: NameIndex, route: Route, sellers: tuple[Seller, ...], moment: Moment) -> Resolution | None:
    """The price of another seller, where the price book has none of the one that was meant: always marked."""
    first = route.surfaces[0] if route.surfaces else ""
    others = [*KIN.get(first, ())]
    for slug in (*(seller.slug for seller in sellers), *KIN.get(first, ())):
        others += index.sellers[slug].fallback_providers if slug in index.sellers else ()
    text, region = path_at(first, route.text)
    for slug, spelling in product(dict.fromkeys(others), spellings(text, first)):
        seller = index.sellers.get(slug)
        found = at_surface(index, seller, spelling.text, moment) if seller else None
        if isinstance(found, Resolution):
            detail = _joined(route.detail, spelling.reading, f"{first} has no price of its own for it")
            return Resolution(found.slug, "fallback", detail, route.region or region, f"{first}/{text}")
    return None


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _unknown(text: str, hint: Hint | None) -> Unknown:
    form, prefixed = form_of(text), PREFIXED.fullmatch(text)
    if form and form.own:
        return Unknown((), Why.OWN)
    named = set(hint.surfaces) if hint else {called_exactly(prefixed[1])} if prefixed else set()
    if named & NAMED_BY_CUSTOMERS:
        return Unknown((), Why.DEPLOYMENT)
    return Unknown((), Why.NOT_SOLD if hint else Why.NO_SUCH_NAME)
