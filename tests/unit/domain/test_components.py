"""Components: each has one text, from which it is read back."""

from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.components import Component, ComponentKey
from llmpricing.domain.conditions import Conditions, Schedule, Step, sorted_extra
from llmpricing.domain.meters import METERS

NIGHT = Schedule("Asia/Shanghai", ((16 * 60 + 30, 30),), (1, 2))
WORDS = st.text("abcdefghijklmnop0123456789-_.", min_size=1, max_size=12)
CONDITIONS = st.builds(
    Conditions,
    WORDS,
    st.just("") | WORDS,
    st.none() | st.builds(Step, st.integers(0, 10**7), st.booleans(), st.booleans()),
    st.sampled_from([None, NIGHT]),
    st.dictionaries(WORDS, WORDS, max_size=2).map(sorted_extra),
)


@given(st.builds(Component, st.sampled_from(sorted(METERS)), CONDITIONS))
def test_a_component_is_read_back_from_its_text(component):
    assert Component.parse(component.text, {NIGHT.key: NIGHT}) == component
    assert ComponentKey.parse(component.text) == (component.meter, component.conditions.key)
    assert ComponentKey.parse(component.text).text == component.text


def test_a_message_names_the_base_price_by_its_meter_alone():
    assert ComponentKey("input_tokens", "").label == "input_tokens"
    assert ComponentKey("input_tokens", "tier=batch").label == "input_tokens [tier=batch]"


def test_a_series_has_neither_step_nor_schedule():
    component = Component("input_tokens", Conditions("batch", "eu", Step(200_000), NIGHT))
    assert component.series == ("input_tokens", Conditions("batch", "eu"))
