"""Which columns of a usage log count: ours by their meters, a provider's as the fields of its usage object."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from llmpricing.domain.meters import METERS
from llmpricing.domain.usage.formats import PROVIDER_FORMATS, UsageFormat, reads
from llmpricing.domain.usage.likely import likely_meter, told_meter
from llmpricing.domain.usage.openai import SEARCH_SIZE
from llmpricing.domain.usage.reading import is_counter
from llmpricing.domain.usage.wording import Message, Parameter, Way

OURS: UsageFormat = "llmpricing"
_OBJECTS = ("usage", "usageMetadata", "usage_metadata")
BY_MAP = Way(
    ", or say what columns mean with ",
    Parameter("columns_map"),
    " (llmpricing formats --suggest FILE writes a first map)",
)
ALSO_CALLED = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}


class LogError(ValueError):
    """The log as a whole cannot be priced; the message says what to do."""


class UncountedError(LogError):
    """Columns look like counts that nobody would bill; the message names them and what to do."""


class CountColumns(NamedTuple):
    """By column what it counts: ``meters`` in our own words, or ``fields`` of a provider's usage; ``whole`` is the
    column that holds all of it as one object.
    """

    meters: Mapping[str, str]
    fields: Mapping[str, str]
    whole: str | None = None


def count_columns(usage_format: UsageFormat, names: Collection[str], roles: Collection[str]) -> CountColumns:
    """What columns of these names count; those with other ``roles`` only by a name that counts. Raises LogError."""
    if usage_format == OURS:
        return CountColumns(_meters(names, roles), {})
    whole = next((name for name in names if name in _OBJECTS and name not in roles), None)
    if whole:
        names = [name for name in names if name not in roles]
    fields = {name: field for name in names if name != whole and reads(usage_format, field := _field(name))}
    if whole:
        if beside := [name for name in names if name != whole and (name in fields or name in _OBJECTS)]:
            raise LogError(
                Message(
                    f"Usage is in {whole} and in {', '.join(beside)} too: if these repeat what it says, remove them",
                    Way(", or say ", Parameter("columns.ignored", tuple(beside))),
                    ".",
                )
            )
        return CountColumns({}, {}, whole)
    _refuse(
        [name for name in names if name not in {*fields, *roles} and is_counter(name)], "no field of this usage format"
    )
    return CountColumns({}, fields)


def _meters(names: Iterable[str], roles: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    unknown = []
    for name in names:
        meter = ALSO_CALLED.get(name, name)
        if meter not in METERS:
            if name not in roles and _may_count(name):
                unknown.append(name)
        elif meter in found.values():
            raise LogError(f"The log counts {meter} twice, in {name} too: remove one of the columns.")
        else:
            found[name] = meter
    _refuse(unknown, "no name that we count by")
    return found


def _may_count(name: str) -> bool:
    if name == SEARCH_SIZE:  # a role where a price depends on it, and else no matter
        return False
    return name in _OBJECTS or is_counter(name) or any(one.reads(_field(name)) for one in PROVIDER_FORMATS)


def refuse_uncounted(names: Collection[str]) -> None:
    """Raises UncountedError where there are such columns, whose numbers may be billed and that nothing reads."""
    _refuse(names, "no name that we count by")


def _refuse(names: Collection[str], what: str) -> None:
    if not names:
        return
    meters = {name: meter for name in names if (meter := likely_meter(name.replace(" ", "_")))}
    hint = f" ({', '.join(f'{name} is probably {told_meter(name)}' for name in meters)})" if meters else ""
    others = [name for name in names if name not in meters]
    left_out = (
        f"; if nobody is billed for {', '.join(others)}, remove it",
        Way(", or say ", Parameter("columns.ignored", tuple(others))),
    )
    raise UncountedError(
        Message(
            f"{', '.join(names)}: this looks like usage, but is {what}, and leaving it out could bill too little. "
            f"Rename it as quotes name usage{hint}",
            Way(", or name the provider's format with ", Parameter("columns.usage_format")),
            BY_MAP,
            *(left_out if others else ()),
            ".",
        )
    )


def _field(name: str) -> str:
    """The field's path inside the usage object."""
    return next((name.removeprefix(f"{one}.") for one in _OBJECTS if name.startswith(f"{one}.")), name)
