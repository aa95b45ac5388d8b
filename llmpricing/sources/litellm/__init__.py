"""LiteLLM's model cost map, the broadest list."""

from llmpricing.sources.declaration import SourceInfo
from llmpricing.sources.litellm.price_list import SLUG, parse

SOURCE = SourceInfo(
    slug=SLUG,
    title="LiteLLM model cost map",
    url="https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json",
    licence="MIT",
    trust_rank=3,
    states_dates=False,
    parse=parse,
    keeps_lists=True,
)
