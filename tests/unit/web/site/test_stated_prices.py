"""What the lists say of an offering's prices: the few lines that are read, before the many on which all agree."""

from __future__ import annotations

from llmpricing.web.site.stated_prices import StatedCell, StatedLine, StatedPrices

COUNTED, SAME, OTHER = StatedCell("$2.00", "counted"), StatedCell("the same", "same"), StatedCell("$3.00", "different")


def line(second: StatedCell, *conditions: str) -> StatedLine:
    return StatedLine("input_tokens", list(conditions), "per million tokens", [COUNTED, second])


def test_base_prices_and_those_on_which_lists_differ_lead_and_the_others_are_folded() -> None:
    base, apart = line(SAME), line(OTHER, "batch")
    agreed = [line(SAME, f"region: {number}") for number in range(30)]
    told = StatedPrices(["a", "b"], [base, *agreed[:9], apart, *agreed[9:]], 32, 31)
    assert told.leading == [base, apart]
    assert told.following == agreed


def test_a_few_are_not_folded() -> None:
    lines = [line(SAME), *(line(SAME, f"region: {number}") for number in range(5))]
    told = StatedPrices(["a", "b"], lines, 6, 6)
    assert (told.leading, told.following) == (lines, [])
