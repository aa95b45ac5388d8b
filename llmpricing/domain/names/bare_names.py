"""A name without a seller: the lab's own offering where a lab claims it, else its only seller's, else candidates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate
from types import MappingProxyType

from llmpricing.domain.names.answers import Ambiguous, Resolution, one_of
from llmpricing.domain.names.index import NameIndex
from llmpricing.domain.names.marks import FINE_TUNE
from llmpricing.domain.names.moments import Moment
from llmpricing.domain.names.providers import ORGANISATIONS, sells_at_all
from llmpricing.domain.names.surfaces import at_surface
from llmpricing.domain.names.twins import with_twins

# Names that a lab gave its own models, besides those that a list's clauses claim for it: they are the lab's own before
# and after any import.
_LABS_NAMES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "anthropic": re.compile(r"claude-.*"),
        "cohere": re.compile(r"(command|embed|rerank)-.*"),
        "deepseek": re.compile(r"deepseek-(chat|reasoner|coder|v\d|r\d).*"),
        "google": re.compile(r"(gemini|imagen|veo)-.*"),
        "moonshotai": re.compile(r"(kimi|moonshot)-.*"),
        "openai": re.compile(
            r"(chatgpt-4o|codex-mini|computer-use-preview|dall-e-[23]|omni-moderation|text-embedding-(3-|ada-)).*"
            r"|(babbage|davinci)-002"
        ),
        "perplexity": re.compile(r"sonar(-.*)?"),
        "voyageai": re.compile(r"voyage-.*"),
        "x-ai": re.compile(r"grok-.*"),
        "zhipuai": re.compile(r"glm-.*"),
    }
)
_HOUSES = MappingProxyType({"zhipuai": "zai", "zai": "zhipuai"})  # two houses of one lab, each with its own prices


def of_a_bare_name(index: NameIndex, text: str, moment: Moment) -> Resolution | Ambiguous | None:
    """What a name means that says no seller; several where one seller asks different prices by that name."""
    found = _of_its_seller(index, text, moment)
    return with_twins(index, found, moment) if isinstance(found, Resolution) else found


def _of_its_seller(index: NameIndex, text: str, moment: Moment) -> Resolution | Ambiguous | None:
    """The seller whose name it is.

    What a lab claims, or a seller's name begins, is not sold by the only other seller: that one has its own prices.
    """
    made_from = text.lower().removeprefix(FINE_TUNE)
    labs = [] if "/" in made_from else [lab for lab in index.claiming if lab.model_match and lab.model_match(made_from)]
    named = index.sellers.get(_named_by_its_lab(made_from))
    labs += [named] if named and named not in labs else []
    labs += [index.sellers[o] for lab in labs if (o := _HOUSES.get(lab.slug, "")) in index.sellers]
    found = [one for lab in labs if (one := at_surface(index, lab, text, moment))]
    if found:
        slugs = tuple(dict.fromkeys(s for one in found for s in _slugs(one)))
        return found[0] if len(slugs) == 1 else Ambiguous(slugs)
    if labs:
        return None if len(sold := index.sold.get(text.lower(), ())) < 2 else one_of(sold, "only seller")
    aliased, sold = index.aliases.get(text.lower(), ()), index.sold.get(text.lower(), ())
    slugs = tuple(dict.fromkeys((*aliased, *sold)))
    if aliased and len(slugs) == 1:
        return Resolution(slugs[0], "source alias")
    if len(slugs) == 1 and _names_a_seller(index, text):
        return None
    return one_of(slugs, "only seller") if slugs else None


def _slugs(found: Resolution | Ambiguous) -> tuple[str, ...]:
    return (found.slug,) if isinstance(found, Resolution) else found.candidates


_ANY_LABS_NAME = re.compile("|".join(f"({pattern.pattern})" for pattern in _LABS_NAMES.values()))
_LAB_OF_GROUP = {
    group: lab
    for lab, group in zip(
        _LABS_NAMES,
        accumulate((1 + pattern.groups for pattern in _LABS_NAMES.values()), initial=1),
        strict=False,
    )
}


def _named_by_its_lab(name: str) -> str:
    """The lab whose own name for a model it is; empty where it is none's."""
    found = _ANY_LABS_NAME.fullmatch(name)
    return next((lab for group, lab in _LAB_OF_GROUP.items() if found[group] is not None), "") if found else ""


def _names_a_seller(index: NameIndex, text: str) -> bool:
    """Whether the name begins with a seller, of which the price book may have nothing yet."""
    head, slash, _ = text.partition("/")
    if not slash or head.lower() in ORGANISATIONS:
        return False
    return index.seller_called(head) is not None or sells_at_all(head)
