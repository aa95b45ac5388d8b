"""Zeros that lists write for the cache beside a price of input: no price, so that nothing is taken for free.

A write at 0 means that nothing is asked on top of input: z.ai gives away the storage (https://docs.z.ai/help/faq),
DeepSeek bills by hits and misses (https://platform.deepseek.com/api-docs/news/news0802), both read 2026-11-27. A read
at 0 means that nothing is cached, unless the list says of the model that it caches: Tensormesh's reads cost nothing
(https://docs.tensormesh.ai/serverless-usage, read 2026-11-27). Where input is free, so is its cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from llmpricing.domain.components import Component, uncached_beside
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import DatedPrice, State, Statement

_DatedPrices = Sequence[DatedPrice]


def without_cache_zeros(stated: Sequence[Statement], *, caches: bool = False) -> tuple[Statement, ...]:
    """The statements of one offering, in which a cache's 0 beside a price of input says nothing: left out beside other
    prices of the component, else a zero that may mean nothing. ``caches``: the list says that the model caches, so
    that its reads at 0 are free.
    """
    by_component = {statement.component: statement.segments for statement in stated}
    return tuple(_read(statement, by_component, caches) for statement in stated)


def _read(statement: Statement, stated: Mapping[Component, _DatedPrices], caches: bool) -> Statement:
    kind = METERS[statement.meter].dimensions.get("token_type")
    if kind != "cache_write" and (kind != "cache_read" or caches):
        return statement
    zeros = [segment for segment in statement.segments if segment.state is State.FREE]
    if not zeros:
        return statement
    beside = _input_beside(statement.component, stated)
    empty = [zero for zero in zeros if any(_overlap(zero, plain) and plain.unit_price for plain in beside)]
    kept = tuple(segment for segment in statement.segments if segment not in empty)
    return replace(statement, segments=kept or (DatedPrice(State.ZERO, Decimal(0), statement.segments[0].per),))


def _input_beside(component: Component, stated: Mapping[Component, _DatedPrices]) -> _DatedPrices:
    return next((stated[plain] for plain in uncached_beside(component) if plain in stated), ())


def _overlap(one: DatedPrice, other: DatedPrice) -> bool:
    return _begins_before_end(one, other) and _begins_before_end(other, one)


def _begins_before_end(one: DatedPrice, other: DatedPrice) -> bool:
    return one.valid_from is None or other.valid_until is None or one.valid_from < other.valid_until
