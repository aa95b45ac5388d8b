"""What a list says itself means itself: its ids, aliases and clauses, whatever word a log has for their seller."""

import json
from pathlib import Path

import pytest

from llmpricing.domain.names.matching import Ambiguous, Resolution, read
from llmpricing.domain.names.providers import CANONICAL
from llmpricing.sources.registry import SOURCES
from tests.unit.domain.names.test_import_orders import LISTS, PRICED, index_of, operands

RAW = (Path(__file__).parents[3] / "fixtures" / "litellm_sample.json").read_bytes()
LITELLM = SOURCES["litellm"].parse(RAW)
ALL = {**LISTS, "litellm": LITELLM}
INDEX = index_of(*ALL, lists=ALL)
BOOK = index_of(*PRICED, "litellm", lists=ALL)


def names_of_seller(provider):
    """The seller's id, what else lists call it, and each as libraries write it."""
    names = {provider, *(other for other, canonical in CANONICAL.items() if canonical == provider)}
    return sorted(names | {name.replace("-", "_") for name in names} | {name.upper() for name in names})


def means(found, slug):
    return slug in found.candidates if isinstance(found, Ambiguous) else getattr(found, "slug", None) == slug


def is_id(found, name):
    """Whether the name is the answer's own id, which no alias or clause takes from it."""
    slug = getattr(found, "slug", "").lower()
    return name.lower() in (slug, slug.partition("/")[2])


@pytest.mark.parametrize("name", ALL)
def test_every_id_means_itself_under_every_name_of_its_seller(name):
    own_forms = {offering.slug for offering in ALL[name].offerings}
    wrong = [
        (offering.api_id, hint, found)
        for offering in ALL[name].offerings
        if offering.provider != "huggingface" and offering.api_id not in own_forms
        for hint in names_of_seller(offering.provider)
        if not means(found := read(INDEX, offering.api_id, hint), offering.slug)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ALL)
def test_every_alias_of_a_list_means_its_offering_under_its_sellers_name_but_where_it_is_an_id(name):
    wrong = [
        (alias, slug)
        for _, alias, slug in ALL[name].aliases
        if not means(found := read(INDEX, alias, slug.partition("/")[0]), slug) and not is_id(found, alias)
    ]
    assert wrong == []


def test_every_key_of_litellm_means_its_offering_with_its_own_word_for_the_provider():
    entries = json.loads(RAW)
    wrong = [
        (key, slug)
        for index in (INDEX, BOOK)
        for _, key, slug in LITELLM.aliases
        if not means(read(index, key, entries[key]["litellm_provider"]), slug)
    ]
    assert wrong == []
    assert len(LITELLM.aliases) >= 20


def test_every_exact_name_of_a_clause_means_an_offering_that_says_so_or_bears_it():
    """Of two offerings whose clauses name it, the first; an id is itself."""
    claiming = {}
    for offering in LISTS["genai-prices"].offerings:
        for text in operands(offering.match) if offering.match else ():
            claiming.setdefault((offering.provider, text.lower()), []).append(offering.slug)
    index = index_of("genai-prices")
    wrong = {}
    for (provider, text), slugs in claiming.items():
        found = read(index, text, provider)
        if not isinstance(found, Resolution) or not (found.slug in slugs or is_id(found, text)):
            wrong[provider, text] = found
    assert wrong == {}
    assert len(claiming) > 1000
