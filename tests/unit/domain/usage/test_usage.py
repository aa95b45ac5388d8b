"""Reading usage: nothing is billed twice, nothing is missed, and errors name the caller's field."""

from __future__ import annotations

from decimal import Decimal

import pytest

from llmpricing.domain.usage.formats import UsageError, read_usage


def shares(raw, usage_format="llmpricing"):
    usage = read_usage(raw, usage_format)
    return dict(zip(usage.keys, usage.leaves, strict=True))


def test_our_input_counts_cached_and_audio_tokens_too():
    raw = {
        "input_tokens": 1000,
        "cache_read_tokens": 300,
        "input_audio_tokens": 200,
        "cache_audio_read_tokens": 50,
        "output_tokens": 500,
        "output_reasoning_tokens": 100,
    }
    assert shares(raw) == {
        "input_tokens": 550,
        "cache_read_tokens": 250,
        "input_audio_tokens": 150,
        "cache_audio_read_tokens": 50,
        "output_tokens": 400,
        "output_reasoning_tokens": 100,
    }


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        ({"input_token": 1}, "input_token", "did you mean input_tokens"),
        ({"input_tokens": -1}, "input_tokens", "negative"),
        ({"input_tokens": 10**12 + 1}, "input_tokens", "too large"),
        ({"input_tokens": Decimal("1e400")}, "input_tokens", "out of range"),
        ({"input_tokens": 1.5}, "input_tokens", "whole"),
        ({"input_tokens": Decimal("0.5")}, "input_tokens", "whole"),
        ({"input_tokens": True}, "input_tokens", "number"),
        ({"input_tokens": "7"}, "input_tokens", "number"),
        ({"input_tokens": None}, "input_tokens", "number"),
        ({"input_tokens": float("nan")}, "input_tokens", "finite"),
        ({"input_tokens": Decimal("Infinity")}, "input_tokens", "finite"),
        ({"audio_seconds": Decimal("0.0000000000001")}, "audio_seconds", "decimal places"),
        ({"input_tokens": 100, "cache_read_tokens": 101}, "cache_read_tokens", "more than input_tokens"),
        ({"output_tokens": 1, "output_reasoning_tokens": 2}, "output_reasoning_tokens", "more than output_tokens"),
        ({"cache_read_tokens": 5}, "input_tokens", "missing"),
        ({"input_tokens": 9, "cache_read_tokens": 5, "cache_write_tokens": 5}, "cache_read_tokens", "together"),
        (
            {"input_tokens": 9, "cache_read_tokens": 6, "input_audio_tokens": 7},
            "input_audio_tokens",
            "state cache_audio_read_tokens",
        ),
        ({"requests": 0, "input_tokens": 1}, "requests", "at least 1"),
        ({}, "usage", "empty"),
    ],
)
def test_a_quantity_that_cannot_be_is_refused_by_name(raw, field, words):
    with pytest.raises(UsageError, match=words) as caught:
        read_usage(raw)
    assert caught.value.field == field


def test_seconds_may_be_fractional_and_whole_numbers_may_be_written_with_a_point():
    assert shares({"audio_seconds": 12.5}) == {"audio_seconds": Decimal("12.5")}
    assert read_usage({"input_tokens": 7.0}).whole


def test_a_seconds_child_needs_no_parent_stated():
    assert shares({"input_audio_seconds": 10}) == {"input_audio_seconds": 10}


def test_openai_chat_completions_count_the_cached_tokens_in_the_prompt():
    raw = {
        "prompt_tokens": 2006,
        "completion_tokens": 300,
        "total_tokens": 2306,
        "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 64,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 10,
            "rejected_prediction_tokens": 20,
        },
    }
    expected = {"input_tokens": 86, "cache_read_tokens": 1920, "output_tokens": 236, "output_reasoning_tokens": 64}
    assert shares(raw, "openai") == expected


def test_openai_responses_name_the_same_things_otherwise():
    raw = {
        "input_tokens": 36,
        "input_tokens_details": {"cached_tokens": 30},
        "output_tokens": 87,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 123,
    }
    assert shares(raw, "openai") == {"input_tokens": 6, "cache_read_tokens": 30, "output_tokens": 87}


def test_openai_realtime_tells_how_much_of_the_cached_input_was_audio():
    raw = {
        "total_tokens": 253,
        "input_tokens": 132,
        "output_tokens": 121,
        "input_token_details": {
            "text_tokens": 119,
            "audio_tokens": 13,
            "image_tokens": 0,
            "cached_tokens": 64,
            "cached_tokens_details": {"text_tokens": 54, "audio_tokens": 10},
        },
        "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
    }
    assert shares(raw, "openai") == {
        "input_text_tokens": 65,
        "input_audio_tokens": 3,
        "cache_text_read_tokens": 54,
        "cache_audio_read_tokens": 10,
        "output_text_tokens": 30,
        "output_audio_tokens": 91,
    }


def test_text_is_what_the_others_leave_where_the_modality_of_cached_tokens_is_not_told():
    raw = {"prompt_tokens": 100, "prompt_tokens_details": {"text_tokens": 100, "cached_tokens": 60}}
    assert shares(raw, "openai") == {"input_tokens": 40, "cache_read_tokens": 60}


def test_reasoning_beside_the_completion_is_output_too():
    """xAI's total shows it; Perplexity reports it at the top."""
    xai = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 115,
        "completion_tokens_details": {"reasoning_tokens": 100},
    }
    assert shares(xai, "openai") == {"input_tokens": 10, "output_tokens": 5, "output_reasoning_tokens": 100}
    perplexity = {
        "prompt_tokens": 33,
        "completion_tokens": 71,
        "total_tokens": 104,
        "reasoning_tokens": 700,
        "citation_tokens": 20,
        "num_search_queries": 3,
        "search_context_size": "low",
        "cost": {"total_cost": 0.5},
    }
    assert shares(perplexity, "openai") == {
        "input_tokens": 33,
        "output_tokens": 71,
        "output_reasoning_tokens": 700,
        "output_citation_tokens": 20,
        "web_searches": 3,
    }


def test_deepseek_reports_cache_hits_twice_and_they_count_once():
    raw = {
        "prompt_tokens": 50,
        "completion_tokens": 5,
        "prompt_cache_hit_tokens": 40,
        "prompt_cache_miss_tokens": 10,
        "prompt_tokens_details": {"cached_tokens": 40},
    }
    assert shares(raw, "openai") == {"input_tokens": 10, "cache_read_tokens": 40, "output_tokens": 5}
    with pytest.raises(UsageError, match="but prompt_cache_hit_tokens is 40"):
        read_usage(raw | {"prompt_tokens_details": {"cached_tokens": 41}}, "openai")


def test_moonshot_tells_its_cached_tokens_beside_the_prompt():
    raw = {"prompt_tokens": 19, "completion_tokens": 21, "total_tokens": 40, "cached_tokens": 10}
    assert shares(raw, "openai") == {"input_tokens": 9, "cache_read_tokens": 10, "output_tokens": 21}


@pytest.mark.parametrize(
    ("said", "tier"),
    [
        ({"speed": "fast", "service_tier": "standard"}, "fast"),
        ({"speed": "fast"}, "fast"),
        ({"speed": "standard", "service_tier": "batch"}, "batch"),
        ({"speed": None, "service_tier": "priority"}, "priority"),
    ],
)
def test_anthropic_s_speed_is_a_tier(said, tier):
    assert read_usage({"input_tokens": 1, "output_tokens": 1, **said}, "anthropic").service_tier == tier


@pytest.mark.parametrize("usage_format", ["openai", "anthropic"])
def test_objects_in_one_another_without_end_are_refused_by_name(usage_format):
    raw = {"input_tokens": 1}
    for _ in range(5000):
        raw = {"more": raw}
    with pytest.raises(UsageError, match=r"^more\.more\..* lies too deep"):
        read_usage(raw, usage_format)


def test_anthropic_leaves_the_cache_out_of_input_and_writes_live_five_minutes():
    raw = {
        "input_tokens": 21,
        "cache_creation_input_tokens": 388,
        "cache_read_input_tokens": 188_086,
        "cache_creation": {"ephemeral_5m_input_tokens": 188, "ephemeral_1h_input_tokens": 100},
        "output_tokens": 393,
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 4},
        "service_tier": "batch",
        "inference_geo": "us",
    }
    usage = read_usage(raw, "anthropic")
    assert dict(zip(usage.keys, usage.leaves, strict=True)) == {
        "input_tokens": 21,
        "cache_read_tokens": 188_086,
        "cache_write_5m_tokens": 288,
        "cache_write_1h_tokens": 100,
        "output_tokens": 393,
        "web_searches": 2,
    }
    assert usage.request_input == 21 + 388 + 188_086
    assert (usage.service_tier, usage.region) == ("batch", "us")


def test_anthropic_without_the_split_writes_for_five_minutes():
    raw = {"input_tokens": 1, "cache_creation_input_tokens": 9, "cache_creation": None, "output_tokens": 2}
    assert shares(raw, "anthropic") == {"input_tokens": 1, "cache_write_5m_tokens": 9, "output_tokens": 2}


def test_anthropic_cache_writes_that_contradict_each_other_are_refused():
    raw = {"input_tokens": 1, "cache_creation_input_tokens": 9, "cache_creation": {"ephemeral_1h_input_tokens": 10}}
    with pytest.raises(UsageError) as caught:
        read_usage(raw, "anthropic")
    assert caught.value.field == "cache_creation"


@pytest.mark.parametrize("snake_case", [False, True])
def test_google_counts_thoughts_and_tool_use_beside_the_rest(snake_case):
    raw = {
        "promptTokenCount": 1000,
        "cachedContentTokenCount": 400,
        "toolUsePromptTokenCount": 50,
        "candidatesTokenCount": 80,
        "thoughtsTokenCount": 20,
        "totalTokenCount": 1150,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 700}, {"modality": "AUDIO", "tokenCount": 300}],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 100}, {"modality": "TEXT", "tokenCount": 300}],
        "trafficType": "ON_DEMAND_FLEX",
    }
    if snake_case:
        names = {"tokenCount": "token_count"}
        raw = {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in key): [
                {names.get(name, name): text for name, text in detail.items()} for detail in value
            ]
            if isinstance(value, list)
            else value
            for key, value in raw.items()
        }
    usage = read_usage(raw, "google")
    assert dict(zip(usage.keys, usage.leaves, strict=True)) == {
        "input_text_tokens": 400,
        "input_audio_tokens": 200,
        "cache_text_read_tokens": 300,
        "cache_audio_read_tokens": 100,
        "input_tool_tokens": 50,
        "output_tokens": 80,
        "output_reasoning_tokens": 20,
    }
    assert usage.request_input == 1050
    assert usage.service_tier == "flex"


@pytest.mark.parametrize(
    ("usage_format", "field", "raw"),
    [
        ("openai", "prompt_tokens_details.smell_tokens", {"prompt_tokens_details": {"smell_tokens": 3}}),
        ("openai", "prompt_tokens_details", {"prompt_tokens_details": [3]}),
        ("anthropic", "server_tool_use.teleport_requests", {"server_tool_use": {"teleport_requests": 1}}),
        ("google", "smellTokenCount", {"smellTokenCount": 3}),
    ],
)
def test_an_object_of_nothing_but_unknown_counts_is_refused_by_name(usage_format, field, raw):
    with pytest.raises(UsageError) as caught:
        read_usage(raw, usage_format)
    assert caught.value.field == field


@pytest.mark.parametrize("usage_format", ["openai", "anthropic"])
def test_unknown_texts_costs_and_zeros_are_left_alone(usage_format):
    raw = {"input_tokens": 3, "cost": 0.25, "queue_time": 0.1, "smell_tokens": 0, "id": "x", "details": {"note": None}}
    assert shares(raw, usage_format) == {"input_tokens": 3}


def test_a_contradiction_is_told_in_the_words_of_the_format():
    raw = {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 6}}
    with pytest.raises(UsageError, match="more than prompt_tokens") as caught:
        read_usage(raw, "openai")
    assert caught.value.field == "prompt_tokens_details.cached_tokens"
    with pytest.raises(UsageError, match="more than promptTokenCount") as caught:
        read_usage({"promptTokenCount": 5, "cachedContentTokenCount": 6}, "google")
    assert caught.value.field == "cachedContentTokenCount"


def test_a_usage_object_without_any_known_count_is_refused():
    with pytest.raises(UsageError, match="holds no count"):
        read_usage({"object": "usage"}, "openai")


def test_google_details_of_another_shape_are_refused_and_documents_stay_in_their_total():
    raw = {"promptTokenCount": 9, "promptTokensDetails": [{"modality": "DOCUMENT", "tokenCount": 5}], "x": None}
    assert shares(raw, "google") == {"input_tokens": 9}
    with pytest.raises(UsageError) as caught:
        read_usage({"promptTokenCount": 9, "promptTokensDetails": [7]}, "google")
    assert caught.value.field == "promptTokensDetails"


def test_google_text_is_what_the_others_leave_where_the_modality_of_cached_tokens_is_not_told():
    raw = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 60,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}],
    }
    assert shares(raw, "google") == {"input_tokens": 40, "cache_read_tokens": 60}


def told(raw, usage_format="auto"):
    found = read_usage(raw, usage_format).told
    assert found is not None
    return found


def test_tool_use_of_gemini_is_input_beside_the_prompt_with_both_detail_lists():
    raw = {
        "promptTokenCount": 150,
        "toolUsePromptTokenCount": 18_300,
        "candidatesTokenCount": 1000,
        "thoughtsTokenCount": 1100,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 150}],
        "toolUsePromptTokensDetails": [{"modality": "TEXT", "tokenCount": 18_300}],
    }
    usage = read_usage(raw, "google")
    assert usage.request_input == 18_450
    assert sum(usage.leaves) == 150 + 18_300 + 1000 + 1100


def test_provisioned_throughput_is_told_and_an_unknown_traffic_type_named():
    assert told({"promptTokenCount": 1000, "trafficType": "PROVISIONED_THROUGHPUT"}).by_subscription
    (remark,) = told({"promptTokenCount": 1000, "trafficType": "ON_THE_MOON"}).remarks
    assert "ON_THE_MOON" in remark.message
    usage = read_usage({"promptTokenCount": 1000, "trafficType": "ON_DEMAND"}, "google")
    assert (usage.told, usage.service_tier) == (None, None)


def test_each_iteration_is_a_request_and_compaction_is_billed_there_only():
    raw = {
        "input_tokens": 23_000,
        "output_tokens": 1000,
        "cache_creation_input_tokens": 600,
        "cache_creation": {"ephemeral_1h_input_tokens": 500, "ephemeral_5m_input_tokens": 100},
        "server_tool_use": {"web_search_requests": 2},
        "iterations": [
            {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3500},
            {"type": "message", "input_tokens": 23_000, "output_tokens": 1000, "cache_creation_input_tokens": 600},
            {"type": "advisor_message", "model": "claude-opus-4-7", "input_tokens": 800, "output_tokens": 90},
        ],
    }
    usage = read_usage(raw, "anthropic")
    assert usage.told is not None
    compaction, message = usage.told.parts
    assert (compaction.request_input, message.request_input) == (180_000, 23_600)
    assert dict(zip(message.keys, message.leaves, strict=True)) == {
        "input_tokens": 23_000,
        "cache_write_5m_tokens": 100,
        "cache_write_1h_tokens": 500,
        "output_tokens": 1000,
    }
    assert usage.stated["input_tokens"] == 203_600
    assert usage.stated["web_searches"] == compaction.stated["web_searches"] == 2
    (remark,) = usage.told.remarks
    assert (remark.field, "claude-opus-4-7" in remark.message) == ("iterations[2]", True)


def test_a_single_iteration_is_the_message_itself():
    raw = {"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": 5}
    one = read_usage(raw | {"iterations": [raw | {"type": "message"}]}, "anthropic")
    assert one == read_usage(raw, "anthropic")


def test_a_flat_total_of_nothing_beside_a_filled_split_is_a_contradiction():
    split = {"ephemeral_5m_input_tokens": 3000, "ephemeral_1h_input_tokens": 9000}
    raw = {"input_tokens": 10, "output_tokens": 1, "cache_creation_input_tokens": 0, "cache_creation": split}
    with pytest.raises(UsageError, match=r"cache_creation counts 12000, more than cache_creation_input_tokens \(0\)"):
        read_usage(raw, "anthropic")


def test_the_usual_tier_is_no_condition():
    usage = read_usage({"input_tokens": 1, "inference_geo": "", "service_tier": "standard"}, "anthropic")
    assert (usage.region, usage.service_tier) == (None, None)
    assert read_usage({"prompt_tokens": 1, "service_tier": "default"}, "openai").service_tier is None
    assert read_usage({"prompt_tokens": 1, "service_tier": "priority"}, "openai").service_tier == "priority"


def test_a_whole_answer_stands_for_the_usage_inside_it_with_its_tier_and_its_searches():
    search = {"type": "web_search_call", "action": {"type": "search"}}
    answer = {
        "id": "resp_1",
        "object": "response",
        "service_tier": "flex",
        "output": [search, search, {"type": "web_search_call", "action": {"type": "open_page"}}, {"type": "message"}],
        "usage": {"input_tokens": 5, "output_tokens": 3},
    }
    usage = read_usage(answer, "openai")
    assert dict(usage.stated) == {"input_tokens": 5, "output_tokens": 3, "web_searches": 2}
    assert usage.service_tier == "flex"


def test_xai_tools_are_counted_by_the_call_and_live_search_by_the_source():
    raw = {"prompt_tokens": 10, "completion_tokens": 5, "num_sources_used": 12}
    assert shares(raw, "xai")["web_searches"] == 12
    calls = {"web_search_calls": 2, "x_search_calls": 1, "code_interpreter_calls": 3, "image_generation_calls": 1}
    usage = read_usage(raw | {"server_side_tool_usage_details": calls}, "xai")
    assert [usage.stated[m] for m in ("web_searches", "social_searches", "code_executions")] == [2, 1, 3]
    assert usage.told is not None
    assert [remark.meter for remark in usage.told.remarks] == ["output_images"]


def test_as_many_pictures_were_cached_as_must_have_been():
    """2,300 of 2,400 tokens cached, 1,100 of them pictures: at least 1,000 pictures' tokens were."""
    raw = {
        "prompt_tokens": 2400,
        "completion_tokens": 100,
        "total_tokens": 2800,
        "prompt_tokens_details": {"text_tokens": 1300, "image_tokens": 1100, "cached_tokens": 2300},
        "completion_tokens_details": {"reasoning_tokens": 300},
    }
    assert shares(raw, "xai") == {
        "input_image_tokens": 100,
        "cache_image_read_tokens": 1000,
        "cache_read_tokens": 1300,
        "output_tokens": 100,
        "output_reasoning_tokens": 300,
    }


@pytest.mark.parametrize(
    ("recognised", "raw"),
    [
        ("litellm", {"prompt_tokens": 17_111, "cache_read_input_tokens": 17_102, "completion_tokens": 40}),
        ("anthropic", {"input_tokens": 9, "cache_read_input_tokens": 17_102, "output_tokens": 40}),
        ("bedrock", {"inputTokens": 9, "cacheReadInputTokens": 17_102, "outputTokens": 40}),
        ("codex", {"input_tokens": 17_111, "cached_input_tokens": 17_102, "output_tokens": 40}),
        ("deepseek", {"prompt_tokens": 17_111, "prompt_cache_hit_tokens": 17_102, "completion_tokens": 40}),
        ("mistral", {"prompt_tokens": 17_111, "num_cached_tokens": 17_102, "completion_tokens": 40}),
        ("google", {"promptTokenCount": 17_111, "cachedContentTokenCount": 17_102, "candidatesTokenCount": 40}),
        (
            "otel",
            {
                "gen_ai.usage.input_tokens": 17_111,
                "gen_ai.usage.cache_read.input_tokens": 17_102,
                "gen_ai.usage.output_tokens": 40,
                "server.port": 443,
            },
        ),
    ],
)
def test_the_same_usage_is_recognised_by_the_keys_of_each_format(recognised, raw):
    assert told(raw).usage_format == recognised
    assert shares(raw, "auto") == {"input_tokens": 9, "cache_read_tokens": 17_102, "output_tokens": 40}


def test_where_two_formats_would_count_otherwise_the_candidates_are_named():
    raw = {"prompt_tokens": 10, "completion_tokens": 400, "completion_tokens_details": {"reasoning_tokens": 64}}
    with pytest.raises(UsageError, match=r"different counts.*openai.*xai"):
        read_usage(raw, "auto")
    assert sum(read_usage(raw | {"total_tokens": 410}, "auto").leaves) == 410
    assert sum(read_usage(raw | {"total_tokens": 474}, "auto").leaves) == 474


def test_an_object_of_another_format_is_refused_with_the_name_of_its_own():
    with pytest.raises(UsageError, match=r"cache_read_input_tokens .*name litellm as usage_format"):
        read_usage({"prompt_tokens": 9, "cache_read_input_tokens": 5, "completion_tokens": 1}, "openai")


def test_perplexity_states_the_size_of_its_search():
    raw = {"prompt_tokens": 20, "completion_tokens": 400, "search_context_size": "low", "num_search_queries": 1}
    found = told(raw, "perplexity")
    assert (found.facts, found.included) == ((("search_context_size", "low"),), ("web_searches",))


def test_a_sum_of_requests_is_told_by_any_format():
    for raw, usage_format in (
        ({"input_tokens": 400_000, "requests": 20}, "llmpricing"),
        ({"prompt_tokens": 400_000, "num_model_requests": 20}, "openai"),
        ({"promptTokenCount": 400_000, "requests": 20}, "google"),
        ({"inputTokens": 400_000, "requests": 20}, "bedrock"),
    ):
        usage = read_usage(raw, usage_format)
        assert (usage.requests, usage.request_input) == (20, 20_000)
    assert read_usage({"input_tokens": 400_001, "requests": 20}).request_input == 20_001


def test_new_meters_take_fractions():
    raw = {"cache_storage_token_hours": 1.5, "session_hours": Decimal("0.25"), "provisioned_unit_hours": 730}
    assert shares(raw) == raw


@pytest.mark.parametrize("kind", [["message"], {"a": 1}, 7])
def test_an_iteration_of_no_kind_is_remarked_upon(kind):
    steps = [{"type": kind, "input_tokens": 1, "output_tokens": 1}]
    usage = read_usage({"input_tokens": 1, "output_tokens": 1, "iterations": steps}, "anthropic")
    assert [one.field for one in usage.told.remarks] == ["iterations[0]"]
