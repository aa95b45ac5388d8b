"""What the columns of a usage log are: by their names, which are those of quotes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from llmpricing.domain.quotes.context import REGION
from llmpricing.domain.usage.formats import UsageFormat
from llmpricing.domain.usage.wording import Message, Parameter, Way
from llmpricing.services.usage_log.columns import BY_MAP, OURS, CountColumns, LogError, count_columns

PROVIDER, SERVICE_TIER, AT, MODEL = "provider", "service_tier", "at", "model"
WHY = ("line", "reason")
_TIMES = frozenset(
    ["time", "timestamp", "ts", "date", "datetime", "created", "created_at", "used_at", "started_at", "requested_at"]
)
ADDED = ("cost", "currency", "state", "price_ids", "offering", "warnings")


@dataclass(frozen=True)
class Layout:
    """``counts`` are the columns that count; ``at`` is None where all usage is of now; ``facts`` are the columns of
    further conditions. ``named`` are the columns that tell requests of different kinds apart. ``seller`` and
    ``offerings`` are said of all rows: see ColumnRoles.
    """

    names: tuple[str, ...]
    usage_format: UsageFormat
    count_columns: CountColumns
    model: str
    at: str | None
    provider: str | None
    service_tier: str | None
    region: str | None
    facts: tuple[str, ...]
    seller: str | None = None
    offerings: Mapping[str, str] = field(default_factory=dict)

    def asked_for(self, row: Mapping[str, str | None]) -> tuple[str, str]:
        """The name that a row asks the price of, and its seller; empty where neither the row nor the user says it."""
        name = row[self.model] or ""
        if offering := self.offerings.get(name):
            return offering, ""
        return name, (row[self.provider] if self.provider else None) or self.seller or ""

    @property
    def meters(self) -> Mapping[str, str]:
        """Our meters by the column that counts them; none in a provider's format."""
        return self.count_columns.meters

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that hold usage in a provider's format."""
        return (self.count_columns.whole,) if self.count_columns.whole else tuple(self.count_columns.fields)

    def lacks(self, meter: str) -> bool:
        """Whether no column counts this meter, where each column counts one."""
        return not self.fields and meter not in self.meters.values()

    @property
    def named(self) -> tuple[str | None, ...]:
        return (self.model, self.provider, self.service_tier, self.region, *self.facts)

    @property
    def counting(self) -> tuple[str, ...]:
        """Columns that count for the price."""
        read = {*self.meters, *self.fields, *self.named, self.at}
        return tuple(name for name in self.names if name in read)

    @property
    def added(self) -> tuple[str, ...]:
        """Names of the columns that pricing adds to a priced row, none of which the log has."""
        return self.behind(ADDED)

    @property
    def why(self) -> tuple[str, ...]:
        """Names of the columns that are added to a row without a price."""
        return self.behind(WHY)

    def behind(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Names for columns behind those of the log, none of which it has."""
        return tuple(f"priced_{name}" if name in self.names else name for name in names)


@dataclass(frozen=True)
class ColumnRoles:
    """How a log's columns are to be understood; ``facts`` are the conditions that any price of the book asks for, and
    ``ignored`` columns are kept but never count. ``seller`` sells what no row says the seller of; ``offerings`` are
    meant by these names, whoever sells.
    """

    facts: Collection[str] = ()
    model: str = MODEL
    at: str | None = None
    usage_format: UsageFormat = OURS
    ignored: Collection[str] = ()
    seller: str | None = None
    offerings: Mapping[str, str] = field(default_factory=dict)

    def count_columns(self, names: Iterable[str]) -> CountColumns:
        """What columns of these names count; raises LogError."""
        named = (self.model, self.at or AT)
        roles = {PROVIDER, SERVICE_TIER, REGION, *self.facts}
        return count_columns(
            self.usage_format, [name for name in names if name not in named and name not in self.ignored], roles
        )

    def counts(self, name: str) -> bool:
        """Whether a column of this name counts wherever it holds a number."""
        try:
            found = self.count_columns([name])
        except LogError:
            return False
        return bool(found.meters or found.fields or found.whole)

    def layout(self, names: Iterable[str]) -> Layout:
        """The layout of a log with columns of these names; raises LogError."""
        names = tuple(names)
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise LogError(f"The log has several columns called {', '.join(twice)}: rename all but one.")
        return self.layout_of(names, self.count_columns(names))

    def layout_of(self, names: tuple[str, ...], found: CountColumns) -> Layout:
        """The layout of a log with columns of these names, of which it is known what they count; raises LogError."""
        for role, wanted in (("columns.model", self.model), ("columns.at", self.at)):
            if wanted is not None and wanted not in names:
                way = Way("; name another with ", Parameter(role))
                lacks = f"The log has no column {wanted}, but {', '.join(names)}: rename one"
                raise LogError(Message(lacks, way, BY_MAP, "."))
        if not (found.meters or found.fields or found.whole):
            none = "The log counts nothing: name its columns as quotes name usage, such as input_tokens"
            raise LogError(Message(none, BY_MAP, "."))
        free = [name for name in names if name not in {*self.ignored, *found.meters, *found.fields}]
        at = self.at or (AT if AT in free else None)
        if at is None and (times := [name for name in free if name.lower() in _TIMES]):
            raise LogError(
                Message(
                    f"{times[0]} looks like the time of each row: rename it {AT}",
                    Way(", or name it with ", Parameter("columns.at", (times[0],))),
                    "; if it is not when the row was used, remove it",
                    Way(", or say ", Parameter("columns.ignored", (times[0],))),
                    ".",
                )
            )
        facts = tuple(name for name in free if name in self.facts and name != self.model)
        provider, tier, region = (name if name in free else None for name in (PROVIDER, SERVICE_TIER, REGION))
        said = (self.seller, self.offerings)
        return Layout(names, self.usage_format, found, self.model, at, provider, tier, region, facts, *said)
