"""A field that is stated twice is found wherever it stands, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmpricing.web.json_body import stated_twice

NAMES = st.sampled_from(["a", "b", "c:", 'd"', "é", "model"])
LEAVES = (
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=4) | st.sampled_from(["::", '"a":', "\\u003a"])
)


class Stated(list[Any]):
    """Pairs of an object as they are written, repeated names and all."""


VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(NAMES, inner), max_size=4).map(Stated)
)


def written(value: Any) -> str:
    if isinstance(value, Stated):
        return "{" + ", ".join(f"{json.dumps(name)}: {written(item)}" for name, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def repeats(value: Any) -> bool:
    if isinstance(value, Stated):
        names = [name for name, _ in value]
        return len(set(names)) < len(names) or any(repeats(item) for _, item in value)
    return isinstance(value, list) and any(repeats(item) for item in value)


@given(VALUES)
@example(Stated([("a", 1), ("a", ":")]))
@example(Stated([("a", Stated([("b", 1), ("b", 2)])), ("a", 1)]))
def test_exactly_what_states_a_field_twice_is_found(value: Any) -> None:
    body = written(value).encode()
    assert (stated_twice(body, msgspec.json.decode(body)) is not None) == repeats(value)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"model": "a", "model": "b"}', "model"),
        ('{"items": [{}, {"usage": {"input_tokens": 1, "input_tokens": 2}}]}', "items[1].usage.input_tokens"),
        ('{"model": "a", "mod\\u0065l": "b"}', "model"),
        ('{"a": "\\u003a", "b": 1, "b": 2}', "b"),
        ('{"a": 1e999999999999, "b": 12345678901234567890123, "b": 2}', "b"),
    ],
)
def test_the_field_is_named_by_its_place(body: str, field: str) -> None:
    value = msgspec.json.Decoder(float_hook=str).decode(body.encode())
    assert stated_twice(body.encode(), value) == field
