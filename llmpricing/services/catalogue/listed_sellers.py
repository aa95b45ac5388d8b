"""Who sells, with where each one states its prices itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import func, select

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.names.companies import company_name
from llmpricing.models import Offering, Provider
from llmpricing.services.price_book import Reads

_MOST_PAGES = 12  # of a seller: a list may name any number
_LONGEST = 500  # characters of an address


class ListedSeller(NamedTuple):
    """A seller, how many offerings the price book holds of it, and the addresses of its own pages of prices."""

    id: str
    name: str
    offerings: int
    price_pages: tuple[str, ...] = ()


def providers(reads: Reads) -> list[ListedSeller]:
    """Every seller, in order of id; a name even of who is stored by an id alone."""
    return [
        ListedSeller(slug, company_name(slug) if name == slug else name, count, price_pages(urls))
        for slug, name, count, urls in _stored(reads)
    ]


def price_pages(urls: Iterable[str]) -> tuple[str, ...]:
    """Those of a list's addresses that lead to a page of the web by https, those that speak of prices first."""
    found = [url for url in dict.fromkeys(urls) if len(url) <= _LONGEST and _is_web(url)]
    return tuple(sorted(found, key=lambda url: "pric" not in url.lower())[:_MOST_PAGES])


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and url.isprintable()


def _stored(reads: Reads) -> list[tuple[str, str, int, list[str]]]:
    if isinstance(reads, PriceBook):
        counts = Counter(seller for (seller,) in reads.rows("offering", ("provider_id",)))
        sellers = reads.providers.items()
        return sorted((one.slug, one.name, counts[number], one.pricing_urls or []) for number, one in sellers)
    query = (
        select(Provider.slug, Provider.name, func.count(Offering.id), Provider.pricing_urls)
        .outerjoin(Offering)
        .group_by(Provider.id)
        .order_by(Provider.slug.collate("C"))
    )
    return [(slug, name, offerings, urls) for slug, name, offerings, urls in reads.execute(query)]
