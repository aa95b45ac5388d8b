"""The public price lists that llmpricing can read, the most trusted first. A new one is its room and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from llmpricing.settings import BUNDLED_LISTS, OWN_HOSTS
from llmpricing.sources import genai_prices, litellm, model_prices, models_dev
from llmpricing.sources.declaration import SourceInfo
from llmpricing.sources.errors import SourceError

SOURCES: Mapping[str, SourceInfo] = MappingProxyType(
    {
        source.slug: source
        for source in (
            genai_prices.SOURCE,
            model_prices.SOURCE,
            litellm.SOURCE,
            models_dev.SOURCE,
        )
    }
)
BUNDLED = tuple(slug for slug, source in SOURCES.items() if source.bundled)


def bundled_lists(asked: Iterable[str]) -> tuple[SourceInfo, ...]:
    """The sources of a setting's words that come with the installation; SourceError names what is none of them."""
    slugs = dict.fromkeys(slug for word in asked for slug in (BUNDLED if word == BUNDLED_LISTS else (word,)))
    for slug in slugs:
        if slug not in BUNDLED:
            raise SourceError(f"there is no bundled list of {slug!r}; there are: {', '.join(BUNDLED)}")
    return tuple(SOURCES[slug] for slug in slugs)


def fetch_hosts(named: Iterable[str]) -> tuple[str, ...]:
    """The hosts of a setting's words, with those of the sources' own addresses where it names these."""
    own = tuple(source.host for source in SOURCES.values())
    return tuple(dict.fromkeys(host for word in named for host in (own if word == OWN_HOSTS else (word,))))
