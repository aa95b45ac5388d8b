"""Names whose answer changed between two recorded times: what imports and own aliases did to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from llmpricing.domain.names.matching import Ambiguous, Resolution
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.coverage import NamedAt
from llmpricing.services.names.lookup import Meaning
from llmpricing.services.names.resolving import Names, names_of
from llmpricing.services.price_book import Reads, book_state

_MOST_READ = 50_000  # names that are compared


@dataclass(frozen=True, slots=True)
class NameChange:
    """A name that meant ``old`` by what was known at one time and means ``new`` by what is known now, each the ids of
    offerings: none where it is unknown, several where it is ambiguous.
    """

    name: NamedAt
    old: tuple[str, ...]
    new: tuple[str, ...]


def changed_names(reads: Reads, since: datetime, now: datetime, also: Iterable[str] = ()) -> list[NameChange]:
    """The names whose answer for ``now`` was another by what was known at ``since``, by name.

    Looked at are the ids that were sold then, bare and at their sellers, every alias, and the names in ``also``: a name
    that only a later offering bears is new, not changed.
    """
    names = names_of(reads, book_state(reads))
    then, today = names.at(Clocks(now, since)), names.at(Clocks(now, now))
    asked = dict.fromkeys(islice((*(NamedAt(name) for name in also), *_known(names, since)), _MOST_READ))
    found = []
    for one in asked:
        old, new = (_ids(lookup.read(one.name, one.provider)) for lookup in (then, today))
        if old != new:
            found.append(NameChange(one, old, new))
    return sorted(found, key=lambda change: (change.name.name, change.name.provider or ""))


def _known(names: Names, since: datetime) -> Iterator[NamedAt]:
    yield from (NamedAt(alias) for alias in names.aliases())
    for offered in names.offerings.values():
        if offered.created_at <= since:
            yield NamedAt(offered.api_id)
            yield NamedAt(offered.api_id, offered.provider)


def _ids(meaning: Meaning) -> tuple[str, ...]:
    if isinstance(meaning, Resolution):
        return (meaning.slug,)
    return tuple(sorted(meaning.candidates)) if isinstance(meaning, Ambiguous) else ()
