"""The feeds: by name the file that another program reads, and how it is made at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from llmpricing.exports.overlay import Laid
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.ccusage import ccusage_overrides
from llmpricing.services.feeds.genai_prices import genai_data
from llmpricing.services.feeds.litellm import litellm_map
from llmpricing.services.feeds.models_dev import models_dev_api
from llmpricing.services.feeds.ratio_config import ratio_config
from llmpricing.services.price_book import BookState, Reads


class Lay(Protocol):
    """Makes a feed of the prices of two times; ``net``: less what was agreed with sellers."""

    def __call__(self, reads: Reads, known: BookState, clocks: Clocks, *, net: bool = False) -> Laid:
        """The feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayFeed:
    """A list as it came with the published prices laid over it, named as its source. ``lacking`` is what its client
    makes of a name without a price, ``shape`` the type of the whole file. ``lay`` raises NoListError before any such
    list was imported.
    """

    name: str
    file: str
    title: str
    lacking: str
    shape: Any = dict[str, Any]
    lay: Lay


OVERLAYS: Mapping[str, OverlayFeed] = MappingProxyType(
    {
        feed.name: feed
        for feed in (
            OverlayFeed(
                name="litellm",
                file="litellm.json",
                title="LiteLLM's model cost map",
                lacking="LiteLLM bills 0 for what it finds no price of.",
                lay=litellm_map,
            ),
            OverlayFeed(
                name="genai-prices",
                file="genai-prices.json",
                shape=list[dict[str, Any]],
                title="genai-prices' data of providers",
                lacking="genai-prices raises LookupError where it finds no price, and 0 for a field without one.",
                lay=genai_data,
            ),
            OverlayFeed(
                name="models-dev",
                file="models.dev/api.json",
                title="models.dev's api.json",
                lacking="A reader of models.dev shows no price for a model without one; opencode counts it as 0.",
                lay=models_dev_api,
            ),
        )
    }
)

RATIO_CONFIG = "ratio-config"  # made of the price book alone, without a list
ALL_FEEDS: Mapping[str, Lay] = MappingProxyType(
    {name: feed.lay for name, feed in OVERLAYS.items()} | {RATIO_CONFIG: ratio_config}
)
EXPORTED: Mapping[str, Lay] = MappingProxyType({**ALL_FEEDS, "ccusage": ccusage_overrides})  # also without an address
