"""Langfuse's tiers: each step costs what it does, also where a higher one is as cheap as below the first."""

from __future__ import annotations

from decimal import Decimal

from llmpricing.domain.conditions import Conditions, Step
from llmpricing.exports.langfuse import rows_of
from tests.unit.exports.test_ratios import ask


def test_a_step_that_returns_to_the_usual_price_is_a_tier_of_its_own() -> None:
    dear, usual_again, as_before = (Conditions(step=Step(above)) for above in (200_000, 400_000, 600_000))
    asked = [
        ask("input_tokens", 2),
        ask("input_tokens", 4, when=dear),
        ask("input_tokens", 2, when=usual_again),
        ask("input_tokens", 2, when=as_before),
        ask("output_tokens", 8),
    ]
    (row,) = rows_of("m", "acme/m", asked)
    tiers = sorted(row["pricingTiers"], key=lambda tier: tier["priority"] or 9)  # as Langfuse asks them
    assert [[condition["value"] for condition in tier["conditions"]] for tier in tiers] == [[400_000], [200_000], []]
    assert [tier["prices"]["input"] for tier in tiers] == [Decimal(price) / 1_000_000 for price in (2, 4, 2)]


def test_output_of_a_model_that_makes_only_pictures_asks_the_price_of_pictures() -> None:
    asked = [ask("input_tokens", 5), ask("output_tokens", 10), ask("output_image_tokens", 32)]
    (row,) = rows_of("m", "openai/gpt-image-1.5", asked)
    assert row["pricingTiers"][0]["prices"]["output"] == Decimal("0.000032")
