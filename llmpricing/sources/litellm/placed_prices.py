"""Where the prices of a LiteLLM map stand, so that others can be written in their places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.observations import PriceList
from llmpricing.sources.errors import EntryError, SourceError
from llmpricing.sources.litellm.names import Name
from llmpricing.sources.litellm.price_list import SLUG, named_entries, offering_of, placed_under
from llmpricing.sources.litellm.prices import EntryReader, PricePlace
from llmpricing.sources.reading.documents import decode
from llmpricing.sources.reading.fields import Facts


@dataclass(frozen=True, slots=True)
class PlacedEntry:
    """An entry of the map: its key, what that names, the entry's mode, and where its prices stand."""

    key: str
    name: Name
    mode: str
    has_tiers: bool
    places: tuple[PricePlace, ...]


def placed_entries(data: bytes) -> list[PlacedEntry]:
    """Where each entry that can be read holds its prices, in order; raises SourceError for what is no map."""
    entries = decode(data)
    if not isinstance(entries, dict):
        raise SourceError("a LiteLLM cost map is a JSON object of models; this is something else")
    return [_placed(key, name, entry) for key, name, entry in named_entries(entries, PriceList(SLUG))]


def _placed(key: str, name: Name, entry: Mapping[str, Any]) -> PlacedEntry:
    mode = offering_of(name, Facts(entry, key, [])).mode or ""
    reader = EntryReader(entry, name.provider, mode, Counter())
    try:
        reader.read()
        places = [_under(place, name) for place in reader.places]
    except EntryError:  # what was not read has no published price that could be written there
        places = []
    return PlacedEntry(key, name, mode, "tiered_pricing" in entry, tuple(places))


def _under(place: PricePlace, name: Name) -> PricePlace:
    when: Conditions = placed_under(place.conditions, name)
    return PricePlace(place.path, place.meter, when, place.quantity)
