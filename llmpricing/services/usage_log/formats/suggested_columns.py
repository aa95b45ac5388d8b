"""A first shape of one's own, made out of a file: what its columns may mean, for somebody to look over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from llmpricing.domain.usage.counting_names import is_measure, is_on_top, may_count, words_of
from llmpricing.domain.usage.likely import likely_meter, told_meter
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.domain.usage.reading import is_counter
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.values import as_instant, as_number

_MODEL = re.compile(r"model|deployment|engine", re.I)
_LIKE = {
    "provider": re.compile(r"^(provider|vendor|seller|platform)$", re.I),
    "service_tier": re.compile(r"tier$", re.I),
    "region": re.compile(r"^(region|geo|location|inference_geo)$", re.I),
    "currency": re.compile(r"currency", re.I),
    "id": re.compile(r"(request|generation|message|call|response)_?id$|^id$", re.I),
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words of what a row cost, what may stand beside them, and what else may be an amount.
_COSTS = _words("cost costs spend spent charge charged charges billed")
_BESIDE_COSTS = _words(
    "total usd eur gbp in dollars net final actual response request call row calculated of llm api model amount"
)
_AMOUNTS = _COSTS | _words("amount price fee fees surcharge surcharges discount credit tax budget")
_ASKED = "is that what each row cost in all? No budget, fee or price of a unit is"
_LABELS = re.compile(r"^(team|user|project|key|api_key|session|customer|tenant|app|department|cost_center)\w*$", re.I)
_SHORT = re.compile(r"^(input|prompt|output|completion|cached?|cache_read|cache_write|reasoning)$", re.I)


def suggested(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The lines of a first TOML file for these rows, for somebody to look over; raises LogError where none are rows."""
    values: dict[str, list[Any]] = {}
    rows = list(rows)
    for row in rows:
        for name, value in row.items():
            if isinstance(value, str | int | float | Decimal) and value != "":
                values.setdefault(name, []).append(value)
    if not values:
        raise LogError("The file has no rows with columns: there is nothing to suggest.")
    yield "# What the columns of this file mean. Look over each line; then: llmpricing price --columns THIS FILE"
    taken: set[str] = set()
    yield from _suggested_roles(values, taken)
    counts, unsure = _suggested_counts(values, taken)
    total, is_beside = _total(rows, counts, unsure)
    proof = f"as {total} proves" if total else 'or "{}", where the input leaves out what came from a cache'
    said, other = ("beside input", "inside input") if is_beside else ("inside input", "beside input")
    yield f'cached = "{said}"  # {proof.format(other)}'
    yield 'reasoning = "inside output"  # or "beside output"'
    yield "tokens_per_unit = 1  # 1000, where the file counts thousands"
    labelled = [name for name in values if name not in taken and _LABELS.match(name)]
    ignored = f"[{_quoted(total)}]" if total else "[]"
    yield f"ignore = {ignored}  # columns that nobody is billed for{_listed([n for n in unsure if n != total])}"
    yield "\n[counts]"
    yield from (f"{meter} = {_quoted(name)}" for meter, name in counts.items())
    if not counts:
        yield '# input_tokens = "COLUMN"'
    yield "\n[labels]"
    yield from (f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)} = {_quoted(name)}" for name in labelled)


def _listed(unsure: Sequence[str]) -> str:
    return f"; not understood: {', '.join(unsure)}" if unsure else ""


def _suggested_roles(values: Mapping[str, list[Any]], taken: set[str]) -> Iterator[str]:
    model = next((name for name in values if _MODEL.search(name)), None)
    at = next((name for name, found in values.items() if _are_times(name, found)), None)
    for role, column in (("model", model), ("at", at)):
        yield f"{role} = {_quoted(column)}" if column else f'{role} = "COLUMN"  # name it'
        taken.update({column} if column else ())
    yield from _suggested_charge(values, taken)
    for role, pattern in _LIKE.items():
        if column := next((name for name in values if name not in taken and pattern.search(name)), None):
            taken.add(column)
            yield f"{role} = {_quoted(column)}"


def _suggested_charge(values: Mapping[str, list[Any]], taken: set[str]) -> Iterator[str]:
    """The column of what a row cost, where its words say that and no other's do; of others a question each."""
    free = {
        name: frozenset(words_of(name)) for name, found in values.items() if name not in taken and _are_amounts(found)
    }
    sure = [name for name, words in free.items() if words & _COSTS and words <= _COSTS | _BESIDE_COSTS]
    total = [name for name in sure if "total" in words_of(name)]
    charged = (total if len(sure) > 1 else sure)[:2]
    if len(charged) == 1:
        taken.add(charged[0])
        yield f"charged = {_quoted(charged[0])}"
    for name, words in free.items():
        if words & _AMOUNTS and name not in taken and not _LABELS.match(name):
            yield f"# charged = {_quoted(name)}  # {_ASKED}"


def _suggested_counts(values: Mapping[str, list[Any]], taken: set[str]) -> tuple[dict[str, str], list[str]]:
    """Columns by the meter that they probably count, and those that look like counts of nothing known."""
    counts: dict[str, str] = {}
    unsure = []
    for name, found in values.items():
        plain = name.replace(" ", "_")
        if name in taken or not _may_count(plain) or not _are_numbers(found):
            continue
        meter = likely_meter(f"{plain}_tokens" if _SHORT.match(plain) else plain)
        if (
            meter is None
            or (meter != told_meter(plain) and not _SHORT.match(plain))
            or meter in counts
            or "total" in plain.lower()
        ):
            unsure.append(name)
        else:
            counts[meter] = name
        taken.add(name)
    return counts, unsure


def _may_count(name: str) -> bool:
    if is_measure(name) or is_on_top(name):
        return False
    return is_counter(name) or may_count(name) or bool(_SHORT.match(name))


def _total(
    rows: Sequence[Mapping[str, Any]], counts: Mapping[str, str], unsure: Sequence[str]
) -> tuple[str | None, bool]:
    """The column that sums up others in every row, and whether that proves that caches lie beside the input."""
    plain = [counts[meter] for meter in ("input_tokens", "output_tokens") if meter in counts]
    cached = [name for meter, name in counts.items() if meter.startswith("cache_")]
    for total in (name for name in unsure if "total" in name.lower() and plain):
        for parts, is_beside in ((plain, False), ([*plain, *cached], True)):
            if rows and all(_number(row, total) == sum(_number(row, one) for one in parts) for row in rows):
                return total, is_beside
    return None, False


def _number(row: Mapping[str, Any], name: str) -> Decimal:
    found = row.get(name)
    try:
        return Decimal(0) if found in (None, "") else as_number(name, found)
    except UsageError:
        return Decimal(-1)


def _are_times(name: str, found: Sequence[Any]) -> bool:
    is_named = re.search(r"time|date|_at$|^at$|^ts$|created|started|when|day", name, re.I)
    try:
        return bool(is_named) and all(as_instant(value).year > 2000 for value in found[:20])
    except ValueError:
        return False


def _are_amounts(found: Sequence[Any]) -> bool:
    try:
        return all(as_number("", value) is not None for value in found[:20])
    except UsageError:
        return False


def _are_numbers(found: Sequence[Any]) -> bool:
    try:
        return all(as_number("", value) >= 0 for value in found[:20])
    except UsageError:
        return False


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
