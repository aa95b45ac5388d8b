"""Everything the price book holds on one offering at one time: its prices and names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.conditions import STANDARD, Conditions
from llmpricing.domain.prices import OtherPrice, Price
from llmpricing.domain.quotes.line_evidence import codes_of, standing_of, waiting_for
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.standing_on import NO_STANDING, StandsOn, StoodOn
from llmpricing.models import Offering, OfferingAlias
from llmpricing.services.catalogue.price_evidence import (
    DifferenceDocument,
    EvidenceDocument,
    differences,
    prices_with_stood_on,
    read_lists,
)
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.publishing.published_prices import believed_other_prices, believed_prices, prices_at


@dataclass(frozen=True, slots=True)
class PriceDetail:
    """A price as the API shows it: ``amount`` in ``currency`` per ``per`` units of the meter, and what it rests on.
    ``codes`` are what a quote by it would say of it, as far as that depends on the price alone; ``waiting`` is what
    newer values that wait for a decision ask in its place.
    """

    price_id: int
    meter: str
    state: str
    amount: Decimal | None
    currency: str
    per: int
    conditions: dict[str, Any]
    minimum_quantity: Decimal | None
    valid_from: datetime | None
    valid_until: datetime | None
    basis: str
    bracket_from: datetime | None
    source: str
    source_url: str | None
    observed_at: datetime | None
    evidence: EvidenceDocument
    codes: list[str]
    waiting: tuple[DifferenceDocument, ...]


_LITELLM = "litellm"  # the namespace of its names


@dataclass(frozen=True, slots=True)
class Details:
    """Prices in order of meter and conditions; aliases; ``of_litellm`` is the shortest that LiteLLM has."""

    prices: list[PriceDetail]
    aliases: list[str]
    of_litellm: str | None = None


def details(reads: Reads, book: BookState, clocks: Clocks, slug: str, standing: StandsOn = NO_STANDING) -> Details:
    """What is known on the offering of this id, which must exist; ``standing`` says which one's prices it borrows."""
    if isinstance(reads, PriceBook):
        offering_id = reads.numbers[slug]
        aliases = _aliases_in(reads, clocks, offering_id)
    else:
        offering_id = reads.scalars(select(Offering.id).where(Offering.slug == slug)).one()
        aliases = _aliases(reads, clocks, offering_id)
    prices = _prices(reads, book, clocks, offering_id, standing.get(offering_id))
    of_litellm = min((one for name, one in aliases if name == _LITELLM), key=lambda one: (len(one), one), default=None)
    return Details(prices, sorted({alias for _, alias in aliases}), of_litellm)


def prices_of(
    reads: Reads, book: BookState, clocks: Clocks, slugs: Sequence[str], standing: StandsOn = NO_STANDING
) -> dict[str, list[PriceDetail]]:
    """The prices of each of these offerings, which must exist, as ``details`` has them."""
    if isinstance(reads, PriceBook):
        numbers = {slug: reads.numbers[slug] for slug in slugs}
    else:
        rows = reads.execute(select(Offering.slug, Offering.id).where(Offering.slug.in_(slugs)))
        numbers = {slug: number for slug, number in rows}
    read, beside = prices_at(reads, [number for number in numbers.values() if number not in standing], clocks)
    return {
        slug: _prices(reads, book, clocks, number, standing[number])
        if number in standing
        else _shown(reads, book, clocks, read.get(number, ()), beside.get(number, ()))
        for slug, number in numbers.items()
    }


def _prices(
    reads: Reads, book: BookState, clocks: Clocks, offering_id: int, stood_on: StoodOn | None
) -> list[PriceDetail]:
    if stood_on is None:
        read, beside = prices_at(reads, [offering_id], clocks)
    else:  # since when a price is borrowed, the times tell that come before
        numbers = [offering_id, stood_on.number]
        read = believed_prices(reads, numbers, clocks.known_at)
        beside = believed_other_prices(reads, numbers, clocks.known_at)
    found, others = prices_with_stood_on(read, beside, offering_id, stood_on)
    return _shown(reads, book, clocks, found, others)


def _shown(
    reads: Reads, book: BookState, clocks: Clocks, found: Sequence[Price], others: Sequence[OtherPrice]
) -> list[PriceDetail]:
    prices = [price for price in found if price.valid_at(clocks.as_of)]
    lists = read_lists(reads, book, clocks.known_at)
    return [
        _detail(
            price,
            lists.show(standing_of(price, prices, others, clocks.as_of)),
            codes_of([price], prices, others, clocks.as_of),
            differences(waiting_for(price, others, clocks.as_of)),
        )
        for price in sorted(prices, key=lambda price: (price.meter, price.conditions.key))
    ]


def _detail(
    price: Price, evidence: EvidenceDocument, codes: Iterable[Code], waiting: tuple[DifferenceDocument, ...]
) -> PriceDetail:
    return PriceDetail(
        price_id=price.id,
        meter=price.meter,
        state=price.state.value,
        amount=price.amount,
        currency=price.currency,
        per=price.per,
        conditions=stated_conditions(price.conditions),
        minimum_quantity=price.minimum_quantity,
        valid_from=price.valid_from,
        valid_until=price.valid_until,
        basis=price.basis.value,
        bracket_from=price.bracket_from,
        source=price.source,
        source_url=price.source_url,
        observed_at=price.observed_at,
        evidence=evidence,
        codes=[code.value for code in codes],
        waiting=waiting,
    )


def stated_conditions(conditions: Conditions) -> dict[str, Any]:
    """What a request must be like to pay this price; empty for the base price."""
    found: dict[str, Any] = {} if conditions.service_tier == STANDARD else {"service_tier": conditions.service_tier}
    if conditions.region:
        found["region"] = conditions.region
    if (step := conditions.step) is not None:
        found["input_tokens_from" if step.inclusive else "input_tokens_above"] = step.above
        found["applies_to"] = "tokens beyond the bound" if step.marginal else "the whole request"
    if (schedule := conditions.schedule) is not None:
        found["schedule"] = {
            "time_zone": schedule.time_zone,
            "weekdays": list(schedule.weekdays),
            "windows": [f"{_clock(start)}-{_clock(end)}" for start, end in schedule.windows],
            "not_on": list(schedule.holidays),
        }
    return found | dict(conditions.extra)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _aliases_in(book: PriceBook, clocks: Clocks, offering_id: int) -> set[tuple[str, str]]:
    """With the namespace of each."""
    rows = book.rows("offering_alias", ("namespace", "alias", "valid", "recorded"), [offering_id])
    return {(name, one) for name, one, valid, recorded in rows if clocks.as_of in valid and clocks.known_at in recorded}


def _aliases(session: Session, clocks: Clocks, offering_id: int) -> set[tuple[str, str]]:
    query = select(OfferingAlias.namespace, OfferingAlias.alias).where(
        OfferingAlias.offering_id == offering_id,
        OfferingAlias.at(clocks.as_of, clocks.known_at),
    )
    return {(name, alias) for name, alias in session.execute(query)}
