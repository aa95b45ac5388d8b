"""Published prices as the domain prices usage by them, compiled once for each change of an offering."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from llmpricing.domain.prices import OtherPrice, Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.other_totals import bounds_of
from llmpricing.domain.quotes.standing_on import standing_on
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.names.name_history import Offered
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.publishing.change_log import change_log
from llmpricing.services.publishing.published_prices import believed_other_prices, believed_prices, prices_at
from llmpricing.services.quotes.terms import terms_at

REMEMBERED_OFFERINGS = 10_000


class _Key(NamedTuple):
    """A book, an offering, and the last changes of its prices and of those of the same model that bear on them."""

    book: str
    offering: int
    changed: tuple[datetime, ...]


_compiled: Memory[_Key, OfferingPrices] = Memory(REMEMBERED_OFFERINGS, lambda found: 2_000 + 1_250 * len(found.prices))


def prices_of(
    reads: Reads, known: BookState, known_at: datetime, offerings: Mapping[int, str]
) -> dict[int, OfferingPrices]:
    """All prices of these offerings, by number with their ids (``provider/api-id``), believed at ``known_at``,
    valid at any time; one query for all.

    ``known_at`` must not lie after the price book's last change: what is recorded until then never changes. What was
    compiled stays good until the offering's own next change, whatever else an import brings.
    """
    log, claimed = change_log(reads, known), _claimed(reads, known, known_at, offerings)
    snapshots = _snapshots(reads, known, known_at, offerings)
    keys = []
    for offering in offerings:
        alike = [base.id for base in (claimed.get(offering), *snapshots.get(offering, ())) if base]
        changed = tuple([log.last_change(one, known_at) for one in (offering, *alike)])
        keys.append(_Key(known.book, offering, changed))
    found = _compiled.recall(keys)
    missing = [key for key in keys if key not in found]
    if missing:
        concerned = _with_claimed((key.offering for key in missing), claimed)
        concerned |= {one.id for key in missing for one in snapshots.get(key.offering, ())}
        read = believed_prices(reads, concerned, known_at)
        beside = believed_other_prices(reads, concerned, known_at)
        for key in missing:
            offering = key.offering
            prices, others = _standing(offering, claimed.get(offering), read, beside)
            bounds = [
                bound
                for one in snapshots.get(offering, ())
                for bound in bounds_of(one.slug, prices, read.get(one.id, ()))
            ]
            found[key] = OfferingPrices(prices, offerings[offering], [*others, *bounds])
            _compiled.keep(key, found[key])
    return {key.offering: prices for key, prices in found.items()}


def _claimed(reads: Reads, known: BookState, known_at: datetime, offerings: Mapping[int, str]) -> dict[int, Offered]:
    """By offering the one that it stands on, if any."""
    names = names_of(reads, known)
    return {
        offering: base for offering, slug in offerings.items() if (base := names.claimed_by(slug, known_at)) is not None
    }


def _snapshots(
    reads: Reads, known: BookState, known_at: datetime, offerings: Mapping[int, str]
) -> dict[int, tuple[Offered, ...]]:
    """By offering those that stand on it, if any."""
    names = names_of(reads, known)
    return {offering: found for offering, slug in offerings.items() if (found := names.claims(slug, known_at))}


def _with_claimed(offerings: Iterable[int], claimed: Mapping[int, Offered]) -> set[int]:
    """The offerings and those that they stand on."""
    wanted = set(offerings)
    return wanted | {claimed[offering].id for offering in wanted if offering in claimed}


def _standing(
    offering: int,
    claimed: Offered | None,
    read: Mapping[int, Sequence[Price]],
    beside: Mapping[int, Sequence[OtherPrice]],
) -> tuple[Sequence[Price], Sequence[OtherPrice]]:
    """An offering's prices and what is kept beside them, with what the claimed one has besides."""
    own, others = read.get(offering, ()), beside.get(offering, ())
    if claimed is None or not read.get(claimed.id):
        return own, others
    return standing_on(own, others, read[claimed.id], beside.get(claimed.id, ()), claimed.slug)


def prices_by_id(
    reads: Reads,
    known: BookState,
    recorded: datetime,
    ids: Mapping[int, Collection[int]],
    offerings: Mapping[int, str],
) -> dict[int, OfferingPrices]:
    """By offering: what was believed at ``recorded``, and besides the prices of these ids, believed or not, also those
    of the offering that it stands on.
    """
    wanted = {price for prices in ids.values() for price in prices}
    claimed = _claimed(reads, known, recorded, {offering: offerings[offering] for offering in ids})
    concerned = _with_claimed(ids, claimed)
    read = believed_prices(reads, concerned, recorded, wanted)
    beside = believed_other_prices(reads, concerned, recorded)
    found = {}
    for offering in ids:
        base = claimed.get(offering)
        prices, others = _standing(offering, base, read, beside)
        named = [replace(p, via=base.slug) for p in read.get(base.id, ()) if p.id in wanted] if base else []
        replaced = {price.id for price in named}
        kept = [price for price in prices if price.id not in replaced]
        found[offering] = OfferingPrices([*kept, *named], offerings[offering], others)
    return found


def prices_ever(
    reads: Reads, known: BookState, known_at: datetime, offerings: Mapping[int, str]
) -> dict[str, Sequence[Price]]:
    """The prices of these offerings, given by number with their ids, believed at ``known_at`` and valid at any time;
    by id. For who reads all offerings once: nothing is compiled or remembered.
    """
    claimed = _claimed(reads, known, known_at, offerings)
    read = believed_prices(reads, _with_claimed(offerings, claimed), known_at)
    return {slug: _standing(number, claimed.get(number), read, {})[0] for number, slug in offerings.items()}


def prices_then(
    reads: Reads, known: BookState, clocks: Clocks, offerings: Mapping[int, str], *, net: bool = False
) -> dict[str, CountingPrices]:
    """The prices of these offerings, given by number with their ids, at two times; by id; ``net``: less what was
    agreed. What was asked of all offerings at one moment need not be compiled for all times.
    """
    terms = terms_at(reads, known.book, clocks.known_at) if net else None
    claimed = _claimed(reads, known, clocks.known_at, offerings)
    read, beside = prices_at(reads, _with_claimed(offerings, claimed), clocks)
    found = {}
    for number, slug in offerings.items():
        standing, _ = _standing(number, claimed.get(number), read, beside)
        # What is lent may be lent for another time alone.
        rates = terms.rates_at(slug, clocks.as_of) if terms else ()
        found[slug] = CountingPrices([price for price in standing if price.valid_at(clocks.as_of)], slug, rates)
    return found
