"""Usage as counted quantities, split so that nothing is billed twice: each meter's share that no narrower one counts.

``input_tokens`` counts all input (cached and audio included) and ``output_tokens`` all output, as OpenAI reports them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

from llmpricing.domain.meters import METERS, ancestors, descendants
from llmpricing.domain.usage.wording import Message

LARGEST = 10**12
MOST_PLACES = 12
FRACTIONAL = frozenset({"durations", "compute", "storage", "cache_storage", "sessions", "provisioned"})
_TOTALS = ("input_tokens", "output_tokens")
_WHOLE = {int}
_ORDER = {slug: place for place, slug in enumerate(METERS)}
_BY_DIMENSIONS = {frozenset(meter.dimensions.items()): meter.slug for meter in METERS.values()}

Quantity = int | Decimal


class UsageError(ValueError):
    """The usage cannot be read. ``field`` is the name that the caller used, ``message`` says what to do."""

    def __init__(self, field: str, message: str | Message) -> None:
        super().__init__(f"{field} {message}" if isinstance(message, str) else message.behind(f"{field} "))
        self.field = field
        self.message = str(message)


class Remark(NamedTuple):
    """A ``field`` that was not understood and may mean money; ``meter`` is what it probably counts, if like any."""

    field: str
    what: str
    meter: str | None = None

    @property
    def message(self) -> str:
        """The sentence that begins with the field's name."""
        return f"{self.field} {self.what}"


class Told(NamedTuple):
    """``facts`` are conditions of prices, such as a search's size; ``parts`` the requests that one object sums up, each
    to be billed by itself. ``by_subscription``: tokens were paid for in advance. ``included`` are meters that cost
    nothing where the offering has no price for them. ``usage_format`` is the one that was recognised. ``window`` is the
    least and most input (None: any) of each of the requests that are summed up, where the file says that.
    """

    facts: tuple[tuple[str, str], ...] = ()
    remarks: tuple[Remark, ...] = ()
    parts: tuple[Usage, ...] = ()
    by_subscription: bool = False
    included: tuple[str, ...] = ()
    usage_format: str | None = None
    window: tuple[int, int | None] | None = None


class Usage(NamedTuple):
    """What was used. ``leaves`` are the shares, in the order of ``keys``, that no narrower stated meter counts;
    ``overlaps`` the meters that two stated ones share and that were not stated, taken as nothing.
    ``service_tier`` and ``region`` are what the provider's usage object itself says of the request, ``told`` what else
    it says. ``request_input`` is the input of one request: the mean of those that the usage sums up.
    """

    stated: Mapping[str, Quantity]
    keys: tuple[str, ...]
    leaves: tuple[Quantity, ...]
    request_input: Quantity
    whole: bool
    overlaps: tuple[str, ...] = ()
    service_tier: str | None = None
    region: str | None = None
    told: Told | None = None

    @property
    def requests(self) -> int:
        """How many requests the usage is the sum of."""
        return int(self.stated.get("requests", 1)) or 1

    def sides(self, steps: Iterable[int]) -> tuple[int, ...]:
        """An input on each side of these ``steps`` (the least input beyond each) on which single ones of the requests
        that are summed up may lie; none where all lie on one.
        """
        least, most = (self.told and self.told.window) or (0, None)
        total = self.stated.get(_TOTALS[0], 0)
        beyond = [step for step in sorted(steps) if least < step <= total and (most is None or step <= most)]
        return (least, *beyond) if beyond else ()


def count(
    quantities: Mapping[str, Quantity],
    service_tier: str | None = None,
    region: str | None = None,
    names: Mapping[str, str] | None = None,
    told: Told | None = None,
) -> Usage:
    """Usage of meters (by slug) from checked quantities; raises UsageError where they contradict each other.

    ``names`` tells how the caller called the meters, for the messages.
    """
    requests = quantities.get("requests", 1)
    if requests != 1 and told is None:
        told = Told()  # a sum of several, of which single ones may lie across a step
    shape = _shape(tuple([slug for slug, quantity in quantities.items() if quantity]))
    used = shape.used
    values = [quantities[slug] for slug in used]
    leaves = list(values)
    for place, narrower in shape.steps:
        for other in narrower:
            leaves[place] -= leaves[other]
        if leaves[place] < 0:
            raise _contradiction(used, values, place, names or {})
    if shape.orphan:
        raise _missing_total(shape.orphan, names or {})
    keys = tuple([slug for slug, leaf in zip(used, leaves, strict=True) if leaf]) if 0 in leaves else used
    return Usage(
        MappingProxyType(dict(quantities)),
        keys,
        tuple(leaves) if keys is used else tuple([leaf for leaf in leaves if leaf]),
        quantities.get("input_tokens", 0) if requests == 1 else _mean_input(quantities),
        set(map(type, values)) <= _WHOLE,
        tuple([slug for slug in shape.overlaps if slug not in quantities]) if shape.overlaps else (),
        service_tier,
        region,
        told,
    )


def _mean_input(quantities: Mapping[str, Quantity]) -> Quantity:
    """Input tokens of the mean request, rounded up: a step is met by what lies above its bound."""
    return -(-quantities.get("input_tokens", 0) // (quantities["requests"] or 1))


@dataclass(frozen=True, slots=True)
class _UsageShape:
    """How the ``used`` meters lie in one another: which to subtract from which, narrowest first."""

    used: tuple[str, ...]
    steps: tuple[tuple[int, tuple[int, ...]], ...]
    overlaps: tuple[str, ...]
    orphan: str | None


@lru_cache(maxsize=1024)
def _shape(stated: tuple[str, ...]) -> _UsageShape:
    used = tuple(sorted(stated, key=_ORDER.__getitem__))
    place = {slug: index for index, slug in enumerate(used)}
    steps = []
    for slug in sorted(used, key=lambda slug: -len(METERS[slug].dimensions)):
        if narrower := tuple(place[other] for other in descendants(slug) if other in place):
            steps.append((place[slug], narrower))
    orphans = [slug for slug in used if any(t in ancestors(slug) and t not in place for t in _TOTALS)]
    return _UsageShape(used, tuple(steps), tuple(_overlaps(used)), orphans[0] if orphans else None)


def _overlaps(used: Iterable[str]) -> Iterable[str]:
    """Meters that count what two of the used ones have in common, where neither lies in the other."""
    for left, right in combinations(used, 2):
        one, two = METERS[left].dimensions, METERS[right].dimensions
        shared = {**one, **two}
        if shared in (dict(one), dict(two)) or any(two.get(name, value) != value for name, value in one.items()):
            continue
        if slug := _BY_DIMENSIONS.get(frozenset(shared.items())):
            yield slug


def _contradiction(used: tuple[str, ...], values: list[Quantity], place: int, names: Mapping[str, str]) -> UsageError:
    whole, total = used[place], values[place]
    parts = [(slug, value) for slug, value in zip(used, values, strict=True) if slug in descendants(whole)]
    largest, quantity = max(parts, key=lambda part: part[1])
    name, whole_name = names.get(largest, largest), names.get(whole, whole)
    if quantity > total:
        return UsageError(name, f"is {quantity}, more than {whole_name} ({total}), which counts it too")
    together = ", ".join(names.get(slug, slug) for slug, _ in parts)
    shared = [slug for slug in _shape(used).overlaps if slug not in used and slug in descendants(whole)]
    hint = f"; if they share tokens, state {' and '.join(shared)}" if shared else ""
    return UsageError(name, f"is too much: {together} together exceed {whole_name} ({total}){hint}")


def _missing_total(orphan: str, names: Mapping[str, str]) -> UsageError:
    total = next(slug for slug in _TOTALS if slug in ancestors(orphan))
    name = names.get(total, total)
    return UsageError(name, f"is missing: it counts everything, {names.get(orphan, orphan)} too")


def read_quantity(field: str, value: object, meter: str) -> Quantity:
    """A quantity of ``meter`` as int, or Decimal where fractions make sense; raises UsageError naming ``field``."""
    if type(value) is int:
        quantity: Quantity = value
    elif isinstance(value, int) and not isinstance(value, bool):  # what does as whole numbers do
        quantity = value
    elif isinstance(value, Decimal | float):
        quantity = _decimal(field, value, meter)
    else:
        raise UsageError(field, "must be a number")
    if quantity < 0:
        raise UsageError(field, "must not be negative")
    if quantity > LARGEST:
        raise UsageError(field, "is too large: at most 1000000000000 can be counted")
    return quantity


def _decimal(field: str, value: Decimal | float, meter: str) -> Quantity:
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite():
        raise UsageError(field, "must be a finite number")
    if abs(exact.adjusted()) > 2 * MOST_PLACES and exact:
        raise UsageError(field, "is out of range: at most 1000000000000, with 12 decimal places")
    if exact == exact.to_integral_value():
        return int(exact)
    if METERS[meter].family not in FRACTIONAL:
        raise UsageError(field, "must be a whole number")
    if -int(exact.as_tuple().exponent) > MOST_PLACES:
        raise UsageError(field, "has too many decimal places: 12 at most")
    return exact
