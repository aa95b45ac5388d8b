"""Mistakes in what was counted: parts left out, counted twice, or taken for something else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal

from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse
from llmpricing.domain.quotes.sellers import makes_only
from llmpricing.domain.usage.quantities import Quantity

_READ, _WRITE = "cache_read", "cache_write"
_LIVES = {"1h": "5m", "12h": "5m"}
_APART = ("audio", "image", "video")  # modalities that have prices of their own
_CACHED = ((_READ,), (_WRITE,), (_READ, _WRITE))


def cached_at_full_price(use: AuditedUse) -> Iterator[AuditedUse]:
    """Cache reads are billed like any other input."""
    yield from _taken_as_input(use, _READ)


def cache_write_at_input_price(use: AuditedUse) -> Iterator[AuditedUse]:
    """Cache writes are billed like any other input."""
    yield from _taken_as_input(use, _WRITE)


def cached_counted_twice(use: AuditedUse) -> Iterator[AuditedUse]:
    """What was cached is billed as such, and once more within the whole input."""
    for kinds in _CACHED:
        cached = [_sum(use, kind) for kind in kinds]
        if all(cached):
            yield from _counted(use, {"input_tokens": use.stated("input_tokens") + sum(cached)})


def cached_dropped(use: AuditedUse) -> Iterator[AuditedUse]:
    """What was cached is not billed at all."""
    for kinds in _CACHED:
        sums = [_sum(use, kind) for kind in kinds]
        if all(sums):
            yield from _only(use, _less(use, kinds, "input", sum(sums)))


def long_write_as_short(use: AuditedUse) -> Iterator[AuditedUse]:
    """Cache writes of an hour are billed as those of five minutes."""
    moved: dict[str, Quantity] = {}
    for meter, quantity in use.usage.stated.items():
        life = METERS[meter].dimensions.get("cache_ttl", "")
        short = meter.replace(f"_{life}_", f"_{_LIVES[life]}_") if life in _LIVES else meter
        moved[short] = moved.get(short, 0) + quantity
    yield from _only(use, moved)


def reasoning_counted_twice(use: AuditedUse) -> Iterator[AuditedUse]:
    """Reasoning is billed within the output, and once more beside it."""
    if thought := use.stated("output_reasoning_tokens"):
        yield from _counted(use, {"output_tokens": use.stated("output_tokens") + thought})


def reasoning_dropped(use: AuditedUse) -> Iterator[AuditedUse]:
    """Reasoning is not billed at all."""
    if thought := use.stated("output_reasoning_tokens"):
        yield from _only(use, _less(use, ("reasoning",), "output", thought))


def media_at_text_price(use: AuditedUse) -> Iterator[AuditedUse]:
    """Audio, pictures or video are billed like text: all of them, or the input or the output alone."""
    for modality in _APART:
        if any(_dims(meter).get("modality") == modality for meter in use.usage.stated):
            for directions in (("input", "output"), ("input",), ("output",)):
                for kept in (_without_modality, _as_text):
                    yield from _only(use, kept(use, modality, directions))
    yield from untold_as_text(use)


def untold_as_text(use: AuditedUse) -> Iterator[AuditedUse]:
    """Output of a model that makes nothing but pictures or sound, which needs no word of its kind, billed like text."""
    made, stated = use.stated("output_tokens"), use.usage.stated
    is_told = any(METERS[meter].direction == "output" and _dims(meter).get("modality") for meter in stated)
    if made and not is_told and makes_only(use.prices.prices.offering):
        told = {**stated, "output_text_tokens": made}
        yield from _only(use, told)
        yield from _only(use, {meter: n for meter, n in told.items() if _dims(meter).get("modality") not in _APART})


def media_counted_twice(use: AuditedUse) -> Iterator[AuditedUse]:
    """Audio, pictures or video are billed as such, and once more within the whole input."""
    for modality in _APART:
        taken = use.stated(f"input_{modality}_tokens")
        if taken:
            yield from _counted(use, {"input_tokens": use.stated("input_tokens") + taken})


def write_surcharge_added(use: AuditedUse) -> Iterator[AuditedUse]:
    """Cache writes are billed a quarter higher than input, as Anthropic's are, where the model has no price of them."""
    written = _sum(use, _WRITE)
    if written and not any(_kind(price.meter) == _WRITE for price in use.prices.prices.prices):
        yield from _counted(use, {"input_tokens": use.stated("input_tokens") + Decimal(written) / 4})


def subscription_ignored(use: AuditedUse) -> Iterator[AuditedUse]:
    """Tokens that were paid for in advance are billed one by one."""
    told = use.usage.told
    if told and told.by_subscription:
        yield use._replace(usage=use.usage._replace(told=told._replace(by_subscription=False)))


def tool_tokens_dropped(use: AuditedUse) -> Iterator[AuditedUse]:
    """What tools put into the prompt is not billed."""
    if taken := _sum(use, "tool"):
        yield from _only(use, _less(use, ("tool",), "input", taken))


def search_fee_missing(use: AuditedUse) -> Iterator[AuditedUse]:
    """Searches and other calls of the seller's tools are not billed."""
    yield from _only(use, _of(use, lambda meter: METERS[meter].family != "tool_calls"))


def iterations_dropped(use: AuditedUse) -> Iterator[AuditedUse]:
    """Of an answer of several requests, as compaction makes them, one alone is billed."""
    for part in use.usage.told.parts if use.usage.told else ():
        yield use._replace(usage=part)


def _kind(meter: str) -> str:
    return METERS[meter].dimensions.get("token_type", "")


def _of(use: AuditedUse, wanted: Callable[[str], bool]) -> dict[str, Quantity]:
    return {meter: quantity for meter, quantity in use.usage.stated.items() if wanted(meter)}


def _sum(use: AuditedUse, kind: str) -> Quantity:
    """All tokens of a kind: by the meter of all, else by its parts of one modality each."""
    whole = {"cache_read": "cache_read_tokens", "cache_write": "cache_write_tokens", "tool": "input_tool_tokens"}[kind]
    parts = (n for meter, n in use.usage.stated.items() if _kind(meter) == kind and "cache_ttl" not in _dims(meter))
    return use.stated(whole) or sum(parts)


def _dims(meter: str) -> Mapping[str, str]:
    return METERS[meter].dimensions


def _less(use: AuditedUse, kinds: Collection[str], direction: str, taken: Quantity) -> dict[str, Quantity]:
    """What is left of the input or output without the tokens of these kinds, ``taken`` in all: of each modality as many
    less as are told to be of it.
    """
    left = _of(use, lambda meter: _kind(meter) not in kinds)
    whole = f"{direction}_tokens"
    left[whole] = use.stated(whole) - taken
    for meter, quantity in use.usage.stated.items():
        part = f"{direction}_{_dims(meter).get('modality')}_tokens"
        if _kind(meter) in kinds and "cache_ttl" not in _dims(meter) and part in left:
            left[part] -= quantity
    return left


def _taken_as_input(use: AuditedUse, kind: str) -> Iterator[AuditedUse]:
    yield from _only(use, _of(use, lambda meter: _kind(meter) != kind))


def _is_media(meter: str, modality: str, directions: Collection[str]) -> bool:
    found = METERS[meter]
    return found.dimensions.get("modality") == modality and found.direction in directions


def _without_modality(use: AuditedUse, modality: str, directions: Collection[str]) -> dict[str, Quantity]:
    return _of(use, lambda meter: not _is_media(meter, modality, directions))


def _as_text(use: AuditedUse, modality: str, directions: Collection[str]) -> dict[str, Quantity]:
    """The same tokens without their modality, cached ones among the cached."""
    found: dict[str, Quantity] = {}
    for meter, quantity in use.usage.stated.items():
        plain = meter.replace(f"_{modality}_", "_")
        if not _is_media(meter, modality, directions):
            found[meter] = found.get(meter, 0) + quantity
        elif _kind(meter).startswith("cache") and not use.stated(plain):
            found[plain] = found.get(plain, 0) + quantity
    return found


def _counted(use: AuditedUse, more: Mapping[str, Quantity]) -> Iterator[AuditedUse]:
    yield from _only(use, {**use.usage.stated, **more})


def _only(use: AuditedUse, quantities: Mapping[str, Quantity]) -> Iterator[AuditedUse]:
    if not (use.usage.told and use.usage.told.parts) and (found := use.counted(quantities)) is not None:
        yield found
