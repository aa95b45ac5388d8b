"""The ids most like a name that no offering bears: its base model first."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from heapq import nsmallest

from llmpricing.domain.names.identities import Identity, identity
from llmpricing.domain.names.index import IndexedOffering, NameIndex
from llmpricing.domain.names.marks import marks

_SUGGESTIONS = 5
_COMMON = 200  # marks that more ids bear than this say little
# What tools write behind a model's name: how hard it should think, or in which mode.
_EFFORTS = frozenset({"xhigh", "high", "medium", "low", "minimal", "none", "thinking", "reasoning", "think", "fast"})


def suggest(index: NameIndex, name: str) -> tuple[str, ...]:
    """The base model, the name as other sellers' id, then the ids that share most marks with it, rare ones first."""
    shared: Counter[str] = Counter()
    for mark in set(marks(name)):
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
    for one in dict.fromkeys((asked, replace(asked, variant=""), plain)):
        if found := index.by_model.get(one.model):
            ranked = sorted(found, key=lambda entry: (*_rank(index, entry, asked), entry.slug))
            return tuple(entry.slug for entry in ranked[:2])
    return ()


def _rank(index: NameIndex, entry: IndexedOffering, asked: Identity) -> tuple[bool, bool, int]:
    lab = index.sellers[entry.provider].model_match
    is_lab = lab is not None and lab(entry.api_id)
    return not is_lab, identity(entry.api_id).date != asked.date, len(entry.api_id)
