"""The ids most like a name that no offering bears: its base model first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from heapq import nsmallest
from itertools import combinations

from llmpricing.domain.names.hints import HintKind, kind_of
from llmpricing.domain.names.identities import Identity, identity
from llmpricing.domain.names.index import IndexedOffering, NameIndex
from llmpricing.domain.names.marks import marks

_SUGGESTIONS = 5
_MOST_WORDS = 8  # of a name, for trying which of them are somebody's own
_SLIPS, _ALIKE = 3, 0.85  # ids that a slip may mean, and how much they share with it, as difflib counts
_SIGNS_APART, _LONGEST_SLIP = 2, 100
_COMMON = 200  # marks that more ids bear than this say little
# What tools write behind a model's name: how hard it should think, or in which mode.
_EFFORTS = frozenset({"xhigh", "high", "medium", "low", "minimal", "none", "thinking", "reasoning", "think"})
# Words that models of every house bear.
_OF_ANY_KIND = frozenset(
    {"base", "beta", "chat", "code", "english", "exp", "experimental", "flash", "free", "generate", "image", "instant"}
    | {"instruct", "large", "latest", "lite", "llm", "max", "medium", "mini", "model", "multilingual", "nano", "online"}
    | {"plus", "preview", "pro", "small", "text", "turbo", "ultra", "versatile", "vision"}
)
_WORD = re.compile(r"[a-z]{3,}")


def suggest(index: NameIndex, name: str) -> tuple[str, ...]:
    """The base model, the name as other sellers' id, the ids that are spelled nearly so where there is none of these,
    then the ids that share most marks with it, rare ones first.
    """
    shared: Counter[str] = Counter()
    said = set(marks(name))
    for mark in said - _EFFORTS or said:
        slugs = index.words.get(mark, ())
        for slug in slugs if len(slugs) < _COMMON else ():
            shared[slug] += 1000 // len(slugs)
    of_its_kind = _told_by(name)
    alike = [item for item in shared.items() if not of_its_kind or any(word in item[0].lower() for word in of_its_kind)]
    best = nsmallest(_SUGGESTIONS, alike, key=lambda item: (-item[1], len(item[0]), item[0]))
    inside = next((found for one in _within(name) if (found := _base_model(index, one))), ())
    known = (*inside, *index.sold.get(name.lower(), ()))
    return tuple(dict.fromkeys((*(known or _spelled_nearly(index, name)), *(slug for slug, _ in best))))[:_SUGGESTIONS]


def _told_by(name: str) -> frozenset[str]:
    """The words of the model's id that say what it is: nothing is like ``rerank-english`` for being English too."""
    words = frozenset(_WORD.findall(name.rsplit("/", 1)[-1].lower()))
    return words - _EFFORTS - _OF_ANY_KIND


def _within(name: str) -> Iterator[str]:
    """The name, and what is left of it behind each gateway's or seller's part of a path."""
    yield name
    for parts in (1, 2, 3):
        if len(rest := name.split("/", parts)) > parts:
            yield rest[-1]


def _spelled_nearly(index: NameIndex, name: str) -> tuple[str, ...]:
    """The ids of which the name is a slip of the pen; only those of the same first sign and length are compared, for
    comparing takes long.
    """
    asked = name.lower()
    if not 0 < len(asked) <= _LONGEST_SLIP:
        return ()
    ids = index.slugs if "/" in asked else index.sold
    near = [one for one in ids if one[:1] == asked[0] and abs(len(one) - len(asked)) <= _SIGNS_APART]
    found = get_close_matches(asked, near, _SLIPS, _ALIKE)
    return tuple(slug for one in found for slug in (("/" not in asked and _base_model(index, one)) or ids[one])[:1])


def _base_model(index: NameIndex, name: str) -> tuple[str, ...]:
    """The model without what tools write behind its name, at its lab first."""
    asked = identity(name)
    plain = replace(asked, words=tuple(word for word in asked.words if word not in _EFFORTS), variant="")
    early = replace(plain, words=tuple(sorted({*plain.words, "preview"})))
    likest: list[IndexedOffering] = []
    for one in dict.fromkeys((asked, replace(asked, variant=""), plain, early, *_with_fewer_words(plain))):
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
