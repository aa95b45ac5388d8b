"""GET /api/v1/providers: who sells, and how many offerings."""

from __future__ import annotations

from fractions import Fraction

import msgspec
from pyramid.request import Request

from llmpricing.domain.money import ratio_text
from llmpricing.services.catalogue.listed_sellers import ListedSeller, providers
from llmpricing.services.catalogue.seller_regions import seller_regions
from llmpricing.web.api.answers import BookMeta, CountMeta, DecimalText, book_meta, stale_meta
from llmpricing.web.errors import Refused
from llmpricing.web.list_query import moved_to
from llmpricing.web.operations import Operation
from llmpricing.web.paging import page_of, page_readers


class ProviderJson(msgspec.Struct, forbid_unknown_fields=True):
    """A seller, how many offerings the price book holds of it, and its own pages of prices, as far as lists know
    them: those that speak of prices first, https alone.
    """

    id: str
    name: str
    offerings: int
    price_pages: list[str]


def _json(one: ListedSeller) -> ProviderJson:
    return ProviderJson(one.id, one.name, one.offerings, list(one.price_pages))


class RegionJson(msgspec.Struct, forbid_unknown_fields=True):
    """A region of which prices of the standard tier are told for ``models``. ``compared`` of them have prices without a
    region too: theirs are ``least_times`` to ``most_times`` those, ``middle_times`` at the median model, and
    ``as_much`` of the models cost as much.
    """

    region: str
    models: int
    compared: int
    as_much: int
    least_times: DecimalText | None
    middle_times: DecimalText | None
    most_times: DecimalText | None


class SellerJson(ProviderJson, forbid_unknown_fields=True):
    """A seller as the list has it, with the regions of which its prices are told."""

    regions: list[RegionJson]


def _regions(request: Request, provider: str) -> list[RegionJson]:
    clocks = request.book.clocks(request.period.start, None)
    return [
        RegionJson(one.region, one.models, one.compared, one.as_much, *map(_times, (one.least, one.middle, one.most)))
        for one in seller_regions(request.reads, clocks, provider)
    ]


def _times(times: Fraction | None) -> str | None:
    return None if times is None else ratio_text(times)


class ProvidersAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of sellers."""

    data: list[ProviderJson]
    meta: CountMeta


def list_providers(request: Request) -> ProvidersAnswer:
    """A page of sellers in order of id."""
    values = PROVIDERS.read(request)
    found = [_json(one) for one in providers(request.reads)]
    page, following = page_of(request, values, found, [one.id for one in found])
    return ProvidersAnswer(page, CountMeta(len(found), following, **stale_meta(request)))


class ProviderAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """One seller."""

    data: SellerJson
    meta: BookMeta


def show_provider(request: Request) -> ProviderAnswer:
    """One seller with its regions; its id in another case leads to it."""
    PROVIDER.read(request)
    asked = request.matchdict["id"]
    for found in providers(request.reads):
        if found.id == asked:
            listed, regions = _json(found), _regions(request, asked)
            told = SellerJson(listed.id, listed.name, listed.offerings, listed.price_pages, regions)
            return ProviderAnswer(told, BookMeta(**book_meta(request)))
        if found.id.casefold() == asked.rstrip("/").casefold():
            raise moved_to(request, asked, found.id)
    raise Refused(404, "NOT_FOUND", "No seller has this id. GET /api/v1/providers lists the sellers.")


PROVIDER = Operation(
    name="provider",
    path="/api/v1/providers/{id}",
    view=show_provider,
    title="One seller, and the regions of which its prices are told",
    answers=(ProviderAnswer,),
    asks_the_book=True,
    rows=SellerJson,
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
