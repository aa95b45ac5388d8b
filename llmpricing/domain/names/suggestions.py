"""The ids most like a name that no offering bears: its base model first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from heapq import nsmallest
from itertools import combinations

from llmpricing.domain.names.identities import Identity, identity
from llmpricing.domain.names.index import IndexedOffering, NameIndex
from llmpricing.domain.names.marks import marks
from llmpricing.domain.names.providers import HintKind, kind_of

_SUGGESTIONS = 5
_MOST_WORDS = 8  # of a name, for trying which of them are somebody's own
_COMMON = 200  # marks that more ids bear than this say little
# What tools write behind a model's name: how hard it should think, or in which mode.
_EFFORTS = frozenset({"xhigh", "high", "medium", "low", "minimal", "none", "thinking", "reasoning", "think", "fast"})


def suggest(index: NameIndex, name: str) -> tuple[str, ...]:
    """The base model, the name as other sellers' id, then the ids that share most marks with it, rare ones first."""
    shared: Counter[str] = Counter()
    said = set(marks(name))
    for mark in said - _EFFORTS or said:
        slugs = index.words.get(mark, ())
        for slug in slugs if len(slugs) < _COMMON else ():
            shared[slug] += 1000 // len(slugs)
    best = nsmallest(_SUGGESTIONS, shared.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    sold = index.sold.get(name.lower(), ())
    return tuple(dict.fromkeys((*_base_model(index, name), *sold, *(slug for slug, _ in best))))[:_SUGGESTIONS]


def _base_model(index: NameIndex, name: str) -> tuple[str, ...]:
    """The model without what tools write behind its name, at its lab first."""
    asked = identity(name)
    plain = replace(asked, words=tuple(word for word in asked.words if word not in _EFFORTS), variant="")
    likest: list[IndexedOffering] = []
    for one in dict.fromkeys((asked, replace(asked, variant=""), plain, *_with_fewer_words(plain))):
        found = index.by_model.get(one.model, ())
        likest += sorted(found, key=lambda entry: (identity(entry.api_id).date != asked.date, entry.slug))[:2]
        if labs := [entry for entry in found if _is_lab(index, entry)]:
            likest.insert(0, min(labs, key=lambda entry: (identity(entry.api_id).date != asked.date, entry.slug)))
            break
    return tuple(dict.fromkeys(entry.slug for entry in likest))[:3]


def _with_fewer_words(asked: Identity) -> Iterator[Identity]:
    """The name without one or two of its words: ``gpt-4o-turbo-ultra`` is nearest to ``gpt-4o``."""
    if len(asked.words) <= _MOST_WORDS:
        for dropped in (1, 2):
            for kept in combinations(asked.words, max(len(asked.words) - dropped, 1)):
                yield replace(asked, words=kept)


def _is_lab(index: NameIndex, entry: IndexedOffering) -> bool:
    claims = index.sellers[entry.provider].model_match
    return claims is not None and claims(entry.api_id) and kind_of(entry.provider) is HintKind.LAB
