"""genai-prices: ``parse(bytes)`` gives what the list says."""

from llmpricing.sources.genai_prices.price_list import SOURCE, parse

__all__ = ["SOURCE", "parse"]
