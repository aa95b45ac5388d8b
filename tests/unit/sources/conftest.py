"""What the parsers' tests share: samples, the price that holds for a request, and mutated documents."""

from __future__ import annotations

import copy
import itertools
import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import strategies as st

from llmpricing.domain.observations import PriceList

FIXTURES = Path(__file__).parents[2] / "fixtures"

_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -1, 0, 1e308, -0.5, 1e-300, 2**63, 271999.5]),
    st.sampled_from(
        ["", "\x00", "x" * 21_000, "NaN", "inf", "1_0", "24:00", "2026-02-30", "9999-12-31T23:59:59-23:00"]
    ),
    st.text(max_size=20),
    st.sampled_from([[], {}, [None], {"": None}, [[[[]]]], {"base": 1}, {"or": []}, [{}], [[1, 2]]]),
)


@pytest.fixture(scope="session")
def sample():
    """The bytes of a sample made for the tests."""
    return lambda source, name="sample.json": (FIXTURES / source / name).read_bytes()


@pytest.fixture(scope="session")
def price_at():
    """The segment that a request pays by: the most specific statement that it meets, None if there is none."""

    def find(offering, meter, at: datetime, request_input=0, tier="standard", region="", **extra):
        best = None
        for said in offering.statements:
            when = said.conditions
            if said.meter != meter or not _meets(when, at, request_input, tier, region, extra):
                continue
            for segment in said.segments:
                starts = segment.valid_from is None or segment.valid_from <= at
                ends = segment.valid_until is not None and segment.valid_until <= at
                if starts and not ends and (best is None or when.specificity > best[0].specificity):
                    best = (when, segment)
        return best and best[1]

    return find


def _meets(when, at, request_input, tier, region, extra):
    return (
        when.service_tier in ("standard", tier)
        and when.region in ("", region)
        and (when.step is None or when.step.met_by(request_input))
        and (when.schedule is None or when.schedule.contains(at))
        and all(extra.get(name) == value for name, value in when.extra)
    )


@pytest.fixture(scope="session")
def offering():
    """One offering of a list by its slug."""

    def find(prices: PriceList, slug: str):
        (found,) = [offering for offering in prices.offerings if offering.slug == slug]
        return found

    return find


@pytest.fixture(scope="session")
def mutated():
    """Strategy: the document with one to three values replaced, deleted or renamed, or its text cut or stained."""

    def strategy(data: bytes):
        document = json.loads(data)
        structural = st.lists(
            st.tuples(st.floats(0, 1), st.integers(0, 2), _ODD, st.text(max_size=8)), min_size=1, max_size=3
        )
        cuts = st.tuples(st.integers(0, len(data)), st.binary(max_size=6))
        return st.one_of(
            structural.map(lambda changes: _mutate(document, changes)),
            cuts.map(lambda cut: data[: cut[0]] + cut[1]),
            cuts.map(lambda cut: data[: cut[0]] + cut[1] + data[cut[0] + 1 :]),
        )

    return strategy


def _mutate(document, changes) -> bytes:
    document = copy.deepcopy(document)
    for where, how, value, name in changes:
        places = list(_places(document))
        if not places:
            break
        holder, key = places[int(where * (len(places) - 1))]
        if how == 0:
            holder[key] = copy.deepcopy(value)
        elif how == 1:
            del holder[key]
        elif isinstance(holder, dict):
            holder[name] = holder.pop(key)
    return json.dumps(document).encode()


def _places(node):
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in list(keys):
        yield node, key
        yield from _places(node[key])


def check_invariants(prices: PriceList) -> None:
    """What every parsed list promises, however odd the input was."""
    slugs = [offering.slug for offering in prices.offerings]
    assert len(slugs) == len(set(slugs))
    for offering in prices.offerings:
        keys = [(said.meter, said.conditions.key) for said in offering.statements]
        assert len(keys) == len(set(keys))
        for said in offering.statements:
            _check_segments(said.segments)


def _check_segments(segments) -> None:
    assert segments
    for segment in segments:
        assert segment.amount is None or (segment.amount.is_finite() and segment.amount >= 0)
        assert segment.valid_from is None or segment.valid_until is None or segment.valid_from < segment.valid_until
    for before, after in itertools.pairwise(segments):
        assert before.valid_until is not None
        assert after.valid_from is not None
        assert before.valid_until <= after.valid_from


@pytest.fixture(scope="session")
def invariants():
    return check_invariants
