"""What the columns of a usage log are: by their names, which are those of quotes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from llmpricing.domain.contexts import REGION
from llmpricing.domain.meters import METERS

PROVIDER, SERVICE_TIER, AT, MODEL = "provider", "service_tier", "at", "model"
WHY = ("line", "reason")
ADDED = ("cost", "currency", "state", "price_ids", "offering")
_ALSO_CALLED = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}


class LogError(ValueError):
    """The log as a whole cannot be priced; the message says what to do."""


@dataclass(frozen=True)
class Layout:
    """``meters`` by the column that counts them; ``at`` is None where all usage is of now; ``facts`` are the columns
    of further conditions. ``named`` are the columns that tell requests of different kinds apart.
    """

    names: tuple[str, ...]
    meters: Mapping[str, str]
    model: str
    at: str | None
    provider: str | None
    service_tier: str | None
    region: str | None
    facts: tuple[str, ...]

    @property
    def named(self) -> tuple[str | None, ...]:
        return (self.model, self.provider, self.service_tier, self.region, *self.facts)

    @property
    def counting(self) -> tuple[str, ...]:
        """Columns that count for the price."""
        read = {*self.meters, *self.named, self.at}
        return tuple(name for name in self.names if name in read)

    @property
    def added(self) -> tuple[str, ...]:
        """Names of the columns that pricing adds to a priced row, none of which the log has."""
        return self._new(ADDED)

    @property
    def why(self) -> tuple[str, ...]:
        """Names of the columns that are added to a row without a price."""
        return self._new(WHY)

    def _new(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"priced_{name}" if name in self.names else name for name in names)


@dataclass(frozen=True)
class Columns:
    """How a log's columns are to be understood; ``facts`` are the conditions that any price of the book asks for."""

    facts: Collection[str] = ()
    model: str = MODEL
    at: str | None = None

    def layout(self, names: Iterable[str]) -> Layout:
        """The layout of a log with columns of these names; raises LogError."""
        names = tuple(names)
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise LogError(f"The log has several columns called {', '.join(twice)}: rename all but one.")
        for wanted in (self.model, self.at):
            if wanted is not None and wanted not in names:
                option = "--model-column" if wanted == self.model else "--at-column"
                raise LogError(f"The log has no column {wanted}. Name it with {option}; it has: {', '.join(names)}.")
        at = self.at or (AT if AT in names else None)
        meters = _meters([name for name in names if name not in (self.model, at)])
        facts = tuple(name for name in names if name in self.facts and name not in meters and name != self.model)
        provider, tier, region = (name if name in names else None for name in (PROVIDER, SERVICE_TIER, REGION))
        return Layout(names, meters, self.model, at, provider, tier, region, facts)


def _meters(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        meter = _ALSO_CALLED.get(name, name)
        if meter not in METERS:
            continue
        if meter in found.values():
            raise LogError(f"The log counts {meter} twice, in {name} too: remove one of the columns.")
        found[name] = meter
    if not found:
        raise LogError("The log counts nothing: name its columns as quotes name usage, such as input_tokens.")
    return found
