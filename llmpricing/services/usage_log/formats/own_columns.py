"""A shape of one's own: a TOML file that says what the columns of a table mean, and a first one made out of a file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.likely import likely_meter
from llmpricing.domain.usage.quantities import Quantity, UsageError
from llmpricing.domain.usage.reading import is_counter
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.counts import BESIDE, INSIDE, usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import ChargeFields, Shape, Varying, by_row
from llmpricing.services.usage_log.formats.told_usage import labels, place_of, tier_of
from llmpricing.services.usage_log.formats.values import as_instant, as_number

_ROLES = ("model", "at", "provider", "service_tier", "region", "charged", "currency", "id")
_CACHED = {"inside input": INSIDE, "beside input": BESIDE}
_REASONING = {"inside output": INSIDE, "beside output": BESIDE}
_TOLD_EMPTY = ("input_tokens", "output_tokens")  # that are said where a row leaves them empty
_KNOWN = frozenset({*_ROLES, "cached", "reasoning", "tokens_per_unit", "counts", "labels", "ignore"})


@dataclass(frozen=True)
class OwnColumns:
    """Which column says what: ``roles`` by what they say, ``counts`` by meter; ``scale`` tokens make one unit."""

    roles: Mapping[str, str]
    counts: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    ignored: Sequence[str] = ()
    cached: str = INSIDE
    reasoning: str = INSIDE
    scale: Decimal = Decimal(1)

    def read(self, row: Row) -> UsageRecord:
        """The record of a row; raises UsageError."""

        def said(role: str) -> str:
            return row.text(self.roles[role]) if role in self.roles else ""

        at, model, tier = row.instant(self.roles["at"]), said("model"), tier_of(said("service_tier"))
        counts = {meter: self._quantity(meter, row.count(name)) for meter, name in self.counts.items()}
        requests = counts.pop("requests", None)
        usage = usage_of(counts, self.cached, reasoning=self.reasoning, requests=requests)
        charged = row.amount(self.roles["charged"]) if "charged" in self.roles else None
        facts = labels(**{name: row.text(column) for name, column in self.labels.items()})
        row.known(*self.ignored)
        row.close()
        return UsageRecord(
            model,
            at,
            usage,
            said("provider") or None,
            context=context(tier, place_of(said("region"))),
            charged=charged,
            currency=said("currency").upper() or "USD",
            labels=facts,
            record_id=said("id") or None,
        )

    @property
    def charge(self) -> ChargeFields:
        """Where a row states what was charged."""
        charged, currency = ((self.roles[role],) if role in self.roles else () for role in ("charged", "currency"))
        return ChargeFields(charged, currency)

    @property
    def varying(self) -> Varying | None:
        """What differs from row to row; None where one column says several things, or where a row may stand for many
        requests, of which each has a step of its own.
        """
        columns = [*self.roles.values(), *self.counts.values(), *self.labels.values()]
        if len(set(columns)) < len(columns) or "requests" in self.counts:
            return None

        def named(role: str) -> tuple[str, ...]:
            return (self.roles[role],) if role in self.roles else ()

        by_label = {name: (column,) for name, column in self.labels.items()}
        return Varying(named("at"), named("charged"), named("id"), by_label)

    def _quantity(self, meter: str, found: Quantity | None) -> Quantity | None:
        if found is None or METERS[meter].family != "tokens":
            return found
        if self.scale == 1 and isinstance(found, int):
            return found
        scaled = Decimal(found) * self.scale
        if scaled != scaled.to_integral_value():
            raise UsageError(self.counts[meter], "is no whole number of tokens")
        return int(scaled)


def own_shape(path: Path) -> Shape:
    """The shape that a TOML file describes; raises LogError where it cannot be understood."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LogError(f"{path} is no TOML: {error}. llmpricing formats --suggest FILE writes a first one.") from None
    columns = _columns(path, found)
    return Shape(
        path.stem,
        f"columns by {path}",
        f"caches {columns.cached} the input",
        (),
        by_row(columns.read, columns.charge),
        varying=columns.varying,
        always={meter: (column,) for meter, column in columns.counts.items() if meter in _TOLD_EMPTY},
        leaves_out=True,
    )


def _columns(path: Path, found: Mapping[str, Any]) -> OwnColumns:
    if unknown := sorted(found.keys() - _KNOWN):
        raise LogError(f"{path}: {', '.join(unknown)} is nothing that can be said; known: {', '.join(sorted(_KNOWN))}.")
    roles = {role: found[role] for role in _ROLES if role in found}
    counts, named = found.get("counts", {}), found.get("labels", {})
    for what in (roles, counts, named):
        if not isinstance(what, dict) or not all(isinstance(one, str) and one for one in what.values()):
            raise LogError(f'{path}: each name must say a column, as in model = "deployment".')
    for meter in counts:
        if meter not in METERS:
            near = get_close_matches(meter, METERS, 1)
            raise LogError(f"{path}: {meter} is no meter{f'; did you mean {near[0]}?' if near else ''}.")
    if missing := [role for role in ("model", "at") if role not in roles]:
        raise LogError(f'{path} does not say which column is {" and ".join(missing)}: add {missing[0]} = "COLUMN".')
    if not counts:
        raise LogError(f'{path} counts nothing: add [counts] with lines such as input_tokens = "COLUMN".')
    return OwnColumns(
        roles,
        counts,
        named,
        tuple(found.get("ignore", ())),
        _choice(path, found, "cached", _CACHED),
        _choice(path, found, "reasoning", _REASONING),
        _scale(path, found.get("tokens_per_unit", 1)),
    )


def _choice(path: Path, found: Mapping[str, Any], name: str, known: Mapping[str, str]) -> str:
    said = found.get(name, next(iter(known)))
    if said not in known:
        raise LogError(f"{path}: {name} must be one of {', '.join(map(repr, known))}.")
    return known[said]


def _scale(path: Path, said: object) -> Decimal:
    try:
        scale = as_number("tokens_per_unit", said)
    except UsageError as error:
        raise LogError(f"{path}: {error}.") from None
    if scale <= 0:
        raise LogError(f"{path}: tokens_per_unit must be more than 0, such as 1000.")
    return scale


_MODEL = re.compile(r"model|deployment|engine", re.I)
_LIKE = {
    "provider": re.compile(r"^(provider|vendor|seller|platform)$", re.I),
    "service_tier": re.compile(r"tier$", re.I),
    "region": re.compile(r"^(region|geo|location|inference_geo)$", re.I),
    "charged": re.compile(r"cost|spend|charge|amount|price", re.I),
    "currency": re.compile(r"currency", re.I),
    "id": re.compile(r"(request|generation|message|call|response)_?id$|^id$", re.I),
}
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
    for role, pattern in _LIKE.items():
        if column := next((name for name in values if name not in taken and pattern.search(name)), None):
            taken.add(column)
            yield f"{role} = {_quoted(column)}"


def _suggested_counts(values: Mapping[str, list[Any]], taken: set[str]) -> tuple[dict[str, str], list[str]]:
    """Columns by the meter that they probably count, and those that look like counts of nothing known."""
    counts: dict[str, str] = {}
    unsure = []
    for name, found in values.items():
        plain = name.replace(" ", "_")
        if name in taken or not (is_counter(plain) or _SHORT.match(plain)) or not _are_numbers(found):
            continue
        meter = likely_meter(plain if is_counter(plain) else f"{plain}_tokens")
        if meter is None or meter in counts or "total" in plain.lower():
            unsure.append(name)
        else:
            counts[meter] = name
        taken.add(name)
    return counts, unsure


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


def _are_numbers(found: Sequence[Any]) -> bool:
    try:
        return all(as_number("", value) >= 0 for value in found[:20])
    except UsageError:
        return False


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
