"""Counts as a file states them, made usage: what lies inside the input and what beside it is the shape's knowledge."""

from __future__ import annotations

from collections.abc import Mapping

from llmpricing.domain.usage.quantities import Quantity, Told, Usage, UsageError, count, read_quantity

Stated = Mapping[str, Quantity | None]
INSIDE, BESIDE = "inside", "beside"
RequestWindow = tuple[int, int | None]  # the least and most input of each request of a sum, as a file tells them
BELOW_STEPS, OVER_STEPS = (0, 0), (10**9, None)  # of those that say "short" or "long" alone
_WRITES = ("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_write_12h_tokens")


def usage_of(
    stated: Stated,
    cached: str = INSIDE,
    *,
    reasoning: str = INSIDE,
    total: Quantity | None = None,
    requests: Quantity | None = None,
    is_sum: bool = False,
    window: RequestWindow | None = None,
) -> Usage:
    """Usage of meters by what the file says; raises UsageError.

    ``cached`` and ``reasoning`` tell where these lie, unless the stated ``total`` denies it; a total of more than all
    parts tells that some are gone. ``is_sum``: it sums up many requests; without their number the base step holds, or
    that of the ``window`` that the file tells.
    """
    found = {meter: read_quantity(meter, value, meter) for meter, value in stated.items() if value is not None}
    if not found:
        raise UsageError("usage", "is not stated: the record holds no count")
    _split_writes(found)
    _take_beside(found, cached, reasoning, total)
    if requests is not None and requests >= 1:
        found["requests"] = int(requests)
    usage = count(found)
    if (is_sum and "requests" not in found) or window is not None:
        usage = as_sum(usage, window)
    return usage


def sum_of_calls(taken: Quantity | None, made: Quantity | None) -> Usage | None:
    """The usage of what sums up calls, which are billed themselves; None where it counts nothing."""
    return as_sum(count({"input_tokens": taken or 0, "output_tokens": made or 0})) if taken or made else None


def as_sum(usage: Usage, window: RequestWindow | None = None) -> Usage:
    """The usage of many requests, whose number is not known, each with an input within the window if there is one."""
    return usage._replace(request_input=window[0] if window else 0, told=(usage.told or Told())._replace(window=window))


def _take_beside(found: dict[str, Quantity], cached: str, reasoning: str, total: Quantity | None) -> None:
    """Add to the input and output what lies beside them; raises UsageError where the parts make no whole."""
    apart = found.get("cache_read_tokens", 0) + found.get("cache_write_tokens", 0)
    taken, made = found.get("input_tokens", 0), found.get("output_tokens", 0)
    thought = found.get("output_reasoning_tokens", 0)
    parts = taken + apart + made + thought
    if total is not None and total > parts:
        raise UsageError(
            "total", f"is {total} tokens, and all that the record counts are {parts}: export it anew, whole"
        )
    if apart and cached == INSIDE and "input_tokens" not in found:
        raise UsageError("input", "is not stated, and what was cached lies inside it: export it anew, whole")
    if apart and _is_beside(cached, apart, taken, taken + made, total, thought):
        found["input_tokens"] = taken + apart
    if thought and reasoning == INSIDE and "output_tokens" not in found:
        raise UsageError("output", "is not stated, and reasoning lies inside it: export it anew, whole")
    if thought and _is_thought_beside(reasoning, thought, made, found.get("input_tokens", 0) + made, total):
        found["output_tokens"] = made + thought


def _is_beside(
    cached: str, apart: Quantity, taken: Quantity, both: Quantity, total: Quantity | None, thought: Quantity
) -> bool:
    """Whether cached tokens stand beside the input; more of them than input can only do so."""
    if apart > taken:
        return True
    if total is not None and total in (both, both + thought) and total != both + apart:
        return False
    if total is not None and total in (both + apart, both + apart + thought) and total != both:
        return True
    return cached == BESIDE


def _is_thought_beside(
    reasoning: str, thought: Quantity, made: Quantity, both: Quantity, total: Quantity | None
) -> bool:
    """Whether reasoning stands beside the output; a total of what is billed decides."""
    if thought > made or total == both + thought:
        return True
    return reasoning == BESIDE and total != both


def _split_writes(found: dict[str, Quantity]) -> None:
    """Writes by their life; what a split leaves over of the sum lives five minutes, and a larger split wins."""
    by_life = sum(found.get(meter, 0) for meter in _WRITES)
    whole = max(found.get("cache_write_tokens", 0), by_life)
    if whole:
        found["cache_write_tokens"] = whole
        found["cache_write_5m_tokens"] = found.get("cache_write_5m_tokens", 0) + whole - by_life


def plus(*parts: Quantity | None) -> Quantity | None:
    """The sum of what is stated; None where nothing is."""
    known = [part for part in parts if part is not None]
    return sum(known) if known else None
