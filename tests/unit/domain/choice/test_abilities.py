"""What lists state of abilities: a denial is no silence, and which list said it is kept."""

from __future__ import annotations

import pytest

from llmpricing.domain.choice.abilities import NO_LIST, abilities_of, abilities_text, columns_text, needs_stated

FACTS = {
    "one": {"name": "M", "capabilities": ["vision", "reasoning"], "denied_capabilities": ["tool_call"]},
    "other": {"capabilities": ["tool_call"], "input_modalities": ["text"], "output_modalities": ["text", "audio"]},
    "prices-only": {"name": "M"},
}


def test_the_text_tells_each_lists_words_whatever_their_order() -> None:
    text = abilities_text(FACTS)
    assert text is not None
    one, other = abilities_of(text).values()
    assert one.can == {"vision", "reasoning"}
    assert one.cannot == {"tool_call"}
    assert one.takes is None
    assert other.gives == {"text", "audio"}
    turned = {
        source: {name: words if name == "name" else words[::-1] for name, words in facts.items()}
        for source, facts in reversed(FACTS.items())
    }
    assert abilities_text(turned) == text
    assert abilities_text({"prices-only": {"name": "M"}}) is None


def test_of_lists_that_differ_those_count_that_say_yes() -> None:
    told = needs_stated(abilities_text(FACTS))
    assert {need: (one.is_met, one.lists) for need, one in told.items()} == {
        "tools": (True, ("other",)),
        "reasoning": (True, ("one",)),
        "vision": (True, ("one",)),
        "audio_in": (False, ("other",)),  # which names all that it takes
        "audio_out": (True, ("other",)),
        "image_out": (False, ("other",)),
        "video": (False, ("other",)),
    }


@pytest.mark.parametrize(
    ("flag", "denied"),
    [
        ("tool_call", {"tools"}),
        ("parallel_function_calling", set()),  # what can do less with tools still takes them
        ("structured_output", {"structured_output"}),
        ("video_input", set()),  # it may make films
        ("adaptive_thinking", set()),
        ("open_weights", {"open_weights"}),
        ("temperature", set()),
    ],
)
def test_a_false_flag_denies_what_it_means_and_no_more(flag: str, denied: set[str]) -> None:
    told = needs_stated(abilities_text({"a": {"capabilities": [], "denied_capabilities": [flag]}}))
    assert {need for need, one in told.items() if not one.is_met} == denied
    assert not any(one.is_met for one in told.values())


def test_what_was_believed_before_lists_were_kept_apart_counts_without_a_name() -> None:
    told = needs_stated(columns_text(["reasoning"], None, None))
    assert told["reasoning"].lists == (NO_LIST,)
    assert set(told) == {"reasoning"}
    assert needs_stated(None) == {}
