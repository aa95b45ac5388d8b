"""One quote in process, with its lines: ours beside genai_prices.calc_price, and litellm.cost_per_token if installed.

python -m benchmarks.quote_in_process
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from importlib.util import find_spec
from typing import Any

import genai_prices

from benchmarks.calls import Call, calls
from benchmarks.timing import best_of
from llmpricing.domain.names.index import IndexedOffering, build_index
from llmpricing.domain.names.matching import resolve
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage
from llmpricing.sources import genai_prices as parser
from llmpricing.sources.bundled import bundled
from tests.prices import prices_of

CALLS, ROUNDS = 2000, 15
LITELLM_NAMES = {"google": "gemini", "x-ai": "xai", "cohere": "cohere_chat"}


def ours() -> Callable[[Call], Any]:
    """Name resolved, usage read, quote made: as the service does it, without the database."""
    source = bundled(parser.SOURCE)
    listed = parser.parse(source.data)
    compiled = {o.slug: OfferingPrices(prices_of(o.statements, parser.SOURCE.slug)) for o in listed.offerings}
    entries = [IndexedOffering(o.slug, o.provider, o.api_id, (o.match,) if o.match else ()) for o in listed.offerings]
    lookup = lru_cache(20_000)(partial(resolve, build_index(entries, listed.providers)))

    def ask(call: Call) -> Any:
        return quote(compiled[lookup(call.model, call.seller).slug], read_usage(call.usage), call.at)

    return ask


def calc_price(call: Call) -> Any:
    """The peer, asked for the seller's own model at the same time."""
    usage = genai_prices.Usage(**call.usage)
    return genai_prices.calc_price(usage, call.model, provider_id=call.seller, genai_request_timestamp=call.at)


def cost_per_token() -> Callable[[Call], Any] | None:
    """LiteLLM's function, where LiteLLM is installed."""
    if find_spec("litellm") is None:
        return None
    import litellm

    def ask(call: Call) -> Any:
        return litellm.cost_per_token(
            model=call.model,
            custom_llm_provider=LITELLM_NAMES.get(call.seller, call.seller),
            prompt_tokens=call.input,
            completion_tokens=call.output,
            cache_read_input_tokens=call.cached,
        )

    return ask


def main() -> None:
    """Print microseconds per call and the ratios."""
    asked = calls(CALLS)
    quote_one = ours()
    mine, theirs = per_call(quote_one, asked), per_call(calc_price, asked)
    same = sum(quote_one(call).total == calc_price(call).total_price for call in asked)
    print(
        f"  ours {mine * 1e6:.1f} us, calc_price {theirs * 1e6:.1f} us a call: {theirs / mine:.2f}x as fast (target 1x)"
    )
    print(f"  {same:,} of {CALLS:,} totals are equal")
    other = cost_per_token()
    if other is None:
        print("  litellm is not installed: not compared")
        return
    known = [call for call in asked if _answers(other, call)]
    mine, theirs = per_call(quote_one, known), per_call(other, known)
    print(
        f"  ours {mine * 1e6:.1f} us, cost_per_token {theirs * 1e6:.1f} us over the {len(known):,} calls it knows:",
        end=" ",
    )
    print(f"{theirs / mine:.1f}x as fast (target 10x)")


def per_call(ask: Callable[[Call], Any], asked: list[Call]) -> float:
    """Seconds of one call, in the best of several rounds over all."""

    def all_of_them() -> None:
        for call in asked:
            ask(call)

    return best_of(ROUNDS, all_of_them) / len(asked)


def _answers(ask: Callable[[Call], Any], call: Call) -> bool:
    try:
        return bool(ask(call))
    except Exception:  # noqa: BLE001 - whatever the peer raises for a name that it does not know
        return False


if __name__ == "__main__":
    main()
