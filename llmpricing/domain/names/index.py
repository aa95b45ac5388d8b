"""Every name by which offerings are known at one time, indexed for looking them up. Built once, never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from llmpricing.domain.names.clauses import Clause, MatchError, compile_clause, compile_pattern
from llmpricing.domain.names.identities import is_date, marks, places, without_dates
from llmpricing.domain.names.patterns import Pattern
from llmpricing.domain.names.spellings import PROVIDER_NAMES
from llmpricing.domain.observations import ObservedProvider

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
OWN = "own"  # the namespace of names that this installation gave


@dataclass(frozen=True, slots=True)
class IndexedOffering:
    """An offering as the catalogue knows it; its clauses in the order in which they are tried."""

    slug: str
    provider: str
    api_id: str
    clauses: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, eq=False)
class Seller:
    """A provider with what it sells: by lowered API id, by names that clauses mean exactly, by looser clauses."""

    slug: str
    by_id: Mapping[str, IndexedOffering]
    by_exact_clause: Mapping[str, IndexedOffering]
    loose: tuple[tuple[Clause, IndexedOffering], ...]
    dated: frozenset[tuple[str, ...]]  # marks without dates of the ids that bear a date
    placed: Mapping[tuple[str, ...], tuple[IndexedOffering, ...]]  # by marks, the ids that say a place
    api_pattern: Pattern | None
    provider_match: Clause | None
    model_match: Clause | None
    fallback_providers: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class NameIndex:
    """The names of one time, all lowered: ``slugs`` by slug, ``own`` and ``aliases`` by alias, ``sold`` by API id."""

    slugs: Mapping[str, tuple[str, ...]]
    own: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    sold: Mapping[str, tuple[str, ...]]
    sellers: Mapping[str, Seller]
    words: Mapping[str, tuple[str, ...]]  # slugs by each mark of their API ids
    dates: Mapping[tuple[str, ...], tuple[str, ...]]  # by marks without dates, the dates that any seller's ids bear
    problems: tuple[str, ...] = ()  # clauses and patterns that cannot be read and are left out, with the reason

    def sellers_called(self, name: str) -> tuple[Seller, ...]:
        """The sellers that a provider's name, API host or URL means, the likeliest first."""
        if "." in name or "://" in name:
            url = name if "://" in name else f"https://{name}"
            if found := tuple(s for s in self.sellers.values() if s.api_pattern and s.api_pattern.match(url)):
                return found
        if named := self.sellers_named(name):
            return named
        return tuple(s for s in self.sellers.values() if s.provider_match and s.provider_match(name))

    def sellers_named(self, name: str) -> tuple[Seller, ...]:
        """The sellers that bear this name themselves, or are called so by the lists and libraries."""
        lowered = name.lower()
        called = (lowered, *PROVIDER_NAMES.get(lowered.replace("_", "-"), ()), lowered.replace("_", "-"))
        return tuple(self.sellers[slug] for slug in dict.fromkeys(called) if slug in self.sellers)


def build_index(
    entries: Iterable[IndexedOffering],
    providers: Iterable[ObservedProvider],
    aliases: Iterable[tuple[str, str, str]] = (),
) -> NameIndex:
    """Index offerings, their sellers and (namespace, alias, slug); what cannot be read lies in ``problems``."""
    entries = list(entries)
    known = {provider.slug: provider for provider in providers}
    by_provider: dict[str, list[IndexedOffering]] = {slug: [] for slug in known}
    slugs, sold, words, named = (defaultdict[str, list[str]](list) for _ in range(4))
    dates: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for entry in entries:
        by_provider.setdefault(entry.provider, []).append(entry)
        slugs[entry.slug.lower()].append(entry.slug)
        sold[entry.api_id.lower()].append(entry.slug)
        for mark in set(marks(entry.api_id)):
            words[mark].append(entry.slug)
            if is_date(mark):
                dates[without_dates(entry.api_id)].append(mark)
    own: dict[str, str] = {}
    for namespace, alias, slug in aliases:
        if namespace == OWN:
            own[alias.lower()] = slug
        elif slug not in named[alias.lower()]:
            named[alias.lower()].append(slug)
    problems: list[str] = []
    sellers = {
        slug: _seller(known.get(slug) or ObservedProvider(slug, slug), sells, problems)
        for slug, sells in by_provider.items()
    }
    return NameIndex(
        _frozen(slugs), own, _frozen(named), _frozen(sold), sellers, _frozen(words), _frozen(dates), tuple(problems)
    )


def _frozen(index: Mapping[_Key, list[_Value]]) -> Mapping[_Key, tuple[_Value, ...]]:
    return {key: tuple(values) for key, values in index.items()}


def _seller(provider: ObservedProvider, sells: list[IndexedOffering], problems: list[str]) -> Seller:
    compiled = [
        (clause, entry)
        for entry in sells
        for tree in entry.clauses
        if (clause := _clause(tree, entry.slug, problems)) is not None
    ]
    by_exact_clause: dict[str, IndexedOffering] = {}
    for clause, entry in compiled:
        for text in clause.exact:
            by_exact_clause.setdefault(text, entry)
    placed: dict[tuple[str, ...], list[IndexedOffering]] = defaultdict(list)
    for entry in sells:
        if places(entry.api_id):
            placed[marks(entry.api_id)].append(entry)
    return Seller(
        slug=provider.slug,
        by_id={entry.api_id.lower(): entry for entry in reversed(sells)},
        by_exact_clause=by_exact_clause,
        loose=tuple((clause, entry) for clause, entry in compiled if not clause.only_exact),
        dated=frozenset(
            without_dates(entry.api_id) for entry in sells if any(is_date(mark) for mark in marks(entry.api_id))
        ),
        placed=_frozen(placed),
        api_pattern=_pattern(provider, problems),
        provider_match=_clause(provider.provider_match, provider.slug, problems),
        model_match=_clause(provider.model_match, provider.slug, problems),
        fallback_providers=provider.fallback_providers,
    )


def _clause(tree: Mapping[str, Any] | None, owner: str, problems: list[str]) -> Clause | None:
    """The compiled clause; None, with a line in ``problems``, where it cannot be read."""
    try:
        return None if tree is None else compile_clause(tree)
    except MatchError as error:
        problems.append(f"match clause of {owner}: {error}")
        return None


def _pattern(provider: ObservedProvider, problems: list[str]) -> Pattern | None:
    try:
        return None if provider.api_pattern is None else compile_pattern(provider.api_pattern)
    except MatchError as error:
        problems.append(f"API pattern of {provider.slug}: {error}")
        return None
