"""What all providers' usage objects have in common: counts by field, and the care not to miss one.

Every field is read, or known to be harmless (costs, times and ids are), or remarked upon with the meter that it
probably is; lists are looked into as objects are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from llmpricing.domain.usage.counting_names import is_on_top
from llmpricing.domain.usage.likely import likely_meter
from llmpricing.domain.usage.quantities import LARGEST, Quantity, Remark, Told, Usage, UsageError, count, read_quantity
from llmpricing.domain.usage.wording import Message, Parameter, Way

_DEEPEST = 10  # no provider's object has more than three
_MOST_REMARKS = 20
_MOST_FIELDS = 10_000
MODALITIES = ("text", "audio", "image", "video")
_AS_USED = frozenset({"on_demand", "on-demand", "ondemand", "payg", "paygo", "pay_as_you_go", "pay-as-you-go"})
SAME_TIER = _AS_USED | {"", "standard", "default", "auto", "none"}
SAME_PLACE = frozenset({"", "global", "not_available", "standard", "default"})
REQUESTS = {"requests": "requests", "num_model_requests": "requests"}  # how many requests the object sums up
_COUNTER = re.compile(
    r"(tokens?(_?count)?|requests|quer(ies|y)|searches|calls|seconds|images|characters|pages|units|"
    # as usage_input_tokens_cache_write_1h: counts of caches, and of a life of theirs
    r"cache_?(reads?|writes?|creations?)(_?input)?(_?\d+_?(m|min|minutes?|h|hrs?|hours?))?)$",
    re.IGNORECASE,
)
_INDEX = re.compile(r"\[\d+\]")
# Amounts of money, times and names of things: they tell of the bill or of the call, and are not billed.
_HARMLESS = re.compile(
    r"(^|[._])(\w*costs?(_\w+)?|\w*price|spend|\w*_ticks|\w*_nano_usd|currency|"
    r"(queue|prompt|completion|total|wall|response|inference)_time|(total|load|eval|prompt_eval)_duration|\w*latency\w*|"
    r"ttft|created(_at)?|timestamp|index|id|\w*_id|seed|\w*_per_second|version|object)([._]|$)|"
    # of what a thing is; of a service, a capacity or traffic it is a tier
    r"(^|\.)((content|mime|media|event|error|run|call|model|object|resource|file|user|token|message|span|cache|finish|"
    r"stop|response|auth)_)?type$|"
    r"(Cost|LatencyMs)$",
    re.ASCII,
)
_CONDITION = re.compile(
    r"(tier|speed|geo|region|location|quality|resolution|context_size|billing\w*|"
    r"(service|traffic|capacity|pricing|price|purchase|processing|inference|deployment|throughput|consumption|"
    r"commitment)_?(type|class|mode))$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Format:
    """One way of reporting usage: its ``name``, a ``title`` for lists, and what ``read`` makes of an object.

    ``reads`` tells whether a field (a dotted path) is known: it says something of the price, or that it costs nothing.
    ``signs`` are the fields that it is recognised by.
    """

    name: str
    title: str
    read: Callable[[Mapping[str, Any]], Usage]
    reads: Callable[[str], bool]
    signs: frozenset[str] = frozenset()


class UsageReading:
    """Quantities gathered from a provider's object, with the names that it calls them by."""

    def __init__(self) -> None:
        self.quantities: dict[str, Quantity] = {}
        self.names: dict[str, str] = {}
        self.remarks: list[Remark] = []

    def take(self, field: str, value: object, meter: str) -> None:
        quantity = read_quantity(field, value, meter)
        if self.quantities.get(meter, quantity) != quantity:
            raise UsageError(field, f"is {quantity}, but {self.names[meter]} is {self.quantities[meter]}")
        self.quantities[meter] = quantity
        self.names[meter] = field

    def get(self, meter: str) -> Quantity:
        return self.quantities.get(meter, 0)

    def add(self, meter: str, quantity: Quantity) -> None:
        self.quantities[meter] = self.get(meter) + quantity

    def drop(self, *meters: str) -> None:
        for meter in meters:
            self.quantities.pop(meter, None)

    def unknown(self, field: str, value: object) -> None:
        """Remark upon a field that no format knows, if it may mean money."""
        name = _INDEX.sub("", field)
        if may_mean_money(name, value):
            said = f"is {value[:40]!r}, which" if isinstance(value, str) else ""
            self.remark(field, said, likely_meter(name))

    def remark(self, field: str, said: str, meter: str | None = None) -> None:
        """Remember that a field was not understood; ``said`` begins the sentence about it."""
        hint = f"it is probably {meter}: state that if it is billed" if meter else "look up whether it is billed"
        if len(self.remarks) < _MOST_REMARKS:
            what = f"{said} was not read and may mean money; {hint}".lstrip()
            self.remarks.append(Remark(field[:200], what, meter))

    def usage(self, service_tier: str | None = None, region: str | None = None, told: Told | None = None) -> Usage:
        """The usage, with what was remarked upon; raises UsageError where nothing was counted."""
        if not self.quantities:
            if self.remarks:
                raise UsageError(self.remarks[0].field, self.remarks[0].what)
            way = Way(": name another as ", Parameter("usage_format"), ", or auto")
            raise UsageError("usage", Message("holds no count that this format knows", way))
        if self.quantities.get("requests") == 0:
            raise UsageError(self.names["requests"], "must be at least 1")
        for meter, quantity in self.quantities.items():
            if quantity > LARGEST:  # a sum of counts, each of which is not
                raise UsageError(self.names.get(meter, meter), "is too large with what lies beside it")
        if self.remarks:
            told = (told or Told())._replace(remarks=tuple(self.remarks))
        return count(self.quantities, service_tier, region, self.names, told)


def fields(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of all that is stated, deep, list items as ``name[0]``; raises UsageError for objects within
    objects without end.
    """
    for number, found in enumerate(_fields(raw, "", 1)):
        if number == _MOST_FIELDS:
            raise UsageError("usage", f"has too many fields: at most {_MOST_FIELDS} are read")
        yield found


def _fields(raw: Mapping[str, Any], above: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in raw.items():
        if type(value) is int:
            yield f"{above}{name}", value
        elif value is not None:
            yield from _inside(f"{above}{name}", value, depth)


def _inside(path: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping | list | tuple) and depth == _DEEPEST:
        raise UsageError(path, f"lies too deep: usage has at most {_DEEPEST} objects in one another")
    if isinstance(value, Mapping):
        yield from _fields(value, f"{path}.", depth + 1)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _inside(f"{path}[{number}]", item, depth + 1)
    elif value is not None:
        yield path, value


def is_counter(field: str) -> bool:
    """Whether a field of this name counts something, by its ending."""
    return bool(_COUNTER.search(field))


def is_condition(field: str) -> bool:
    """Whether a field of this name states a condition of prices, by its ending."""
    return bool(_CONDITION.search(field))


def may_mean_money(name: str, value: object) -> bool:
    """Whether a field that nobody reads may be billed: a count, or a condition that is not the usual one."""
    if isinstance(value, bool) or (_HARMLESS.search(name) and not is_on_top(name.rpartition(".")[2])):
        return False
    if isinstance(value, int | float | Decimal):
        return bool(value)
    if not isinstance(value, str):
        return False
    if is_counter(name):
        return value.strip("0. ") != ""
    return is_condition(name) and value.lower() not in SAME_TIER | SAME_PLACE


def plain_path(field: str) -> str:
    """The path without the places in lists."""
    return _INDEX.sub("", field) if "[" in field else field


def tier_of(value: object) -> str | None:
    """The service tier that a usage object names, None for the standard one."""
    return value if isinstance(value, str) and value.lower() not in SAME_TIER else None


def place_of(value: object) -> str | None:
    """The place that a usage object names; some names mean the provider's default."""
    return value if isinstance(value, str) and value else None


def listed(field: str, value: object) -> Sequence[Mapping[str, Any]]:
    """The objects of a list; raises UsageError where it is another thing."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(item, Mapping) for item in value):
        raise UsageError(field, "must be a list of objects")
    return value
