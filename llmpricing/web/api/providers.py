"""GET /api/v1/providers: who sells, and how many offerings."""

from __future__ import annotations

import msgspec
from pyramid.request import Request

from llmpricing.services.catalogue import listing
from llmpricing.web.api.answers import BookMeta, CountMeta, book_meta, stale_meta
from llmpricing.web.errors import Refused
from llmpricing.web.list_query import moved_to
from llmpricing.web.operations import Operation
from llmpricing.web.paging import page_of, page_readers


class ProviderJson(msgspec.Struct, forbid_unknown_fields=True):
    """A seller, and how many offerings the price book holds of it."""

    id: str
    name: str
    offerings: int


class ProvidersAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of sellers."""

    data: list[ProviderJson]
    meta: CountMeta


def list_providers(request: Request) -> ProvidersAnswer:
    """A page of sellers in order of id."""
    values = PROVIDERS.read(request)
    found = [ProviderJson(*one) for one in listing.providers(request.reads)]
    page, following = page_of(request, values, found, [one.id for one in found])
    return ProvidersAnswer(page, CountMeta(len(found), following, **stale_meta(request)))


class ProviderAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """One seller."""

    data: ProviderJson
    meta: BookMeta


def show_provider(request: Request) -> ProviderAnswer:
    """One seller; its id in another case leads to it."""
    PROVIDER.read(request)
    asked = request.matchdict["id"]
    for found in listing.providers(request.reads):
        if found[0] == asked:
            return ProviderAnswer(ProviderJson(*found), BookMeta(**book_meta(request)))
        if found[0].casefold() == asked.rstrip("/").casefold():
            raise moved_to(request, asked, found[0])
    raise Refused(404, "NOT_FOUND", "No seller has this id. GET /api/v1/providers lists the sellers.")


PROVIDER = Operation(
    name="provider",
    path="/api/v1/providers/{id}",
    view=show_provider,
    title="One seller",
    answers=(ProviderAnswer,),
    asks_the_book=True,
    rows=ProviderJson,
    is_list=False,
    is_lasting=True,
    refusals=(404,),
)
PROVIDERS = Operation(
    name="providers",
    path="/api/v1/providers",
    view=list_providers,
    title="Sellers with counts",
    parameters=page_readers(),
    answers=(ProvidersAnswer,),
    asks_the_book=True,
    rows=ProviderJson,
    is_lasting=True,
)
