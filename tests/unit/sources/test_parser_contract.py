"""What every parser promises, over all of them: lists cut small and broken in every way that JSON can be broken.

``parse`` is pure, raises SourceError for what is no list of its kind and nothing else, reports what it leaves out, and
lets nothing pass that the index of names, publishing or a store would refuse.
"""

from __future__ import annotations

import copy
import random
import re
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from llmpricing.domain.components import Component
from llmpricing.domain.names.index import IndexedOffering, build_index
from llmpricing.domain.publishing.publish import publish_offering
from llmpricing.domain.publishing.timelines import Observation
from llmpricing.sources.bundled import bundled
from llmpricing.sources.errors import SourceError
from llmpricing.sources.registry import BUNDLED, SOURCES
from tests.unit.sources.documents import Pairs, containers, cut, mutate, read, write

AT = datetime(2026, 11, 1, tzinfo=UTC)
INDEXED = 2704  # bytes, the longest row of a PostgreSQL B-tree
every_source = pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))


@pytest.fixture(scope="module")
def whole(sample):
    """Each source's list: the bundled one, the sample where none comes with us."""
    return {slug: bundled(SOURCES[slug]).data if slug in BUNDLED else sample(slug) for slug in SOURCES}


@pytest.fixture(scope="module")
def small(whole):
    """Twelve small lists out of each, by number."""
    found = {}
    for slug, data in whole.items():
        document = read(data)
        found[slug] = [cut(slug, document, random.Random(seed)) for seed in range(12)]  # noqa: S311 - nothing secret
    return lambda slug, number=0: copy.deepcopy(found[slug][number])


@every_source
@settings(max_examples=100, deadline=None, phases=(Phase.generate,))  # a seed has no simpler one
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 4))
def test_a_broken_list_is_reported_and_what_passes_is_accepted(source, small, invariants, seed, changes):
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    document = small(source.slug, chance.randrange(12))
    for _ in range(changes):
        mutate(document, chance)
    data = write(document)
    try:
        found = source.parse(data)
    except SourceError as error:
        with pytest.raises(SourceError, match=re.escape(str(error))):
            source.parse(data)
        return
    assert source.parse(data) == found
    invariants(found)
    _check_texts(found)
    _check_names(found)
    _check_prices(source, found)


def _check_texts(value):
    """No store takes a NUL or half a character, wherever it stands."""
    if isinstance(value, str):
        value.encode()
        assert "\x00" not in value
    elif isinstance(value, dict):
        _check_texts(list(value.items()))
    elif isinstance(value, list | tuple | frozenset):
        for inner in value:
            _check_texts(inner)
    elif is_dataclass(value):
        for field in fields(value):
            _check_texts(getattr(value, field.name))


def _check_names(found):
    offered = [IndexedOffering(o.slug, o.provider, o.api_id, (o.match,) if o.match else ()) for o in found.offerings]
    index = build_index(offered, found.providers, found.aliases)
    assert index.problems == ()
    assert {slug for slugs in index.slugs.values() for slug in slugs} == {entry.slug for entry in offered}
    assert len({provider.slug for provider in found.providers}) == len(found.providers)
    for text in (*(o.slug for o in found.offerings), *(alias for _, alias, _ in found.aliases)):
        assert text == text.strip()
        assert text.isprintable()
        assert len(text.encode()) < INDEXED


def _check_prices(source, found):
    for offering in found.offerings:
        observations = {}
        for statement in offering.statements:
            when = statement.conditions
            schedules = {when.schedule.key: when.schedule} if when.schedule else {}
            assert Component.parse(statement.component.text, schedules) == statement.component
            assert len(statement.component.text.encode()) < INDEXED
            observed = Observation(source.slug, AT, source.states_dates, statement.segments)
            observations[statement.component] = [observed]
        publish_offering(observations, snapshots={source.slug: [AT]}, mode=offering.mode)


def _entry_of(source, document, problems):
    """A container of entries, the position of a sound one in it and how a problem would name it."""
    entries = next(entries for entries in containers(source, document) if len(entries) > 1)
    if source == "genai-prices":
        return entries, 0, f"{document[0].get('id')}/{entries[0].get('id')}"
    owner = ""
    if entries is not document:
        holders = document.get("prices") if source == "model-prices" else document
        owner = next(f"{name}/" for name, inner in holders if entries in (inner, dict(inner).get("models")))
    faulty = {problem.key for problem in problems}
    position = next(place for place, (key, _) in enumerate(entries) if f"{owner}{key}" not in faulty)
    return entries, position, f"{owner}{entries[position][0]}"


def _with_field(value, field):
    """The entry with one more field at its end."""
    return Pairs([*value, field])


@every_source
@pytest.mark.parametrize("fault", ["NUL in a field", "a field twice", "the entry twice", "NUL in its name", "a blank"])
def test_one_faulty_entry_is_a_problem_of_its_own_and_the_rest_lands(source, small, fault):
    document = small(source.slug)
    before = source.parse(write(document))
    entries, position, name = _entry_of(source.slug, document, before.problems)
    keyed = isinstance(entries, Pairs)
    key, value = entries[position] if keyed else (None, entries[position])
    if fault == "NUL in a field":
        value = _with_field(value, ("note\x00", 1))
    elif fault == "a field twice":
        value = Pairs([*value, ("note", 1), ("note", 2)])
    elif fault == "the entry twice":
        entries.append((key, _with_field(value, ("note", 1))) if keyed else value)
    else:
        renamed = "a\x00b" if fault == "NUL in its name" else f" {key or value.get('id')}"
        if keyed:
            key, name = renamed, name.removesuffix(key) + renamed
        else:
            name = name.removesuffix(value.get("id")) + renamed
            value = Pairs([("id", renamed), *(pair for pair in value if pair[0] != "id")])
    entries[position] = (key, value) if keyed else value
    found = source.parse(write(document))
    reported = [problem.key for problem in found.problems if problem not in before.problems]
    assert reported == [name.replace("\x00", "\\u0000")]
    lost = {o.slug for o in before.offerings} - {o.slug for o in found.offerings}
    assert len(lost) == (0 if fault == "the entry twice" and not keyed else 1)
    kept = {o.slug: o for o in found.offerings}
    assert all(kept[o.slug] == o for o in before.offerings if o.slug not in lost)


@every_source
def test_an_entry_that_is_stated_twice_alike_counts_and_is_reported(source, small):
    if source.slug == "genai-prices":
        return  # its entries are a list, without keys: tested above
    document = small(source.slug)
    before = source.parse(write(document))
    entries, position, name = _entry_of(source.slug, document, before.problems)
    entries.append(entries[position])
    found = source.parse(write(document))
    assert found.offerings == before.offerings
    assert [problem.key for problem in found.problems if problem not in before.problems] == [name]


@every_source
@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{}", b"7", b'"x"', b"\xff\xfe", b"<html>", b"[" * 100_000, b'{"a":' * 100_000]
)
def test_what_is_no_list_is_a_source_error_with_words(source, data):
    with pytest.raises(SourceError) as caught:
        source.parse(data)
    assert len(str(caught.value)) > 20


@every_source
def test_the_whole_list_passes_every_check(source, whole, invariants):
    found = source.parse(whole[source.slug])
    invariants(found)
    _check_texts(found)
    _check_names(found)


def test_the_writer_of_these_tests_writes_what_it_reads(sample):
    data = sample("litellm")
    assert SOURCES["litellm"].parse(write(read(data))) == SOURCES["litellm"].parse(data)
