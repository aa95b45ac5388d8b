"""A shape of one's own: what the columns of a table mean, by a TOML file or by the names that quotes give them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.usage.quantities import Quantity, UsageError
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.counts import BESIDE, INSIDE, usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import ChargeFields, Shape, Varying, by_row
from llmpricing.services.usage_log.formats.told_usage import labels, place_of, tier_of
from llmpricing.services.usage_log.formats.undated import OF_NOW
from llmpricing.services.usage_log.formats.values import as_number

_ROLES = ("model", "at", "provider", "service_tier", "region", "charged", "currency", "id")
_CACHED = {"inside input": INSIDE, "beside input": BESIDE}
_REASONING = {"inside output": INSIDE, "beside output": BESIDE}
_TOLD_EMPTY = ("input_tokens", "output_tokens")  # that are said where a row leaves them empty
_KNOWN = frozenset({*_ROLES, "cached", "reasoning", "tokens_per_unit", "counts", "labels", "ignore"})
_SO = frozenset({"true", "t", "yes"})  # 1 may also be the number of a batch, or a rank
_TIER = re.compile(r"(is[ _]?)?(batch(ed)?|priority|flex)([ _]?(api|mode|tier|request))?", re.IGNORECASE)


def may_tell_a_tier(name: str) -> bool:
    """Whether a column of this name may say that a row is of another tier, by true."""
    return bool(_TIER.fullmatch(str(name).strip()))


def tells_a_tier(name: str, value: object) -> bool:
    """Whether the column says so."""
    return may_tell_a_tier(name) and str(value).strip().lower() in _SO


@dataclass(frozen=True)
class OwnColumns:
    """Which column says what: ``roles`` by what they say, ``counts`` by meter; ``scale`` tokens make one unit. Where
    no column says when a row was used, that is ``now``.
    """

    roles: Mapping[str, str]
    counts: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    ignored: Sequence[str] = ()
    cached: str = INSIDE
    reasoning: str = INSIDE
    scale: Decimal = Decimal(1)
    now: datetime | None = None

    def read(self, row: Row) -> UsageRecord:
        """The record of a row; raises UsageError."""

        def said(role: str) -> str:
            return row.text(self.roles[role]) if role in self.roles else ""

        at = row.instant(self.roles["at"]) if "at" in self.roles else self.now
        told = {role: said(role) for role in ("model", "provider", "region", "currency", "id")}
        tier = tier_of(said("service_tier"))
        counts = {meter: self._quantity(meter, row.count(name)) for meter, name in self.counts.items()}
        requests = counts.pop("requests", None)
        usage = usage_of(counts, self.cached, reasoning=self.reasoning, requests=requests)
        charged = row.amount(self.roles["charged"]) if "charged" in self.roles else None
        facts = labels(**{name: row.text(column) for name, column in self.labels.items()})
        row.known(*self.ignored)
        self._ask_of_tiers(row)
        row.close()  # when all is read: what is left may mean money
        found = UsageRecord(
            told["model"],
            at,
            usage,
            told["provider"] or None,
            context=context(tier, place_of(told["region"])),
            charged=charged,
            currency=told["currency"].upper() or "USD",
            labels=facts,
            record_id=told["id"] or None,
        )
        return found if "at" in self.roles else found.with_remark(Code.TIME_ASSUMED, OF_NOW)

    def _ask_of_tiers(self, row: Row) -> None:
        understood = {*self.roles.values(), *self.counts.values(), *self.labels.values(), *self.ignored}
        for name in row.raw:
            if name not in understood and tells_a_tier(name, row.raw[name]):  # what is looked at is not read
                row.unread.add(name, row.text(name))

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
        if len(set(columns)) < len(columns) or "requests" in self.counts or "at" not in self.roles:
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
    return shape_of_columns(path.stem, f"columns by {path}", _columns(path, found))


def shape_of_columns(name: str, title: str, columns: OwnColumns) -> Shape:
    """The shape of a table whose columns mean this."""
    return Shape(
        name,
        title,
        f"caches {columns.cached} the input",
        (),
        by_row(columns.read, columns.charge),
        varying=columns.varying,
        always={meter: (column,) for meter, column in columns.counts.items() if meter in _TOLD_EMPTY},
        leaves_out=True,
        ids=((columns.roles["id"],),) if "id" in columns.roles else (),
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
