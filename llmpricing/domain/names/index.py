"""Every name by which offerings are known at one time, indexed for looking them up. Built once, never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from llmpricing.domain.names.clauses import Clause, MatchError, compile_clause, compile_pattern
from llmpricing.domain.names.hints import Hint, HintKind, read_hint
from llmpricing.domain.names.identities import Identity, ModelMarks, identity
from llmpricing.domain.names.marks import is_date, marks, places, without_dates
from llmpricing.domain.names.patterns import Pattern
from llmpricing.domain.names.providers import HUGGING_FACE, called_exactly, surfaces_of
from llmpricing.domain.observations import ObservedProvider

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_MOST_HINTS = 512  # that are remembered
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
    by_identity: Mapping[Identity, tuple[IndexedOffering, ...]]  # by identity without a place
    by_model: Mapping[ModelMarks, tuple[IndexedOffering, ...]]
    api_pattern: Pattern | None
    provider_match: Clause | None
    model_match: Clause | None
    fallback_providers: tuple[str, ...]
    prices_latest_apart: bool  # sells some model by its name and by that with -latest


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
    by_model: Mapping[ModelMarks, tuple[IndexedOffering, ...]]  # of all sellers
    bearers: Mapping[str, frozenset[ModelMarks]]  # by date, the models that any seller lists with it
    claiming: tuple[Seller, ...]  # that a list's clause says bare names are of
    problems: tuple[str, ...] = ()  # clauses and patterns that cannot be read and are left out, with the reason
    _hints: dict[str, Hint] = field(default_factory=dict, repr=False)  # what was read: a log says few of them, often

    def hint(self, said: str) -> Hint:
        """What a provider's name, a library's word for it, an API host or URL means."""
        found = self._hints.get(said)
        if found is None:
            if len(self._hints) >= _MOST_HINTS:
                self._hints.clear()
            found = self._hints[said] = self._read_hint(said)
        return found

    def _read_hint(self, said: str) -> Hint:
        if "." in said or "://" in said:
            url = said if "://" in said else f"https://{said}"
            if "aiplatform.googleapis" in url:
                return Hint(HintKind.PLATFORM, surfaces_of("google-vertex"))
            if found := tuple(s.slug for s in self.sellers.values() if s.api_pattern and s.api_pattern.match(url)):
                return Hint(HintKind.PLATFORM, tuple(dict.fromkeys(o for one in found for o in surfaces_of(one))))
        found_by_words = read_hint(said, self.sellers)
        if found_by_words.kind is not HintKind.UNKNOWN:
            return found_by_words
        called = tuple(s.slug for s in self.sellers.values() if s.provider_match and s.provider_match(said))
        return Hint(HintKind.PLATFORM, called) if called else found_by_words

    def surfaces(self, hint: Hint) -> tuple[Seller, ...]:
        """The sellers that a hint means and that the price book knows, in the order in which they are tried."""
        if hint.surfaces == (HUGGING_FACE,):
            return tuple(s for slug, s in self.sellers.items() if slug.startswith(HUGGING_FACE))
        return tuple(self.sellers[slug] for slug in hint.surfaces if slug in self.sellers)

    def seller_called(self, name: str) -> str | None:
        """The id of the seller that bears this very name, by itself or in a list; no reading by words."""
        slug = name.strip().lower()
        slug = slug if slug in self.sellers else called_exactly(name)
        return slug if slug in self.sellers else None

    def same_model(self, slug: str) -> tuple[str, ...]:
        """The offerings of the same model at all sellers, itself left out: same words, numbers and variant, and the
        same date where both bear one.
        """
        named = identity(slug.partition("/")[2])
        return tuple(
            entry.slug
            for entry in self.by_model.get(named.model, ())
            if entry.slug != slug and named.may_share_date(identity(entry.api_id))
        )


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
    by_model: dict[ModelMarks, list[IndexedOffering]] = defaultdict(list)
    bearers: dict[str, set[ModelMarks]] = defaultdict(set)
    for entry in entries:
        named_so = identity(entry.api_id)
        by_model[named_so.model].append(entry)
        if named_so.date:
            bearers[named_so.date].add(named_so.model)
    return NameIndex(
        slugs=_frozen(slugs),
        own=own,
        aliases=_frozen(named),
        sold=_frozen(sold),
        sellers=sellers,
        words=_frozen(words),
        dates=_frozen(dates),
        by_model=_frozen(by_model),
        bearers={date: frozenset(models) for date, models in bearers.items()},
        claiming=tuple(seller for seller in sellers.values() if seller.model_match),
        problems=tuple(problems),
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
    by_identity: dict[Identity, list[IndexedOffering]] = defaultdict(list)
    by_model: dict[ModelMarks, list[IndexedOffering]] = defaultdict(list)
    for entry in sells:
        named = identity(entry.api_id)
        by_identity[replace(named, place="") if named.place else named].append(entry)
        by_model[named.model].append(entry)
    ids = {entry.api_id.lower() for entry in sells}
    return Seller(
        by_identity=_frozen(by_identity),
        by_model=_frozen(by_model),
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
        prices_latest_apart=any(f"{api_id}-latest" in ids for api_id in ids),
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
