"""What was known at a time: a price that its first list had later is not shown as if it had been known then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.domain.times import micros
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem, rows_of
from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import BookRead, Reads

# Offering, meter, whether its first list came after the time asked for; one that had ended before that list is told of
# as past by the list itself.
BasePrice = tuple[int, str, bool]
_DECIDING = ("input_tokens", "output_tokens")  # without one of them nothing can be reckoned


@BookRead
def base_prices(book: PriceBook, clocks: Clocks) -> Sequence[BasePrice]:
    """The base prices behind the list's columns that are valid and believed."""
    as_of, known_at = micros(clocks.as_of), micros(clocks.known_at)
    spans = ("valid_from", "valid_until", "recorded_from", "recorded_until")
    rows = book.stored("price", *spans, "fresh_from", "offering_id", "meter", "condition_key", "state")
    return [
        (offering, meter, fresh is not None and as_of < fresh and (until is None or until > fresh))
        for since, until, recorded, closed, fresh, offering, meter, key, state in rows
        if key == ""
        and state != "unknown"
        and meter in BASE_METERS.values()
        and (since is None or since <= as_of)
        and (until is None or as_of < until)
        and (recorded is None or recorded <= known_at)
        and (closed is None or known_at < closed)
    ]


def as_known_then(reads: Reads, clocks: Clocks, models: Iterable[SoldModel], standing: StandsOn) -> list[SoldModel]:
    """The models without the prices that were first listed later than the time asked for: a row without its input or
    output price is of the state ``undated``.
    """
    late = _late(reads, clocks)
    return [replace(model, rows=tuple(_as_known_then(row, late, standing) for row in model.rows)) for model in models]


def items_as_known_then(
    reads: Reads, clocks: Clocks, items: Sequence[OfferingItem], standing: StandsOn
) -> list[OfferingItem]:
    """The same of offerings as the list shows them, which must have been there then."""
    if not items:
        return []
    late, slugs = _late(reads, clocks), [item.id for item in items]
    rows = {row.id: _as_known_then(row, late, standing) for row in rows_of(reads, clocks, slugs, standing)}
    return [_with_prices_of(item, rows[item.id]) for item in items]


def _with_prices_of(item: OfferingItem, row: Any) -> OfferingItem:
    prices = {name: getattr(row, name) for name in BASE_METERS}
    return replace(item, price_state=row.price_state, price_since=row.price_since, **prices)


def _late(reads: Reads, clocks: Clocks) -> Mapping[int, Mapping[str, bool]]:
    found: dict[int, dict[str, bool]] = defaultdict(dict)
    for offering, meter, is_late in base_prices(reads, clocks):
        found[offering][meter] = is_late
    return found


def _as_known_then(row: Any, late: Mapping[int, Mapping[str, bool]], standing: StandsOn) -> Any:
    stood_on = standing.get(row.number)
    found = {**(late.get(stood_on.number, {}) if stood_on else {}), **late.get(row.number, {})}
    hidden = {name: None for name, meter in BASE_METERS.items() if found.get(meter)}
    if not hidden:
        return row
    state = UNDATED if any(found.get(meter) for meter in _DECIDING) else row.price_state
    return row._replace(**hidden, price_state=state, price_since=None)
