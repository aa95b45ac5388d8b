"""Which offerings' prices decide what names mean, by all that lists ever said: a clause that a later list took back
still decides what a name meant before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from llmpricing.domain.names.clauses import Clause, MatchError, compile_clause
from llmpricing.domain.names.index import IndexedOffering
from llmpricing.domain.names.twins import LATEST


class Claims:
    """The ids that other offerings of the same seller claim by clauses, of ``entries`` with all clauses of all times.

    More may be claimed here than ever was at one time, where a list said of a clause what another says of an id: never
    less.
    """

    def __init__(self, entries: Iterable[IndexedOffering]) -> None:
        self._entries = {entry.slug: entry for entry in entries}
        self._exact: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._loose: dict[str, list[tuple[Clause, str]]] = defaultdict(list)
        for entry in self._entries.values():
            for clause in _readable(entry):
                for name in clause.exact:
                    self._exact[entry.provider, name].add(entry.slug)
                if not clause.only_exact:
                    self._loose[entry.provider].append((clause, entry.slug))

    def is_claimed(self, slug: str) -> bool:
        """Whether another offering's clause ever named this one's id: whether its price decides what the id means."""
        entry = self._entries[slug]
        api_id = entry.api_id.lower()
        if self._claimants(entry):
            return True
        return any(other != slug and clause(api_id) for clause, other in self._loose.get(entry.provider, ()))

    def latest_twins(self) -> Iterator[tuple[str, str]]:
        """The ids that end with -latest, each with every offering that a clause ever said it is."""
        for entry in self._entries.values():
            if entry.api_id.lower().endswith(LATEST):
                for other in sorted(self._claimants(entry)):
                    yield entry.slug, other

    def _claimants(self, entry: IndexedOffering) -> set[str]:
        return self._exact.get((entry.provider, entry.api_id.lower()), set()) - {entry.slug}


def _readable(entry: IndexedOffering) -> Iterator[Clause]:
    """Its clauses, but those that the index leaves out as well."""
    for tree in entry.clauses:
        try:
            yield compile_clause(tree)
        except MatchError:
            continue
