"""Who made a model, and whether it is its maker that sells it."""

from __future__ import annotations

import pytest

from llmpricing.domain.names.labs import sells_for


@pytest.mark.parametrize(
    ("provider", "lab", "is_its_own"),
    [
        ("openai", "openai", True),
        ("chatgpt", "openai", True),
        ("aws", "amazon", True),
        ("nova", "amazon", True),
        ("aws", "anthropic", False),
        ("azure", "microsoft", True),
        ("azure-ai", "microsoft", True),
        ("azure", "openai", False),
        ("google-vertex", "google", True),
        ("zhipuai", "zai", True),
        ("black-forest-labs", "blackforestlabs", True),
        ("fal-ai", "falai", True),
        ("openrouter", "zai", False),
        ("openrouter", None, False),
    ],
)
def test_a_maker_sells_under_its_own_id_or_another(provider: str, lab: str | None, is_its_own: bool) -> None:
    assert sells_for(provider, lab) == is_its_own
