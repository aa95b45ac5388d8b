"""What the usage types of Amazon's bill count: of which model, in which unit, and how it was served."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.quotes.places import zones_of
from llmpricing.domain.usage.quantities import UsageError


class TokenKind(NamedTuple):
    """What a line of a bill counts: the meter, the model's name as the line has it, and how it was served."""

    meter: str
    model: str
    is_global: bool = False
    tier: str | None = None
    is_long: bool = False
    unknown: str = ""  # a word of the usage type that may mean another price

    def named(self, region: str) -> tuple[str, str | None]:
        """The model's name and the place that prices it, where the line names no resource."""
        if not self.model.startswith("claude-"):
            return self.model, region or None
        return self.profiled(f"anthropic.{self.model.replace('.', '-')}", region)

    def profiled(self, name: str, region: str) -> tuple[str, str | None]:
        """Claude's id with the zone that prices it before it, as the line says: the world's, or the region's own."""
        zones = () if self.is_global else zones_of(region) or ()
        zone = "global" if self.is_global else next(iter(zones), "")
        return (f"{zone}.{name}", None) if zone else (name, region or None)


_NATIVE_KINDS = {
    "input-tokens": "input_tokens",
    "output-tokens": "output_tokens",
    "cache-read-input-token-count": "cache_read_tokens",
    "cache-write-input-token-count": "cache_write_tokens",
    "input-token-count": "input_tokens",
    "output-token-count": "output_tokens",
    "cache-read-tokens": "cache_read_tokens",
    "cache-write-tokens": "cache_write_tokens",
}
_NATIVE = re.compile(
    rf"(?:[A-Z0-9]+-)?(?P<model>[A-Za-z][\w.]*?(?:-[\w.]+?)*?)(?:-text)?-(?P<kind>{'|'.join(_NATIVE_KINDS)})"
    r"(?P<more>(?:-(?:standard|batch|flex|priority|cross-region-global|cross-region))*)"
)
_MANTLE = "-mantle"  # Bedrock's other endpoint, whose usage types hold the model's id as it is
_MARKET_KINDS = {
    "InputTokenCount": "input_tokens",
    "OutputTokenCount": "output_tokens",
    "CacheReadInputTokenCount": "cache_read_tokens",
    "CacheWriteInputTokenCount": "cache_write_tokens",
    "CacheWrite5mInputTokenCount": "cache_write_5m_tokens",
    "CacheWrite1hInputTokenCount": "cache_write_1h_tokens",
}
_MARKET = re.compile(rf".*?MP:(?:[A-Z0-9]+_)?(?P<kind>{'|'.join(_MARKET_KINDS)})(?P<more>(?:_\w+?)*)-Units")
# Of models since Claude 4.7: MP:USE1_cache_write_tokens_1h_global_standard-Units. Other words, as of reserved capacity,
# are of no usage that is billed by tokens.
_SINCE_KINDS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_tokens_5m": "cache_write_5m_tokens",
    "cache_write_tokens_1h": "cache_write_1h_tokens",
}
_MARKET_SINCE = re.compile(
    rf"(?:.*?MP:)?[A-Z0-9]+_(?P<kind>{'|'.join(sorted(_SINCE_KINDS, reverse=True))})"
    r"(?P<more>(?:_(?:standard|batch|flex|priority|global|geo|regional|lctx|long|ctx|context))*)-Units"
)
_MARKET_WORDS = frozenset(
    {"", "standard", "batch", "flex", "priority", "global", "geo", "regional", "lctx", "long", "ctx", "context"}
)
_EDITION = re.compile(r"(?P<model>.+?) \(Amazon Bedrock Edition\)")
_UNIT = re.compile(r"(?P<number>\d*)\s*(?P<scale>[KM]?)\b.*tokens.*", re.IGNORECASE)
_UNIT_DIGITS = 12
_SCALES = {"": 1, "K": 1000, "M": 1_000_000}
_MILLION = Decimal(1_000_000)


def kind_of(usage_type: str, *words: str) -> TokenKind | None:
    """What a usage type counts, of the model that these words name; None for what is no language model's."""
    if found := _MARKET.fullmatch(usage_type) or _MARKET_SINCE.fullmatch(usage_type):
        more = found["more"].lower().split("_")
        edition = next(filter(None, map(_EDITION.match, words)), None)
        named = edition["model"] if edition else next(iter(words), "")
        tier = next((one for one in more if one in ("batch", "flex", "priority")), None)
        name = named.strip().lower().replace(" ", "-")
        meter = {**_MARKET_KINDS, **_SINCE_KINDS}[found["kind"]]
        unknown = next((one for one in found["more"].split("_") if one.lower() not in _MARKET_WORDS), "")
        return TokenKind(meter, name, "global" in more, tier, bool({"lctx", "long"} & set(more)), unknown)
    if found := _NATIVE.fullmatch(usage_type):
        tier = next((one for one in ("batch", "flex", "priority") if f"-{one}" in found["more"]), None)
        return TokenKind(_NATIVE_KINDS[found["kind"]], _native_model(found["model"]), "global" in found["more"], tier)
    return None


def _native_model(words: str) -> str:
    """The id of a usage type's model: NovaLite is nova-lite, Nova2.0Lite nova-2-lite."""
    if words.endswith(_MANTLE):
        return words.removesuffix(_MANTLE).lower().removeprefix("anthropic.")
    if words.startswith("Llama"):
        return f"meta.{words.lower()}-instruct-v1:0"
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[a-z])(?=\d)|(?<=\d)(?=[A-Z][a-z])", "-", words).lower()
    return re.sub(r"(?<=\d)\.0(?=-|$)", "", name).replace("deep-seek", "deepseek")


def tokens_of(amount: Decimal, unit: str, is_market: bool) -> Decimal:
    """The tokens of an amount: thousands by the unit, or millions where the marketplace states none."""
    found = _UNIT.fullmatch(unit.strip())
    if found and len(found["number"]) <= _UNIT_DIGITS:
        return amount * int(found["number"] or 1) * _SCALES[found["scale"].upper()]
    if is_market and unit.strip().lower() in ("", "units"):
        return amount * _MILLION
    raise UsageError("unit", f"is {unit[:40] or 'not stated'}, of which it is not known how many tokens it means")
