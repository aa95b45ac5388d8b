"""What is known of a request besides its counts: service tier, region, and whatever else a seller asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.usage.quantities import Usage

TIERS = (STANDARD, "batch", "flex", "priority", "fast", "ultrafast")  # names that sellers use
REGION = "region"
CURRENCY = "currency"  # a price with it is another denomination of the price beside it, for those who ask for it
NOT_STATED = "(not stated)"
_SAME_TIER = {"default": STANDARD, "on_demand": STANDARD}  # how OpenAI's and Google's answers call the standard one


class ContextError(ValueError):
    """A stated fact that no price of the offering knows. ``known`` lists the values it does know; ``besides`` says
    which others count, where they are too many to list.
    """

    def __init__(self, field: str, value: str, known: Iterable[str], besides: str = "") -> None:
        self.field = field
        self.value = value
        self.known = tuple(sorted(known))
        names = ", ".join(self.known) or "none for this offering"
        super().__init__(f"{field} {value!r} is not known; known: {names}{besides}")


class Context(NamedTuple):
    """Facts of a request; None means not stated. Without a tier the standard one is meant.

    ``time_known`` is false where only the day of the request is known: its clock prices then count as not stated.
    ``hour`` is a time by whose clock it pays, where that is not its own: the prices are still those of its own day.
    ``ruled_out`` are tiers that it is known not to be of, where none is stated.
    ``asked_for`` is the offering (``provider/api-id``) that another seller's prices stand in for, where they do.
    """

    service_tier: str | None = None
    region: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    time_known: bool = True
    hour: datetime | None = None
    asked_for: str = ""
    ruled_out: tuple[str, ...] = ()


UNSTATED = Context()


class Use(NamedTuple):
    """One use of a model: how much, when, and what is known of the request besides."""

    usage: Usage
    at: datetime
    context: Context


def context(
    service_tier: str | None = None,
    region: str | None = None,
    extra: Mapping[str, str] | None = None,
    time_known: bool = True,
) -> Context:
    """A context in its one canonical form; empty texts count as not stated."""
    tier = _SAME_TIER.get(service_tier, service_tier) if service_tier else None
    return Context(tier, region or None, tuple(sorted((extra or {}).items())), time_known)
