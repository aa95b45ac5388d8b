"""Usage objects of providers inside files, read as for a quote; and what a record says beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.quotes.context import UNSTATED, Context, context
from llmpricing.domain.quotes.places import GLOBAL
from llmpricing.domain.usage.formats import FORMATS, UsageFormat
from llmpricing.domain.usage.quantities import Told, Usage, UsageError
from llmpricing.domain.usage.reading import SAME_PLACE, SAME_TIER
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.values import states_nothing

_TEXTS = frozenset({"service_tier", "serviceTier", "speed", "inference_geo", "trafficType", "type", "model", "id"})
_ITERATION = re.compile(r"iterations\[\d+\]")
_OF_ANOTHER = "which has prices of its own: give each iteration as a record of its own, with its model"
_NO_TIER = frozenset({"", "auto", "none"})  # what was asked for, or nothing: no word of what served


def provider_usage(found: Row, usage_format: UsageFormat) -> Usage:
    """The usage object of this format; raises UsageError. What it does not understand is remembered as unread."""
    usage = FORMATS[usage_format].read(_lives_hold(numbered(found.raw)))
    if usage.service_tier is None and _says_standard(found):  # a quote has no use for the word, an audit asks for it
        usage = usage._replace(service_tier=STANDARD)
    if usage.told is None:
        return usage
    for remark in usage.told.remarks:
        if _ITERATION.fullmatch(remark.field):  # to ignore it would bill too little
            raise UsageError(remark.field, f"{remark.what.partition(',')[0]}, {_OF_ANOTHER}")
        found.unread.add(found.where + remark.field, _value_at(found.raw, remark.field))
    told = usage.told._replace(remarks=(), usage_format=None)
    return usage._replace(told=None if told == Told() else told)


def _says_standard(found: Row) -> bool:
    """Whether the object names the standard tier by any of its names."""
    named = (found.text("service_tier", "serviceTier"), found.text("trafficType", "traffic_type"))
    return STANDARD in map(tier_of, named)


def _value_at(raw: Any, field: str) -> Any:
    """What the object has at this dotted path, in lists by place (``parts[0].tokens``)."""
    for part in re.split(r"\.|(?=\[)", field):
        if isinstance(raw, Mapping):
            raw = raw.get(part)
        elif isinstance(raw, list) and part.strip("[]").isdecimal():
            raw = next(iter(raw[int(part.strip("[]")) :]), None)
    return raw


def _lives_hold(raw: dict[str, Any]) -> dict[str, Any]:
    """The same object, its sum of cache writes no smaller than what it tells of their lives, which is surer."""
    details = raw.get("prompt_tokens_details")
    of_details = details.get("cache_creation_token_details") if isinstance(details, Mapping) else None
    by_sum = raw.get("cache_creation")
    if by_sum is None and of_details is None:
        return raw
    by_life = max(_sum_of_lives(by_sum), _sum_of_lives(of_details))
    written = raw.get("cache_creation_input_tokens")
    if not isinstance(written, int) or by_life <= written:
        return raw
    more: dict[str, Any] = {"cache_creation_input_tokens": by_life}
    if isinstance(details, Mapping) and isinstance(details.get("cache_creation_tokens"), int):
        more["prompt_tokens_details"] = {**details, "cache_creation_tokens": by_life}
    return {**raw, **more}


def _sum_of_lives(split: Any) -> int:
    found = split.values() if isinstance(split, Mapping) else ()
    return sum(number for number in found if isinstance(number, int) and not isinstance(number, bool))


def numbered(value: Any, name: str = "") -> Any:
    """The same object with the numbers that are written as texts as numbers."""
    if type(value) is int or value is None:
        return value
    if isinstance(value, dict):
        return {
            key: found if type(found) is int or found is None else numbered(found, key) for key, found in value.items()
        }
    if isinstance(value, list):
        return [numbered(item, name) for item in value]
    if states_nothing(value):
        return None
    if isinstance(value, str) and name not in _TEXTS:
        try:
            number = parse_decimal(value)
        except MoneyError:
            return value
        return int(number) if number == number.to_integral_value() else number
    return Decimal(repr(value)) if isinstance(value, float) else value


def stated(usage: Usage, tier: object = None, place: object = None) -> tuple[Usage, Context]:
    """The usage by itself, and what it and its record say of tier and place."""
    if tier is None and place is None and usage.service_tier is None and usage.region is None:
        return usage, UNSTATED
    tier, place = tier_of_both(tier, usage.service_tier), place_of(place) or place_of(usage.region)
    return usage._replace(service_tier=None, region=None), context(tier, place)


def tier_of(value: object) -> str | None:
    """The service tier of that name, the standard one by whichever of its names; None where none is stated."""
    name = str(value).strip().lower() if value is not None else ""
    if name in SAME_TIER:
        return None if name in _NO_TIER else STANDARD
    return name


def tier_of_both(one: object, other: object) -> str | None:
    """The tier by two fields that may tell it: the first that is not the standard one, else what either states."""
    first, second = tier_of(one), tier_of(other)
    return second if first in (None, STANDARD) and second else first


def place_of(value: object) -> str | None:
    """The place of that name; None where none is stated, or none but the seller's usual one, whichever that is."""
    name = str(value).strip() if value is not None else ""
    if name.lower() in SAME_PLACE:
        return GLOBAL if name.lower() == GLOBAL else None
    return name


def labels(**found: object) -> dict[str, str]:
    """What tells records apart for those who pay, without what is not stated."""
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


def with_rate(record: UsageRecord, per_usd: Decimal | None) -> UsageRecord:
    """The record with the rate by which its file says that it turned USD into another currency, if it does."""
    if record.currency == "USD" or per_usd is None or per_usd <= 0:
        return record
    said = f"amounts in {record.currency} are turned into USD by the file's own rate on days of which no other is known"
    return replace(record, per_usd=per_usd).with_remark("SELLERS_RATE", said)
