"""Whether an offering takes requests as long as those of a month, and answers them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.site import display


def hindrance(item: Any, length: int) -> str:
    """Why an offering cannot take requests of ``length`` input tokens, by its item; empty where nothing is known to
    stand against it. How long its answers are is not asked: the month states its output, and who asks for a context
    states no length of answers.
    """
    if item.context_window is not None and item.context_window < length:
        return f"its context is {display.tokens(item.context_window)}"
    return ""


def beyond_limits(item: Any, month: Workload) -> str:
    """What stands against the requests of a month that states how many they are, so that their length is known and
    that of their answers; empty where nothing is known to.
    """
    length, given = month.input_per_request, Fraction(month.quantities["output_tokens"], month.requests)
    if why := hindrance(item, length):
        return f"cannot be run: {why}"
    if (most := item.max_output_tokens) is not None and given > most:
        return f"{display.tokens(round(given))} out a request, it gives {display.tokens(most)}"
    if item.context_window is not None and item.context_window < length + given:
        whole = display.tokens(round(length + given))
        return f"{whole} a request with its output, its context is {display.tokens(item.context_window)}"
    return ""
