"""The ids most like a name that no offering bears."""

from __future__ import annotations

from collections import Counter
from heapq import nsmallest

from llmpricing.domain.names.identities import marks
from llmpricing.domain.names.index import NameIndex

_SUGGESTIONS = 5
_COMMON = 200  # marks that more ids bear than this say little


def suggest(catalogue: NameIndex, name: str) -> tuple[str, ...]:
    """The name as other sellers' id, then the ids that share most marks with it, rare marks counting more."""
    shared: Counter[str] = Counter()
    for mark in set(marks(name)):
        slugs = catalogue.words.get(mark, ())
        for slug in slugs if len(slugs) < _COMMON else ():
            shared[slug] += 1000 // len(slugs)
    best = nsmallest(_SUGGESTIONS, shared.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    sold = catalogue.sold.get(name.lower(), ())
    return tuple(dict.fromkeys((*sold, *(slug for slug, _ in best))))[:_SUGGESTIONS]
