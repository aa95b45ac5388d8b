"""Whose price a share pays that has none of its own: never another's without a word, never that of text for sound.

Sellers that charge input pictures apart list them apart (Gemini's cost what text costs); sound and made pictures always
cost something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from llmpricing.domain.meters import METERS, ancestors
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.notices import Code, Notice
from llmpricing.domain.quotes.sellers import charges_for_writes, makes_only
from llmpricing.domain.quotes.unit_rates import Bounds, UnitRate

UnitRates = Mapping[str, tuple[UnitRate, ...]]
_WRITE, _READ = "cache_write", "cache_read"
_DEAREST_WRITE = 2  # times the input price: an hour's write at Anthropic, the most that any seller asks
_PICTURES = ("image", "video")
_PLAIN = "output_tokens"
_APART = tuple(f"output_{modality}_tokens" for modality in ("audio", *_PICTURES))


class Payment(NamedTuple):
    """Whose price a share pays. Without a ``payer``: why it has no price, and the ``bounds`` of what it may cost."""

    payer: str | None
    reason: str = ""
    bounds: Bounds | None = None
    warning: Notice | None = None
    note: Notice | None = None


def payment(unit_rates: UnitRates, key: str, offering: str) -> Payment:
    """How a share of the meter ``key`` is paid at this offering: at its own price or at its nearest ancestor's."""
    payer = next((slug for slug in (key, *ancestors(key)) if slug in unit_rates), None)
    if payer is None or payer == key or METERS[key].family != "tokens":
        return Payment(payer)
    if _is_its_own_trade(key, payer, offering):
        payer = next(
            (slug for slug in ancestors(key) if slug in unit_rates and _modality(slug) == _modality(key)), None
        )
        if payer is None:
            reason = f"no list prices {key} of this offering, and the price of text is not that of {_modality(key)}"
            return Payment(None, reason, Bounds(Fraction(0), None))
    if unit_rates[payer][0].state is not State.PRICED:
        return Payment(payer)
    return _written(unit_rates, key, payer, offering) if _kind(key) == _WRITE else _said(key, payer)


def of_untold_output(unit_rates: UnitRates, keys: Sequence[str], offering: str) -> Payment | None:
    """How plain output is paid where sound or pictures have a price of their own and no share in ``keys`` tells how
    much of it they are: at their price where the model makes nothing else, else at that of text, with a warning.
    None where nothing is in doubt.
    """
    told = {_modality(key) for key in keys if METERS[key].direction == "output" and METERS[key].family == "tokens"}
    if _PLAIN not in keys or told != {None}:
        return None
    text, only = unit_rates.get(_PLAIN), makes_only(offering)
    apart = [slug for slug in _APART if slug in unit_rates and not (text and _alike(unit_rates[slug], text))]
    for slug in apart:
        if _modality(slug) == only:
            message = f"{_PLAIN} does not say what it was and is billed as {slug}: the model makes nothing else"
            return Payment(slug, note=Notice(Code.PARTS_UNTOLD, message, _PLAIN))
    if only or not apart or not text:
        return None
    message = f"{_PLAIN} does not say how much of it was {' and '.join(apart)}, and is billed as text: state it, or 0"
    return Payment(_PLAIN, warning=Notice(Code.PARTS_UNTOLD, message, _PLAIN))


def _alike(one: Sequence[UnitRate], other: Sequence[UnitRate]) -> bool:
    return [(rate.units, rate.per) for rate in one] == [(rate.units, rate.per) for rate in other]


def _is_its_own_trade(key: str, payer: str, offering: str) -> bool:
    modality, direction = _modality(key), METERS[key].direction
    is_apart = modality == "audio" or (modality in _PICTURES and direction == "output")
    return (
        is_apart and _modality(payer) != modality and not (direction == "output" and makes_only(offering) == modality)
    )


def _written(unit_rates: UnitRates, key: str, payer: str, offering: str) -> Payment:
    """Writes cost at least what input does where the seller charges for them, and no more than input elsewhere."""
    if _kind(payer) != _WRITE and charges_for_writes(offering):
        costs = [Fraction(unit_rate.units, unit_rate.per) for unit_rate in unit_rates[payer]]
        reason = f"the seller charges for cache writes, and no list prices {key} of this offering"
        bounds = Bounds(min(costs), _DEAREST_WRITE * max(costs), unit_rates[payer][0].currency)
        return Payment(None, reason, bounds)
    ttl = METERS[key].dimensions.get("cache_ttl")
    if _kind(payer) == _WRITE and ttl not in (None, "5m", METERS[payer].dimensions.get("cache_ttl")):
        message = f"{key} has no price of its own and is billed at that of {payer}, which may be too low"
        return Payment(payer, warning=Notice(Code.STAND_IN, message, key))
    return Payment(payer)


def _said(key: str, payer: str) -> Payment:
    """A payment with what must be said of it; that reasoning costs what output does is the rule and needs no word."""
    if _kind(key) == _READ and _kind(payer) != _READ:
        message = f"{key} has no price of its own and is billed at that of {payer}, which is the most it can cost"
        return Payment(payer, warning=Notice(Code.STAND_IN, message, key))
    if _modality(key) in _PICTURES and _modality(payer) != _modality(key):
        message = f"{key} has no price of its own and is billed at that of {payer}"
        return Payment(payer, note=Notice(Code.STAND_IN, message, key))
    return Payment(payer)


def _modality(meter: str) -> str | None:
    return METERS[meter].dimensions.get("modality")


def _kind(meter: str) -> str | None:
    return METERS[meter].dimensions.get("token_type")
