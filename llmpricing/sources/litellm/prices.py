"""What one LiteLLM entry charges: flat keys, tiers by range, off-peak windows, search context, multipliers.

Zeros: an entry of zeros only says nothing (the map writes 0 for what it does not know), except where the id says free
or the provider is a subscription. Beside other prices a zero means free in text modes; in the others it may mean
nothing, and so takes back no price that was stated before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from llmpricing.domain.conditions import BASE, STANDARD, Conditions, Step, conditions, sorted_extra
from llmpricing.domain.meters import METERS, uncached
from llmpricing.domain.money import multiply
from llmpricing.domain.names.sold_as import sells_by_plan
from llmpricing.domain.observations import DatedPrice, State
from llmpricing.sources.errors import EntryError
from llmpricing.sources.litellm.clock import read_schedules
from llmpricing.sources.litellm.keys import SECOND_NAMES, read_key
from llmpricing.sources.litellm.multipliers import multiply_tokens
from llmpricing.sources.reading.bounds import step_at
from llmpricing.sources.reading.fields import as_amount, as_condition, as_count, as_decimal, as_list, as_mapping
from llmpricing.sources.reading.timelines import ListRate, ListRates

_TEXT_MODES = frozenset({"", "chat", "completion", "responses", "realtime"})
_SAYS_FREE = re.compile(r"[:/-]free$")
_REASONING = "output_reasoning_tokens"
_SEARCH = "search_context_cost_per_query"
_SEARCH_SIZES = ("low", "medium", "high")
_SEARCH_EVERY_TIME = frozenset({"perplexity"})  # https://docs.perplexity.ai/getting-started/pricing


@dataclass(frozen=True, slots=True)
class PricePlace:
    """Where in an entry a price stands: the keys and indexes down to its number, which is for ``quantity`` units."""

    path: tuple[str | int, ...]
    meter: str
    conditions: Conditions
    quantity: int = 1


@dataclass
class EntryReader:
    """Reads the prices of one entry; keys that look like prices and are not known are counted."""

    entry: Mapping[str, Any]
    provider: str
    mode: str
    unknown: Counter[str]
    source_url: str | None = None
    found: ListRates = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)  # what was left out, and why
    zeros: set[tuple[str, Conditions]] = field(default_factory=set)  # stated as zeros that may mean nothing
    places: list[PricePlace] = field(default_factory=list)  # of all numbers in dollars that are read

    def read(self) -> ListRates:
        """All rates of the entry by meter and conditions; raises EntryError."""
        self._read_flat(self.entry)
        for key, read in _STRUCTURES.items():
            if self.entry.get(key) is not None:
                read(self, self.entry[key])
        self._drop_filler()
        self._drop_repeated()
        self._drop_reads_called_writes()
        multiply_tokens(self.found, self.entry, self.unknown)
        return self.found

    @property
    def _makes_images(self) -> bool:
        """Whether images are made and no output key says at what price."""
        made = ("output_cost_per_image", "output_cost_per_pixel")
        return self.mode == "image_generation" and not any(
            key.startswith(made) and value is not None and as_decimal(value, key) for key, value in self.entry.items()
        )

    def _read_flat(self, values: Mapping[str, Any], when: Conditions = BASE, path: tuple[str | int, ...] = ()) -> None:
        """Flat price keys, all under ``when`` too; second names of a key come last and never win."""
        makes_images = self._makes_images
        for key in sorted(values, key=lambda name: name in SECOND_NAMES):
            price_key = read_key(key)
            if price_key is None or values[key] is None:
                continue
            meter = price_key.meter(self.mode, makes_images)
            rate = self._rate(meter, key, values[key], price_key.quantity)
            own = _both(self._with_bound(price_key.conditions), when)
            if price_key.is_dbu:
                rate = replace(rate, currency="DBU")
                if (meter, own) in self.found or key.replace("_dbu_", "_").replace("_db_", "_") in values:
                    own = _both(own, conditions(currency="DBU"))  # beside the price in dollars
            else:
                self.places.append(PricePlace((*path, key), meter, own, price_key.quantity))
            self.found.setdefault((meter, own), rate)

    def _with_bound(self, when: Conditions) -> Conditions:
        """Conditions whose step counts its own bound where the seller does."""
        return replace(when, step=when.step and step_at(self.provider, when.step.above))

    def _rate(self, meter: str, key: str, value: object, quantity: int = 1) -> ListRate:
        amount, _ = as_amount(value, key)
        per = METERS[meter].per
        return ListRate(multiply(amount, Decimal(per // quantity)), per, str(value), source_url=self.source_url)

    def _read_tiers(self, value: object) -> None:
        """Prices by the size of the whole request, as Alibaba and Volcengine sell; by result count for searches."""
        for number, item in enumerate(as_list(value, "tiered_pricing")):
            tier = as_mapping(item, "tiered_pricing")
            bounds = as_list(tier.get("range", tier.get("max_results_range")), "range")
            if not bounds:
                raise EntryError("a tier without its range")
            start = as_count(bounds[0], "range")
            if "range" in tier:
                when = conditions(step=Step(start)) if start else BASE
            else:
                when = conditions(max_results=f"{start}-{as_count(bounds[-1], 'range')}")
            self._read_flat(tier, when, ("tiered_pricing", number))
            self.unknown.update(
                f"tiered_pricing.{key}" for key in tier if key not in _TIER_KEYS and read_key(key) is None
            )

    def _read_off_peak(self, value: object) -> None:
        off_peak = as_mapping(value, "off_peak_pricing")
        for schedule in read_schedules(off_peak):
            self._read_flat(off_peak, conditions(schedule=schedule), ("off_peak_pricing",))
        self.unknown.update(
            f"off_peak_pricing.{key}" for key in off_peak if key not in _WINDOW_KEYS and read_key(key) is None
        )

    def _read_search(self, value: object) -> None:
        """A web search by the size of its context; one price where all sizes cost the same. Where every request is a
        search, and its fee goes by the size, that is the seller's fee of a request and no other one beside it.
        """
        prices = as_mapping(value, _SEARCH)
        meter = "requests" if self.provider in _SEARCH_EVERY_TIME else "web_searches"
        rates = {
            size: self._rate(meter, "search_context_size", prices[f"search_context_size_{size}"])
            for size in _SEARCH_SIZES
            if prices.get(f"search_context_size_{size}") is not None
        }
        if len(rates) == len(_SEARCH_SIZES) and len({rate.amount for rate in rates.values()}) == 1:
            self.found["web_searches", BASE] = rates["low"]
            meter = "web_searches"
        else:
            for size, rate in rates.items():
                self.found[meter, conditions(search_context_size=size)] = rate
        self.places += [
            PricePlace((_SEARCH, f"search_context_size_{size}"), meter, conditions(search_context_size=size))
            for size in rates
        ]
        known = {f"search_context_size_{size}" for size in _SEARCH_SIZES}
        self.unknown.update(f"{_SEARCH}.{key}" for key in prices if key not in known)

    def _read_guardrails(self, value: object) -> None:
        for policy, price in as_mapping(value, "guardrail_cost_per_unit").items():
            when = conditions(policy=as_condition(policy, "policy"))
            self.found["guardrail_units", when] = self._rate("guardrail_units", policy, price)

    def _drop_filler(self) -> None:
        if not any(rate.amount for rate in self.found.values()):
            self.zeros = set(self.found)
            self.found.clear()
        elif self.mode not in _TEXT_MODES:
            embeds = self.mode == "embedding" and not self._charges_output()
            for key in [key for key, rate in self.found.items() if not rate.amount and key[0] != "guardrail_units"]:
                del self.found[key]
                self.zeros.add(key)
            if embeds:
                self.found["output_tokens", BASE] = ListRate(None, METERS["output_tokens"].per)

    def _drop_repeated(self) -> None:
        """Reasoning at the very price of output is output: it follows output into tiers and steps of its own."""
        prices = {when: rate for (meter, when), rate in self.found.items() if meter == _REASONING}
        output = {when: self.found.get(("output_tokens", when)) for when in prices}
        if all((same := output[when]) and same.amount == rate.amount for when, rate in prices.items()):
            for when in prices:
                del self.found[_REASONING, when]

    def _drop_reads_called_writes(self) -> None:
        """Nobody writes caches for less than what reading anew costs: where the map says so, of OpenAI's and Google's
        models, the price is that of cached reads, or of another step, under the wrong key.
        """
        for (meter, when), rate in list(self.found.items()):
            if METERS[meter].dimensions.get("token_type") != "cache_write" or not rate.amount:
                continue
            plain = self.found.get((uncached(meter), when))
            if plain and plain.amount and rate.amount < plain.amount:
                del self.found[meter, when]
                self.zeros.add((meter, when))  # it takes no price back that was stated before
                self.faults.append(f"{meter} cost less than input, as no seller's do; the price is left out")

    def _charges_output(self) -> bool:
        return any(METERS[meter].direction == "output" and rate.amount for (meter, _), rate in self.found.items())


_STRUCTURES: Mapping[str, Callable[[EntryReader, object], None]] = MappingProxyType(
    {
        "tiered_pricing": EntryReader._read_tiers,
        "off_peak_pricing": EntryReader._read_off_peak,
        _SEARCH: EntryReader._read_search,
        "guardrail_cost_per_unit": EntryReader._read_guardrails,
    }
)
_TIER_KEYS = frozenset({"range", "max_results_range"})
_WINDOW_KEYS = frozenset({"windows", "weekday_timezone"})


def _both(one: Conditions, other: Conditions) -> Conditions:
    """The conditions of both; the first one's step counts where both have one."""
    return Conditions(
        one.service_tier if one.service_tier != STANDARD else other.service_tier,
        one.region or other.region,
        one.step or other.step,
        one.schedule or other.schedule,
        sorted_extra({**dict(other.extra), **dict(one.extra)}),
    )


def zeros_of(reader: EntryReader) -> dict[tuple[str, Conditions], DatedPrice]:
    """What an entry states as a zero that may mean nothing, and as nothing else."""
    stated = reader.zeros - reader.found.keys()
    return {(meter, when): DatedPrice(State.ZERO, Decimal(0), METERS[meter].per) for meter, when in stated}


def nothing_charged(provider: str, api_id: str, *, says_zero: bool) -> dict[tuple[str, Conditions], DatedPrice]:
    """What an entry without a price above zero says: paid by subscription, free, a zero that may mean less, nothing."""
    if sells_by_plan(provider):
        segment = DatedPrice(State.SUBSCRIPTION, None, METERS["input_tokens"].per)
    elif _SAYS_FREE.search(api_id):
        segment = DatedPrice(State.FREE, Decimal(0), METERS["input_tokens"].per)
    elif says_zero:
        segment = DatedPrice(State.ZERO, Decimal(0), METERS["input_tokens"].per)
    else:
        return {}
    return {(meter, BASE): segment for meter in ("input_tokens", "output_tokens")}
