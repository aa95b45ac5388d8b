"""The models of a comparison as a basket: how one is taken away, and how what is typed becomes one more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from llmpricing.domain.names.answers import Resolution
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.listed_models import SoldModel, listed_models
from llmpricing.services.catalogue.model_list import PRICED, SHELVES, ModelFilter, find_models, shelf
from llmpricing.services.catalogue.model_orders import in_order
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import names_of
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web import parameters as p
from llmpricing.web.list_query import own_ids
from llmpricing.web.site.addresses import address
from llmpricing.web.site.workload import weighing

ADD, FEWEST, MOST = "add", 2, 5
ADDING: Mapping[str, p.Reader] = {ADD: p.text_of(200)}
_COMPARED = "models"
_MOST_OFFERED = 8


class OfferedModel(NamedTuple):
    """An offering that may have been meant: its model's name, and the address of the comparison with it."""

    slug: str
    name: str
    link: str


@dataclass(frozen=True, slots=True)
class Basket:
    """What is compared with the address ``without`` each, by id; ``kept`` is what the form sends along. ``typed`` is
    what was asked for beside, and means none or several: these are the ``candidates``.
    """

    names: Mapping[str, str]
    without: Mapping[str, str]
    kept: list[tuple[str, str]]
    typed: str
    candidates: list[OfferedModel]

    @property
    def room(self) -> int:
        """How many more can be compared."""
        return MOST - len(self.without)


def read_basket(
    request: Request, clocks: Clocks, workload: Workload, slugs: Sequence[str], typed: str, stands_on: StandsOn
) -> Basket:
    """The basket of these ids. What is ``typed`` and means one offering leads to the comparison with it."""
    others = [pair for pair in request.GET.items() if pair[0] not in (_COMPARED, ADD)]

    def of(ids: Sequence[str]) -> str:
        compared = [(_COMPARED, ",".join(ids))] if ids else []
        return address([*compared, *others])

    models = listed_models(request.reads, request.book, clocks, stands_on)
    found: list[tuple[str, str]] = []
    if typed and len(slugs) < MOST:
        if meant := _meant(request, clocks, typed):
            raise HTTPSeeOther(request.path_url + of(list(dict.fromkeys([*slugs, meant]))))
        found = _like(clocks, models, workload, typed, slugs)
    named = {row.id: model.name for model in models for row in model.rows if row.id in slugs}
    return Basket(
        {slug: named.get(slug, slug) for slug in slugs},
        {slug: of([one for one in slugs if one != slug]) for slug in slugs},
        [(_COMPARED, ",".join(slugs)), *others] if slugs else others,
        typed,
        [OfferedModel(slug, name, of([*slugs, slug])) for slug, name in found],
    )


def _meant(request: Request, clocks: Clocks, typed: str) -> str | None:
    """The one offering that has this id or name; None where none or several have."""
    names = names_of(request.reads, request.book)
    (slug,) = own_ids(request, [typed])
    if any(slug == one.slug for one in names.offerings.values()):
        return slug
    found = names.at(clocks)(typed)
    return found.slug if isinstance(found, Resolution) and not found.stands_in_for else None


def _like(
    clocks: Clocks, models: Sequence[SoldModel], workload: Workload, typed: str, slugs: Sequence[str]
) -> list[tuple[str, str]]:
    """(id, name) of the models that the list finds by these words, what is sold before what is not, then the newest."""
    wanted = ModelFilter(words=typed, kind=None, show=frozenset(SHELVES))
    found = in_order(find_models(models, wanted, clocks, weighing(workload)).rows, "-released_on", {})
    found.sort(key=lambda row: shelf(row.shown) != PRICED)
    return [(row.shown.id, row.model.name) for row in found if row.shown.id not in slugs][:_MOST_OFFERED]
