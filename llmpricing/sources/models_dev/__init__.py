"""models.dev: ``parse(bytes)`` gives what the list says."""

from llmpricing.sources.models_dev.price_list import SOURCE, parse

__all__ = ["SOURCE", "parse"]
