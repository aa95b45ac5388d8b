"""ccusage's overrides: every price of a name, and no name whose price is not known."""

from __future__ import annotations

from decimal import Decimal

from llmpricing.domain.conditions import Conditions, Step
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.ccusage import overrides_of
from tests.unit.exports.test_ratios import ask


def of(*prices: Price) -> dict[str, dict[str, Decimal]]:
    return overrides_of({"m": CountingPrices(prices, "acme/m")})


def test_cached_tokens_and_the_step_are_always_stated() -> None:
    found = of(ask("input_tokens", 2), ask("output_tokens", 8))["m"]
    for suffix in ("", "Above200kTokens"):
        assert found[f"inputCostPerToken{suffix}"] == Decimal("0.000002")
        assert found[f"outputCostPerToken{suffix}"] == Decimal("0.000008")
        assert found[f"cacheReadInputTokenCost{suffix}"] == Decimal("0.000002")
        assert found[f"cacheCreationInputTokenCost{suffix}"] == Decimal("0.000002")


def test_a_step_is_stated_for_what_lies_beyond_it() -> None:
    step = Conditions(step=Step(200_000))
    found = of(ask("input_tokens", 2), ask("input_tokens", 4, when=step), ask("output_tokens", 8))["m"]
    assert (found["inputCostPerToken"], found["inputCostPerTokenAbove200kTokens"]) == (
        Decimal("0.000002"),
        Decimal("0.000004"),
    )


def test_a_name_without_a_known_price_is_left_out_and_a_free_one_is_not() -> None:
    assert of(ask("input_tokens", 2)) == {}
    assert of(ask("input_tokens", 2), ask("output_tokens", None, state=State.UNKNOWN)) == {}
    free = of(ask("input_tokens", None, state=State.FREE), ask("output_tokens", None, state=State.FREE))
    assert free["m"]["inputCostPerToken"] == 0


def test_output_of_a_model_that_makes_only_pictures_asks_the_price_of_pictures() -> None:
    """As a quote of output that says no more does: the price of its text is a third."""
    asked = (ask("input_tokens", 5), ask("output_tokens", 10), ask("output_image_tokens", 32))
    found = overrides_of({"m": CountingPrices(asked, "openai/gpt-image-1.5")})
    assert found["m"]["outputCostPerToken"] == Decimal("0.000032")
