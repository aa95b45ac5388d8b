"""The price lists that llmpricing can read, the most trusted first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from llmpricing.domain.observations import PriceList
from llmpricing.sources import genai_prices, litellm, model_prices, models_dev
from llmpricing.sources.errors import SourceError


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A public price list; ``trust_rank`` 1 is believed first. ``states_dates``: its prices carry their own dates."""

    slug: str
    name: str
    url: str
    licence: str
    trust_rank: int
    states_dates: bool
    parse: Callable[[bytes], PriceList]


_GITHUB = "https://raw.githubusercontent.com"
_ALL = (
    SourceInfo(
        "genai-prices",
        "genai-prices",
        f"{_GITHUB}/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json",
        "MIT",
        1,
        True,
        genai_prices.parse,
    ),
    SourceInfo(
        "model-prices",
        "model-prices",
        f"{_GITHUB}/wakamex/model-prices/main/src/model_prices/snapshot.json",
        "MIT",
        2,
        True,
        model_prices.parse,
    ),
    SourceInfo(
        "litellm",
        "LiteLLM model cost map",
        f"{_GITHUB}/BerriAI/litellm/main/model_prices_and_context_window.json",
        "MIT",
        3,
        False,
        litellm.parse,
    ),
    SourceInfo("models-dev", "models.dev", "https://models.dev/api.json", "MIT", 4, False, models_dev.parse),
)
SOURCES: Mapping[str, SourceInfo] = MappingProxyType({info.slug: info for info in _ALL})


def source_info(slug: str) -> SourceInfo:
    """The source of that name; SourceError naming all of them otherwise."""
    if slug not in SOURCES:
        raise SourceError(f"there is no source {slug!r}; the sources are: {', '.join(SOURCES)}")
    return SOURCES[slug]
