"""Where LiteLLM's calculator and we differ: a closed list, each with its reason and who is right.

Each deviation says how the calculator reads the map's entry or the usage otherwise than we do. Read as it does, our
quote must come to the very same amount: a reason that does not explain the whole difference explains nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from llmpricing.domain.quotes.bill import Quote
from tests.oracles.litellm import readings
from tests.oracles.litellm.cases import Case
from tests.oracles.litellm.entries import Entry
from tests.oracles.litellm.views import View

ROUNDING = 5e-13  # ours are rounded once, to 12 places
TOLERANCE = 1e-12  # theirs are sums of floats


@dataclass(frozen=True)
class Deviation:
    """One way in which the calculator differs; ``read`` returns the view as it reads it, unchanged where it agrees."""

    name: str
    reason: str
    read: Callable[[Case, View], View]


# In this order; each sees what those before it have read otherwise.
DEVIATIONS = (
    Deviation(
        "own entry",
        "reads the key alone; we take what another key says of the same offering in any region (ours, by design)",
        readings.own_entry,
    ),
    Deviation("request fee", "never adds input_cost_per_request (ours: the seller charges it)", readings.request_fee),
    Deviation(
        "batch",
        "bills cached input of a batch in full, reasoning and regions as nothing special, and half the standard price"
        " where no batch price is stated (ours: the stated prices; the half is a guess)",
        readings.batch,
    ),
    Deviation(
        "own calculator",
        "Perplexity's and Fireworks' calculators know no steps, and Perplexity's no cached input (ours)",
        readings.own_calculator,
    ),
    Deviation("no range", "no input tokens fall into no range, so output is free (ours)", readings.no_range),
    Deviation(
        "cache hit key", "input_cost_per_token_cache_hit is not read by its calculator (ours)", readings.cache_hit_key
    ),
    Deviation(
        "audio tier lost",
        "drops input_cost_per_audio_token_priority before it calculates (ours)",
        readings.audio_tier_lost,
    ),
    Deviation(
        "step over tier",
        "where a tier states no long-context price, takes the standard tier's; we take the tier's own price of any"
        " length (open: the map does not say)",
        readings.step_over_tier,
    ),
    Deviation(
        "free if unpriced",
        "cached, cache-writing and audio input without a price of their own cost 0 (ours: they cost what input costs)",
        readings.free_if_unpriced,
    ),
    Deviation(
        "image input at base",
        "image input without a price of its own costs the standard price of short requests, whatever the tier and"
        " length; 0 where prices are by range (ours)",
        readings.images_at_base,
    ),
    Deviation(
        "text as image",
        "an image model's text output without a price costs what image output costs (ours: unknown, as stated)",
        readings.text_as_image,
    ),
    Deviation(
        "one search", "Parallel's searches cost a fixed 0.005, however many and whichever (ours)", readings.one_search
    ),
    Deviation(
        "search default", "a Gemini without a stated search price costs 0.035 a search (open)", readings.search_default
    ),
    Deviation(
        "search per prompt",
        "Gemini 2.x: any number of searches in a prompt is one; we bill as many as are stated (theirs, if searches are"
        " stated rather than prompts)",
        readings.search_per_prompt,
    ),
    Deviation(
        "media as text",
        "audio and pictures without a price of their own cost what text costs (ours: unknown, sellers that bill them"
        " ask more)",
        readings.media_as_text,
    ),
    Deviation(
        "router twice",
        "adds the router's fee to itself when asked for the router's own name (ours)",
        readings.router_twice,
    ),
    Deviation(
        "by response time",
        "Azure's entry with a price by output second costs nothing but seconds of response time (ours)",
        readings.by_response_time,
    ),
)
OTHER_ENTRY = "other entry"
UNPRICED = "unpriced is 0"
REASONS = {
    OTHER_ENTRY: "its lookup leads from this key to another entry of the map (ours: the key's own)",
    **{deviation.name: deviation.reason for deviation in DEVIATIONS},
    UNPRICED: "usage without any price, or not offered, costs 0; ours has no total and says why (ours)",
}


def equal(answer: Quote, theirs: float) -> bool:
    """Whether a total is theirs, as far as floats tell."""
    # LiteLLM's amount is a float, so the comparison is one; ours stays a Decimal.
    return answer.total is not None and abs(float(answer.total) - theirs) <= TOLERANCE * abs(theirs) + ROUNDING


def explained(case: Case, theirs: float, read: Entry | None) -> tuple[list[str], Quote]:
    """What changes our total on the way to theirs, nothing where both agree at once; and the quote that is arrived at.

    ``read`` is the entry that the calculator read.
    """
    names, answer = _followed(case, theirs)
    if equal(answer, theirs) or read is None or read is case.entry:
        return names, answer
    names, answer = _followed(replace(case, entry=read), theirs)
    return [OTHER_ENTRY, *names], answer


def _followed(case: Case, theirs: float) -> tuple[list[str], Quote]:
    view = View(case.entry.statements, dict(case.used), case.facts)
    answer = view.quote()
    names: list[str] = []
    for deviation in DEVIATIONS:
        if equal(answer, theirs):
            return names, answer
        changed = deviation.read(case, view)
        if changed != view:
            view, before, answer = changed, answer, changed.quote()
            if before.total != answer.total:
                names.append(deviation.name)
    if answer.total is None and not answer.missing:
        answer = answer._replace(total=sum((line.amount for line in answer.lines), Decimal(0)))
        names.append(UNPRICED)
    return names, answer
