"""The model that an offering is of, and who else sells it: by what ids say, as the list of models joins them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import select

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.names.model_groups import GroupKey, Likeness, alike, likeness, way_of
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.models import Offering
from llmpricing.services.catalogue.listed_models import SoldModel, models_of_rows
from llmpricing.services.catalogue.listing import rows_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookState, Reads

ByWords = Mapping[GroupKey, Mapping[str, Likeness]]
_likenesses: Memory[tuple[str, int], ByWords] = Memory(4, lambda by_words: 1_000 * len(by_words))


def model_of(reads: Reads, book: BookState, clocks: Clocks, slug: str, standing: StandsOn) -> SoldModel:
    """The model of the offering of this id, which must have been there then; as it stands in ``listed_models``, from
    the few offerings alone that may be joined with this one.
    """
    return models_of(reads, book, clocks, [slug], standing)[slug]


def models_of(
    reads: Reads, book: BookState, clocks: Clocks, slugs: Collection[str], standing: StandsOn
) -> dict[str, SoldModel]:
    """The models of several offerings, which must have been there then, by the offering's id."""
    by_words = _likenesses.remember((book.book, book.version), lambda: _by_words(_slugs(reads)))
    asked = [likeness(*slug.split("/", 1)) for slug in slugs]
    near = {other for one in asked for other in alike(one, by_words.get(one.words, {}))}
    models = models_of_rows(rows_of(reads, clocks, sorted(near), standing))
    return {row.id: model for model in models for row in model.rows if row.id in slugs}


def sellers_of(model: SoldModel) -> list[Any]:
    """The offerings that can be compared: ids such as ``:batch`` or ``:free`` are another way to sell, no seller."""
    return [row for row in model.rows if not is_another_tier(row.id)]


def other_sellers(model: SoldModel, slug: str) -> list[str]:
    """The ids of what others than the seller of ``slug`` offer of the model, in order."""
    provider = slug.partition("/")[0]
    return sorted(row.id for row in sellers_of(model) if row.provider != provider)


def is_another_tier(slug: str) -> bool:
    """Whether the id says another way to sell than its seller's plain one."""
    return bool(way_of(slug))


def _by_words(slugs: Iterable[str]) -> ByWords:
    found: dict[GroupKey, dict[str, Likeness]] = defaultdict(dict)
    for slug in slugs:
        one = likeness(*slug.split("/", 1))
        found[one.words][slug] = one
    return found


def _slugs(reads: Reads) -> Iterable[str]:
    return reads.numbers if isinstance(reads, PriceBook) else reads.scalars(select(Offering.slug))
