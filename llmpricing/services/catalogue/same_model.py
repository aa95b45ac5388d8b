"""The model that an offering is of, and who else sells it: by what ids say, as the list of models joins them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.names.model_groups import GroupKey, tier_of_id, words_and_numbers
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.models import Offering
from llmpricing.services.catalogue.listed_models import SoldModel, models_of_rows
from llmpricing.services.catalogue.listing import rows_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookState, Reads

_alike: Memory[tuple[str, int], Mapping[GroupKey, Sequence[str]]] = Memory(4, lambda alike: 300 * len(alike))


def model_of(reads: Reads, book: BookState, clocks: Clocks, slug: str, standing: StandsOn) -> SoldModel:
    """The model of the offering of this id, which must have been there then; as it stands in ``listed_models``, from
    the few offerings alone that may be joined with this one.
    """
    return models_of(reads, book, clocks, [slug], standing)[slug]


def models_of(
    reads: Reads, book: BookState, clocks: Clocks, slugs: Collection[str], standing: StandsOn
) -> dict[str, SoldModel]:
    """The models of several offerings, which must have been there then, by the offering's id."""
    by_words = _alike.remember((book.book, book.version), lambda: _by_words(_slugs(reads)))
    alike = {one for key in {_key(slug) for slug in slugs} for one in by_words.get(key, ())}
    models = models_of_rows(rows_of(reads, clocks, sorted(alike), standing))
    return {row.id: model for model in models for row in model.rows if row.id in slugs}


def sellers_of(model: SoldModel) -> list[Any]:
    """The offerings that can be compared: ids such as ``:batch`` or ``:free`` are another way to sell, no seller."""
    return [row for row in model.rows if not is_another_tier(row.id)]


def other_sellers(model: SoldModel, slug: str) -> list[str]:
    """The ids of what others than the seller of ``slug`` offer of the model, in order."""
    provider = slug.partition("/")[0]
    return sorted(row.id for row in sellers_of(model) if row.provider != provider)


def is_another_tier(slug: str) -> bool:
    """Whether the id bears a suffix that tells it from its seller's plain offering."""
    return ":" in slug and bool(tier_of_id(slug.partition("/")[2]))


def _by_words(slugs: Iterable[str]) -> Mapping[GroupKey, Sequence[str]]:
    found: dict[GroupKey, list[str]] = defaultdict(list)
    for slug in slugs:
        found[_key(slug)].append(slug)
    return found


def _key(slug: str) -> GroupKey:
    return words_and_numbers(slug.partition("/")[2])


def _slugs(reads: Reads) -> Iterable[str]:
    return reads.numbers if isinstance(reads, PriceBook) else reads.scalars(select(Offering.slug))
