"""How LiteLLM's calculators read an entry or a usage otherwise than we do: each a view made of ours, the same where
they agree. Why, and who is right, stands in the list of deviations.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.observations import flat
from llmpricing.domain.quotes.context import UNSTATED
from tests.oracles.litellm.cases import TOTALS, Case
from tests.oracles.litellm.views import View

BATCH = "retrieve_batch"
# Sellers whose own calculators bill a cache without a price as input.
OWN_CACHE_RULES = frozenset({"dashscope", "fireworks_ai", "perplexity", "qwen_ai_platform", "qwencloud"})
_FREE_TOTALS = tuple(flat(meter, Decimal(0), 1_000_000) for meter in TOTALS)
FREE_IF_UNPRICED = ("cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "input_audio_tokens")


def _is_special(case: Case) -> bool:
    return case.entry.provider in OWN_CACHE_RULES or case.asked["call"] == BATCH


def own_entry(case: Case, view: View) -> View:
    """What the key says for itself."""
    facts = view.facts._replace(region=STANDARD) if case.entry.name.region else view.facts
    return View(case.entry.alone, view.used, facts)


def request_fee(case: Case, view: View) -> View:
    """Without the fee of a request."""
    return view.unsaid("requests")


def batch(case: Case, view: View) -> View:
    """All input and all output at the batch price, else at half the standard one with half of the caches."""
    if case.asked["call"] != BATCH:
        return view
    region = view.facts.region if "residency" in case.asked else None
    rates: dict[str, Decimal] = {}
    for total in TOTALS:
        own, standard = view.base(total, "batch", region), view.base(total, STANDARD, region)
        rates[total] = own or standard / 2
    meters = list(TOTALS)
    if not view.base("input_tokens", "batch"):
        meters += ["cache_read_tokens", "cache_write_tokens"]
        rates["cache_read_tokens"] = view.base("cache_read_tokens", STANDARD, region) / 2
        rates["cache_write_tokens"] = view.base("cache_write_tokens", STANDARD, region) / 2 or rates["input_tokens"]
    return View(tuple(flat(meter, rates[meter], 1_000_000) for meter in meters), view.using(*meters).used, UNSTATED)


def own_calculator(case: Case, view: View) -> View:
    """Perplexity and Fireworks: the prices of short requests, for what their calculators tell apart."""
    kept = {"perplexity": (*TOTALS, "output_reasoning_tokens"), "fireworks_ai": (*TOTALS, "cache_read_tokens")}
    meters = kept.get(case.entry.provider)
    if meters is None or case.asked["call"] == BATCH or "usage" not in case.asked:
        return view
    bases = tuple(said for said in view.statements if said.meter in meters and not said.conditions.step)
    return replace(view.using(*meters), statements=bases)


def no_range(case: Case, view: View) -> View:
    """All free where no range holds the request."""
    if "tiered_pricing" not in case.entry.raw or view.used.get("input_tokens") != 0:
        return view
    return replace(view, statements=_FREE_TOTALS)


def cache_hit_key(case: Case, view: View) -> View:
    """Without the second name of a cache price."""
    raw = case.entry.raw
    hit_only = "input_cost_per_token_cache_hit" in raw and "cache_read_input_token_cost" not in raw
    return view.unsaid("cache_read_tokens") if hit_only else view


def free_if_unpriced(case: Case, view: View) -> View:
    """Parts of the input without a price at 0."""
    if _is_special(case):
        return view
    tier = view.facts.service_tier or STANDARD
    meters = FREE_IF_UNPRICED if "tiered_pricing" not in case.entry.raw else FREE_IF_UNPRICED[-1:]
    absent = [m for m in meters if view.used.get(m) and not view.says(m, STANDARD) and not view.says(m, tier)]
    return view.saying(*(flat(meter, Decimal(0), 1_000_000) for meter in absent))


def images_at_base(case: Case, view: View) -> View:
    """Image input at the price of short standard requests."""
    if _is_special(case) or not view.used.get("input_image_tokens") or view.says("input_image_tokens"):
        return view
    if "input_cost_per_token" not in case.entry.raw:
        return view.saying(flat("input_image_tokens", Decimal(0), 1_000_000))
    return view.saying(*view.copied("input_tokens", "input_image_tokens"))


def text_as_image(case: Case, view: View) -> View:
    """Text output at the price of image output."""
    if view.says("output_tokens") or not view.says("output_image_tokens"):
        return view
    return view.saying(*view.copied("output_image_tokens", "output_tokens"))


MEDIA = {
    "input_audio_tokens": "input_tokens",
    "input_image_tokens": "input_tokens",
    "input_video_tokens": "input_tokens",
    "output_audio_tokens": "output_tokens",
    "output_image_tokens": "output_tokens",
}


def media_as_text(case: Case, view: View) -> View:
    """Audio and pictures without a price at the price of text, whatever the tier and length."""
    missing = {meter: text for meter, text in MEDIA.items() if meter in view.used and not view.says(meter)}
    more = [
        replace(said, meter=meter) for meter, text in missing.items() for said in view.statements if said.meter == text
    ]
    return view.saying(*more) if more else view


def one_search(case: Case, view: View) -> View:
    """One search at a fixed price."""
    if case.entry.provider != "parallel_ai":
        return view
    return View((flat("web_searches", Decimal(5), 1000),), {"web_searches": 1}, UNSTATED)


def step_over_tier(case: Case, view: View) -> View:
    """The standard tier's long-context prices as those of the request's tier, where it states none."""
    tier = view.facts.service_tier or STANDARD
    if _is_special(case) or tier in (STANDARD, "fast"):
        return view
    said = {(one.meter, one.conditions) for one in view.statements}
    steps = [one for one in view.statements if one.conditions.step and one.conditions.service_tier == STANDARD]
    moved = [replace(one, conditions=replace(one.conditions, service_tier=tier)) for one in steps]
    return view.saying(*(one for one in moved if (one.meter, one.conditions) not in said))


def audio_tier_lost(case: Case, view: View) -> View:
    """Audio input at its standard price."""
    kept = (
        one for one in view.statements if one.meter != "input_audio_tokens" or one.conditions.service_tier == STANDARD
    )
    return view if _is_special(case) else replace(view, statements=tuple(kept))


def router_twice(case: Case, view: View) -> View:
    """The router's fee on all input once more."""
    if case.entry.key != "azure_ai/model_router":
        return view
    fee = view.base("input_tokens", STANDARD)
    dearer = [flat(said.meter, view.base(said.meter, STANDARD) + fee, 1_000_000) for said in view.inputs()]
    return view.saying(*dearer)


def by_response_time(case: Case, view: View) -> View:
    """All free."""
    if case.entry.provider != "azure" or case.entry.raw.get("output_cost_per_second") is None:
        return view
    return replace(view, statements=_FREE_TOTALS)


def _is_google_search(case: Case) -> bool:
    of_google = case.entry.provider in ("gemini", "vertex_ai") and "claude" not in case.entry.key
    return of_google and "searches" in case.asked


def search_default(case: Case, view: View) -> View:
    """Google's searches at a price that no entry states."""
    if not _is_google_search(case) or view.says("web_searches"):
        return view
    return view.saying(flat("web_searches", Decimal(35), 1000))


def search_per_prompt(case: Case, view: View) -> View:
    """All searches of a prompt as one."""
    if not _is_google_search(case) or case.entry.raw.get("web_search_billing_unit") == "per_query":
        return view
    return replace(view, used={"web_searches": 1})
