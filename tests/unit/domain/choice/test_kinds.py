"""What a model is for, by what lists call it and by its id."""

from __future__ import annotations

import pytest

from llmpricing.domain.choice.kinds import kind_of


@pytest.mark.parametrize(
    ("mode", "api_id", "kind"),
    [
        ("chat", "gpt-9", "chat"),
        (None, "gpt-9", "chat"),
        ("chat", "amazon/titan-embed-text-v2", "embedding"),  # as a gateway's list has it
        ("chat", "lyria-3-clip-preview", "audio"),
        ("chat", "meta-llama/llama-guard-3-8b", "chat"),  # it is asked for text
        ("evaluation", "pplx-decider-v1.2", "decision"),
        (None, "perplexity/pplx-decider-v1-27b", "decision"),
        (None, "thinkingmachines/inkling", "chat"),
        (None, "kling-v2", "video"),
        ("embedding", "some-lyria", "embedding"),
    ],
)
def test_an_id_counts_where_a_list_says_no_more_than_chat(mode: str | None, api_id: str, kind: str) -> None:
    assert kind_of(mode, None, api_id) == kind
