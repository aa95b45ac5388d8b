"""Match clauses: what an operator tree means, and what it says of a name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.names.clauses import MatchError, compile_clause, compile_pattern


@pytest.mark.parametrize(
    ("tree", "name", "matches"),
    [
        ({"equals": "gpt-4o"}, "GPT-4o", True),
        ({"equals": "gpt-4o"}, "gpt-4o-mini", False),
        ({"starts_with": "MiniMax-M"}, "minimax-m2", True),
        ({"ends_with": "Claude-V2"}, "anthropic.claude-v2", True),
        ({"contains": "nova-pro"}, "us.amazon.nova-pro-v1:0", True),
        ({"contains": "nova-pro"}, "us.amazon.nova-lite-v1:0", False),
        ({"regex": r"^o[134]"}, "O3-mini", True),
        ({"regex": r"^o[134]"}, "o2", False),
        ({"or": [{"equals": "a"}, {"starts_with": "b"}]}, "bc", True),
        ({"or": [{"equals": "a"}, {"starts_with": "b"}]}, "cb", False),
        ({"and": [{"starts_with": "gemini-2.5-pro"}, {"regex": "^(?!.*-tts)"}]}, "gemini-2.5-pro", True),
        ({"and": [{"starts_with": "gemini-2.5-pro"}, {"regex": "^(?!.*-tts)"}]}, "gemini-2.5-pro-tts", False),
    ],
)
def test_a_clause_means_what_genai_prices_means_by_it(tree, name, matches):
    assert compile_clause(tree)(name) is matches


@pytest.mark.parametrize(
    ("tree", "name", "stated"),
    [
        ({"equals": "gpt-4o"}, "GPT-4o", "gpt-4o"),
        ({"starts_with": "gpt-4o"}, "gpt-4o-2024-08-06", "gpt-4o"),
        ({"or": [{"starts_with": "gpt"}, {"contains": "gpt-4o"}]}, "gpt-4o-mini", "gpt-4o"),
        ({"and": [{"starts_with": "gpt-4o"}, {"ends_with": "mini"}]}, "gpt-4o-mini", "gpt-4o"),
        ({"regex": r"^composer-2\.5\[fast=true\]$"}, "composer-2.5[fast=true]", "composer-2.5[fast=true]"),
        ({"regex": r"^gpt-6-\d{4}$"}, "gpt-6-2026", ""),
        ({"regex": r"gpt-.*"}, "gpt-6-2026", ""),
        ({"equals": "a"}, "b", None),
    ],
)
def test_a_clause_tells_which_part_of_the_name_it_names(tree, name, stated):
    assert compile_clause(tree).stated(name) == stated


def test_names_meant_by_equals_can_be_looked_up():
    clause = compile_clause({"or": [{"equals": "A"}, {"or": [{"equals": "b"}]}]})
    assert (clause.exact, clause.only_exact) == ({"a", "b"}, True)
    clause = compile_clause({"or": [{"equals": "A"}, {"starts_with": "b"}]})
    assert (clause.exact, clause.only_exact) == ({"a"}, False)
    assert compile_clause({"and": [{"equals": "a"}, {"regex": "a"}]}).exact == frozenset()


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"equals": "a", "regex": "b"},
        {"matches": "a"},
        {"equals": 3},
        {"or": []},
        {"or": "a"},
        {"and": [{"equals": None}]},
        {"regex": "("},
        "gpt-4o",
        None,
    ],
)
def test_what_is_no_clause_is_refused(tree):
    with pytest.raises(MatchError):
        compile_clause(tree)


def test_a_clause_nested_without_end_is_refused():
    tree = {"equals": "a"}
    for _ in range(10_000):
        tree = {"or": [tree]}
    with pytest.raises(MatchError, match="levels deep"):
        compile_clause(tree)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^(?![^/]+/)(?:labs-)?(?:mi|code)stral", "labs-codestral-2", "labs-codestral"),
        (r"^(?![^/]+/)(?:labs-)?(?:mi|code)stral", "mistral/codestral", None),
        (r"^(?!.*-[tT][tT][sS](?:$|-))", "gemini-tts", None),
        (r"^(?!.*-[tT][tT][sS](?:$|-))", "gemini-ttsy", ""),
        (r"^(?![)(]x|\(y)z?", "z", "z"),
        (r"^(?![)(]x|\(y)z?", ")x", None),
        (r"b", "aéb\ud800", "b"),
    ],
)
def test_a_pattern_means_what_pythons_engine_means_by_it(pattern, text, found):
    expected = re.search(pattern, text)
    assert compile_pattern(pattern).search(text) == (expected and expected[0]) == found


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "a(?=b)", "^(?!a)b|c", "^(?!a", "a{2000}", "\ud800", "(?<=a)b"])
def test_a_pattern_that_needs_more_than_linear_time_or_is_none_is_refused(pattern):
    with pytest.raises(MatchError, match="regular expression"):
        compile_pattern(pattern)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_pattern_is_compiled_or_refused_and_any_text_is_searched(pattern, text):
    try:
        compiled = compile_pattern(pattern)
    except MatchError:
        return
    found = compiled.search(text)
    assert found is None or found in text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("pattern", ["(.?){1000}" * 30, "(.?){100}" * 30, "[^a]{500}b"])
def test_a_pattern_that_is_dear_to_run_is_none(pattern):
    with pytest.raises(MatchError, match="too large"):
        compile_clause({"regex": pattern})


REGEXES = [
    *(
        r"^gpt-5\.4-\d{4}$",
        r"^ab?c",
        r"^ab+",
        r"^abc|def",
        r"^a-\[fast\]$",
        r"^(a|b)c",
        "abc",
        r"^a\-b",
        r"^x{2}",
        r"^$",
    ),
    *(r"^a\.*b", r"^ab*", r"^a/b@c_d-\d", r"^(?!ab)a", r"^ABC"),
]


@pytest.mark.parametrize("regex", REGEXES)
@given(st.text(alphabet="abcdefgpt45.-[]/@_x\\\n", max_size=12))
def test_what_a_regex_begins_with_spares_searches_and_changes_no_answer(regex, text):
    clause = compile_clause({"regex": regex})
    for one in (text, regex.strip("^$").replace("\\", ""), "gpt-5.4-0814", "a-[fast]", f"abc{text}", f"ab{text}"):
        assert clause(one) == (compile_pattern(regex).search(one.lower()) is not None)
