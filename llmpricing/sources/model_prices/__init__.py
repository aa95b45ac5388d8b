"""model-prices: ``parse(bytes)`` gives what the list says."""

from llmpricing.sources.model_prices.price_list import SOURCE, parse

__all__ = ["SOURCE", "parse"]
