"""What cannot be between prices of one offering: cache reads above input, batch above standard, and the like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.meters import METERS, uncached
from llmpricing.domain.publishing.guard_evidence import Evidence, Finding, GuardRule, compared_at
from llmpricing.domain.publishing.timeline_entries import TimelineEntry

_Relation = tuple[GuardRule, Component, Callable[[Fraction], bool]]
OUTPUT_UNDER_INPUT = 10  # no seller but of safety classifiers asks 10x less for output than for input


def broken_relation(entry: TimelineEntry, standing_until: datetime, evidence: Evidence) -> Finding | None:
    """What cannot be between prices of one offering, all by the same source, under the same conditions.

    Where the source puts the other price right while this entry stands, the other one was wrong.
    """
    end = min(entry.end, standing_until) - datetime.resolution
    for rule, bounding, is_broken in _relations(evidence.component, evidence.is_chat_text):
        bound = evidence.sibling(bounding, compared_at(entry))
        factor = entry.segment.factor(bound) if bound else None
        if not factor or not is_broken(factor):
            continue
        at_last = evidence.sibling(bounding, end)
        last_factor = entry.segment.factor(at_last) if at_last else None
        if last_factor and is_broken(last_factor):
            slip = "characters read as tokens" if rule is GuardRule.TOKENS_BELOW_CHARACTERS else None
            return Finding(rule, bounding.meter, bound, factor, slip)
    return None


@lru_cache(maxsize=4_096)  # a list asks this of each of its prices, and they are of few components
def _relations(component: Component, is_chat_text: bool) -> tuple[_Relation, ...]:
    """The prices that bound one of this component, each with its rule and the factors to it at which it is broken."""
    return tuple(_bounds(component, is_chat_text))


def _bounds(component: Component, is_chat_text: bool) -> Iterator[_Relation]:
    meter, conditions = METERS[component.meter], component.conditions
    kind = meter.dimensions.get("token_type")
    if kind == "cache_read":
        yield GuardRule.CACHE_READ_ABOVE_INPUT, Component(uncached(meter.slug), conditions), lambda factor: factor > 1
    if kind == "cache_write":
        yield GuardRule.CACHE_WRITE_BELOW_INPUT, Component(uncached(meter.slug), conditions), lambda factor: factor < 1
    if conditions.service_tier == "batch":
        standard = replace(conditions, service_tier=STANDARD)
        yield GuardRule.BATCH_ABOVE_STANDARD, Component(meter.slug, standard), lambda factor: factor > 1
    if meter.slug in ("input_tokens", "output_tokens"):
        characters = Component(f"{meter.direction}_characters", conditions)
        yield GuardRule.TOKENS_BELOW_CHARACTERS, characters, lambda factor: factor < 1
    if is_chat_text and meter.slug == "input_tokens":
        far = Fraction(OUTPUT_UNDER_INPUT)
        yield GuardRule.OUTPUT_FAR_BELOW_INPUT, Component("output_tokens", conditions), lambda factor: factor >= far
    if is_chat_text and meter.slug == "output_tokens":
        under = Fraction(1, OUTPUT_UNDER_INPUT)
        yield GuardRule.OUTPUT_FAR_BELOW_INPUT, Component("input_tokens", conditions), lambda factor: factor <= under
