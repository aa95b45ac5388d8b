"""LiteLLM's model cost map: ``parse(bytes)`` gives what the list says."""

from llmpricing.sources.litellm.price_list import SOURCE, parse

__all__ = ["SOURCE", "parse"]
