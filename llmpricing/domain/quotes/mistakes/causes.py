"""The table of known mistakes: a new one is one entry here and the function that makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from llmpricing.domain.quotes.mistakes import counts, figures, prices
from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse

Wrong = Callable[[AuditedUse], Iterator[AuditedUse]]


class Foreign(Enum):
    """Whose price is taken, where it is not the use's own: an offering's own of ``ANOTHER_TIME``, which may go together
    with a mistake in the use's own facts, or that of ``ANOTHER_OFFERING``, which may not.
    """

    ANOTHER_TIME = "another time"
    ANOTHER_OFFERING = "another offering"


@dataclass(frozen=True)
class Cause:
    """A known mistake: ``wrong`` gives what it makes of a use, in each way in which it can be made; nothing where the
    use lacks the fact that it needs. One that is not ``foreign`` is about the use's own facts, and looked for first;
    it is never made together with one that is made of the same tokens (``never_with``).
    """

    name: str
    title: str
    wrong: Wrong
    foreign: Foreign | None = None
    never_with: str = ""


_OF_TIME = Foreign.ANOTHER_TIME
_TIERS = {
    "batch": "the batch price was ignored",
    "flex": "the flex price was ignored",
    "priority": "the priority price was ignored",
    "fast": "the price of fast mode was ignored",
    "ultrafast": "the price of ultrafast mode was ignored",
}

# In the order of plausibility: of causes that explain a figure equally well, and of which a file has equally many
# records, the first is taken.
CAUSES: tuple[Cause, ...] = (
    Cause("cached_at_full_price", "cached tokens at the full input price", counts.cached_at_full_price),
    Cause(
        "cached_counted_twice", "cached tokens counted twice", counts.cached_counted_twice, never_with="cached_dropped"
    ),
    Cause("cached_dropped", "cached tokens dropped", counts.cached_dropped),
    Cause("cache_write_at_input_price", "cache writes at the input price", counts.cache_write_at_input_price),
    Cause("write_1h_at_5m_price", "one-hour cache writes at the five-minute price", counts.long_write_as_short),
    Cause(
        "reasoning_counted_twice",
        "reasoning tokens counted twice",
        counts.reasoning_counted_twice,
        never_with="reasoning_dropped",
    ),
    Cause("reasoning_dropped", "reasoning tokens dropped", counts.reasoning_dropped),
    Cause("tool_tokens_dropped", "the prompts of tools dropped", counts.tool_tokens_dropped),
    Cause("iterations_dropped", "all but one of an answer's requests dropped", counts.iterations_dropped),
    Cause("step_ignored", "the context step ignored", prices.step_ignored),
    Cause("step_on_the_part", "the context step applied to the part beyond it", prices.step_on_the_part),
    Cause("step_on_wrong_side", "the price of another side of the context step", prices.step_on_wrong_side),
    *(Cause(f"{tier}_ignored", _TIERS[tier], prices.TierIgnored(tier)) for tier in prices.TIERED),
    Cause("region_ignored", "the region's price ignored", prices.region_ignored),
    Cause("media_at_text_price", "audio, pictures or video at the text price", counts.media_at_text_price),
    Cause("media_counted_twice", "audio, pictures or video counted twice", counts.media_counted_twice),
    Cause("write_surcharge_added", "a surcharge on cache writes that the model has not", counts.write_surcharge_added),
    Cause("subscription_ignored", "tokens billed that are paid by subscription", counts.subscription_ignored),
    Cause("search_fee_missing", "the fees of searches and tools missing", counts.search_fee_missing),
    Cause("request_fee_missing", "the fee of each request missing", prices.request_fee_missing),
    Cause("another_condition", "the price of another size or condition", prices.another_fact),
    Cause("contract_rate_ignored", "the contract rate ignored", prices.contract_ignored),
    Cause("another_hour", "the price of another hour", prices.another_hour),
    Cause("another_day", "the price of another day", prices.another_day, _OF_TIME),
    Cause("withdrawn_price", "a price that was announced and withdrawn, or corrected", prices.withdrawn, _OF_TIME),
    Cause("another_seller", "another seller's price", prices.another_seller, Foreign.ANOTHER_OFFERING),
    Cause("another_model", "another model's price", prices.another_model, Foreign.ANOTHER_OFFERING),
)


@dataclass(frozen=True)
class FigureCause:
    """A mistake in the figure alone: ``slips`` tells by what it may have been multiplied. The right figure is made
    once for all of them.
    """

    name: str
    title: str
    slips: Callable[[AuditedUse], Iterable[figures.Slip]]


FIGURE_CAUSES = (
    FigureCause("unit_slip", "a slip of units", figures.unit_slips),
    FigureCause("currency", "an amount of another currency", figures.currency_slips),
)
_ALL: Sequence[Cause | FigureCause] = (*CAUSES, *FIGURE_CAUSES)
BY_CAUSE = {cause.name: cause for cause in _ALL}

ROUNDING, REPEATED, NOT_BILLED = "rounding", "repeated_billed_again", "charged_but_not_billed"
BILLED_ZERO, NOT_LOGGED, NO_PRICE = "billed_zero", "no_cost_logged", "no_price"
DISCOUNT, UNEXPLAINED = "flat_discount", "unexplained"
HIDDEN_STEP, HIDDEN_TIME = "steps_within_a_sum", "times_within_a_sum"
OTHER_TITLES = {
    ROUNDING: "rounding",
    REPEATED: "repeated records billed again",
    NOT_BILLED: "charged, but no usage that is billed",
    DISCOUNT: "a flat discount or surcharge, of which the price book knows nothing",
    BILLED_ZERO: "billed 0, as models that a tool does not know",
    NOT_LOGGED: "no cost logged",
    NO_PRICE: "charged, and no price to compare it with",
    HIDDEN_STEP: "sums of requests, of which some lie above a context step",
    HIDDEN_TIME: "sums of requests, of which some were made at another price of the hour or day",
    UNEXPLAINED: "unexplained",
}
TOGETHER = " + "


def title_of(name: str) -> str:
    """What a cause is in words, also one of two mistakes at once."""
    return ", and ".join(BY_CAUSE[one].title if one in BY_CAUSE else OTHER_TITLES[one] for one in name.split(TOGETHER))
