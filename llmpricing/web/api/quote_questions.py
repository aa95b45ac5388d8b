"""What is asked to be quoted, as a body or in an address, and how it is read; errors name the caller's field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, cast, get_args

import msgspec

from llmpricing.domain.meters import METERS
from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.quotes.context import UNSTATED, Context, context
from llmpricing.domain.usage.formats import Usage, UsageError, UsageFormat, read_usage
from llmpricing.services.quotes.quoting import Asked
from llmpricing.web import parameters as p
from llmpricing.web.errors import Refused, invalid
from llmpricing.web.quote_refusals import Place, bad_usage

FORMATS = get_args(UsageFormat)

IN_ADDRESS = Place(usage="", context="")
_QUANTITY = {"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,12})?$"}

PriceId = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
PriceIds = Annotated[list[PriceId], msgspec.Meta(max_length=100)]


def refers(*names: str, any_other: bool = False) -> msgspec.Meta:
    """What a list holds, for the API's document; ``any_other``: what is none of them is answered in its place."""
    found: list[dict[str, Any]] = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    found += [{}] if any_other else []
    return msgspec.Meta(extra_json_schema={"items": {"anyOf": found}})


class QuoteBody(msgspec.Struct, forbid_unknown_fields=True):
    """One question as it is posted. ``price_ids`` and ``rate_ids`` are those on the lines of an earlier answer."""

    model: str
    usage: dict[str, Any]
    usage_format: str = FORMATS[0]
    provider: str | None = None
    at: str | None = None
    known_at: str | None = None
    context: dict[str, Any] = {}
    currency: str | None = None
    price_ids: PriceIds = []
    rate_ids: PriceIds | None = None


class BatchBody(msgspec.Struct, forbid_unknown_fields=True):
    """Many questions, each a QuoteBody; ``at`` and ``known_at`` are for those that state none."""

    items: Annotated[list[Any], refers("QuoteBody", any_other=True)]
    at: str | None = None
    known_at: str | None = None


def question(body: QuoteBody, now: datetime, place: Place, *, sees_rates: bool) -> Asked:
    """The question, of use at ``now`` where it states no time; raises the 400 that names its field, and the 403 of who
    names contract rates and may not see them.
    """
    at, hour_stated = p.read_use(f"{place.item}at", body.at) if body.at is not None else (now, True)
    return Asked(
        body.model,
        _read_usage(body.usage, body.usage_format, place),
        at,
        p.read_known(f"{place.item}known_at", body.known_at) if body.known_at is not None else None,
        _context(body.context, hour_stated, place),
        body.provider,
        p.currency(f"{place.item}currency", body.currency) if body.currency is not None else None,
        tuple(body.price_ids),
        _rates(body.rate_ids, place, sees_rates=sees_rates),
    )


def question_in_address(stated: Mapping[str, Sequence[str]], now: datetime, *, sees_rates: bool) -> Asked:
    """The same out of what an address states by name, which is no contract rates."""
    values = p.read_values(stated, PARAMETERS)
    if "model" not in values:
        raise invalid("model", "model is missing: name one, as in model=openai/gpt-4o.")
    at, hour_stated = values.get("at", (now, True))
    usage = {name: value for name, value in values.items() if name in METERS}
    return Asked(
        values["model"],
        _read_usage(usage, FORMATS[0], IN_ADDRESS),
        at,
        values.get("known_at"),
        context(values.get("service_tier"), values.get("region"), time_known=hour_stated),
        values.get("provider"),
        values.get("currency"),
        rate_ids=_rates(None, IN_ADDRESS, sees_rates=sees_rates),
    )


def _rates(stated: list[int] | None, place: Place, *, sees_rates: bool) -> tuple[int, ...] | None:
    """The contract rates to price by: none at all for who may not see them."""
    if sees_rates:
        return None if stated is None else tuple(stated)
    if stated:
        field = f"{place.item}rate_ids"
        raise Refused(403, "FORBIDDEN", f"{field} needs a token of the scope rates.", field=field, scope="rates")
    return ()


def _read_usage(raw: dict[str, Any], usage_format: str, place: Place) -> Usage:
    """The usage of an object in this format; raises the 400 that names its field."""
    if usage_format not in FORMATS:
        field = f"{place.item}usage_format"
        raise invalid(field, f"{field} does not know that value; known are {', '.join(FORMATS)}.", known=FORMATS)
    try:
        if usage_format == FORMATS[0]:
            raw = {name: _plain(name, value) if isinstance(value, str) else value for name, value in raw.items()}
        return read_usage(raw, cast(UsageFormat, usage_format))
    except UsageError as error:
        raise bad_usage(error, place) from None


def _context(stated: dict[str, Any], hour_stated: bool, place: Place) -> Context:
    if not stated and hour_stated:
        return UNSTATED
    for name, value in stated.items():
        if not isinstance(value, str):
            field = f"{place.item}{place.context}{name}"[:200]
            raise invalid(field, f"{field} takes text.")
    facts = {name: value for name, value in stated.items() if name not in ("service_tier", "region")}
    return context(stated.get("service_tier"), stated.get("region"), facts, hour_stated)


def _plain(name: str, value: str) -> Decimal:
    """A quantity that was written as text, as a decimal."""
    try:
        return parse_decimal(value)
    except MoneyError:
        raise UsageError(name, 'must be a number, or a decimal as text such as "1.5"') from None


def _number(name: str, raw: str) -> Decimal:
    try:
        return parse_decimal(raw)
    except MoneyError:
        raise invalid(name, f"{name} takes a quantity such as 1000.") from None


PARAMETERS: dict[str, p.Reader] = {
    "model": p.text_of(400).of("a name as people send it"),
    "provider": p.text.of("who sells it: an id, another name of it, an API host or URL"),
    "at": p.use.of("when it was used; now where it is left out"),
    "known_at": p.known.of("by what was known then; what is known now where it is left out"),
    "service_tier": p.text.of("standard, batch, flex, priority and the like"),
    "region": p.text.of("where it was used"),
    "currency": p.currency.of("of the total"),
    **{name: p.Reader(_number, _QUANTITY, f"how many {name.replace('_', ' ')}") for name in METERS},
}
