"""A name without a seller: the lab's own offering where a lab claims it, else its only seller's, else candidates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate
from types import MappingProxyType

from llmpricing.domain.names.answers import Ambiguous, Resolution, one_of
from llmpricing.domain.names.hints import is_local, sells_at_all
from llmpricing.domain.names.identities import organisation
from llmpricing.domain.names.index import NameIndex, Seller
from llmpricing.domain.names.marks import FINE_TUNE
from llmpricing.domain.names.moments import Moment
from llmpricing.domain.names.providers import ORGANISATIONS
from llmpricing.domain.names.surfaces import at_surface
from llmpricing.domain.names.twins import with_twins

# Names that labs gave their own models: theirs before and after any import, of which some claim them by clauses too.
_LABS_NAMES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "anthropic": re.compile(r".*claude.*"),
        "cohere": re.compile(r"(command|embed|rerank)-.*"),
        "cursor": re.compile(r"composer-.*"),
        "deepseek": re.compile(r"deepseek.*"),
        "elevenlabs": re.compile(r"eleven_.*"),
        "google": re.compile(r".*gemini.*|(imagen|veo)-.*"),
        "meta": re.compile(r"muse-(wonder-1\.0|spark-.*)"),
        "minimax": re.compile(r"minimax-(m.*|01)|m2-her"),
        "mistral": re.compile(
            r"(labs-)?((mi|code|dev|magi|mini)stral|mixtral|pixtral|voxtral|open-(mistral|mixtral)).*"
        ),
        "moonshotai": re.compile(r"(kimi|moonshot).*"),
        "openai": re.compile(
            r"(gpt-|o[134]|chatgpt-4o|codex-mini|computer-use-preview|dall-e-[23]|omni-moderation|sora-2|tts-1).*"
            r"|text-embedding-(3-|ada-).*|whisper-1|(babbage|davinci)-002"
        ),
        "perplexity": re.compile(r"sonar(-.*)?"),
        "typesafe": re.compile(r"jev-.*"),
        "voyageai": re.compile(r"voyage-.*"),
        "x-ai": re.compile(r".*grok.*"),
        "zhipuai": re.compile(r"glm-.*"),
    }
)
_HOUSES = MappingProxyType({"zhipuai": "zai", "zai": "zhipuai"})  # two houses of one lab, each with its own prices


def of_a_bare_name(index: NameIndex, text: str, moment: Moment) -> Resolution | Ambiguous | None:
    """What a name means that says no seller; several where one seller asks different prices by that name."""
    found = _of_its_seller(index, text, moment)
    if not isinstance(found, Resolution) or found.rule == "clause":  # what a list says that a name means, it means
        return found
    return with_twins(index, found, moment)


def _of_its_seller(index: NameIndex, text: str, moment: Moment) -> Resolution | Ambiguous | None:
    """The seller whose name it is.

    What a lab claims, or a seller's name begins, is not sold by the only other seller: that one has its own prices.
    """
    made_from = text.lower().removeprefix(FINE_TUNE)
    lab = "" if "/" in made_from else _named_by_its_lab(made_from)
    labs = [] if "/" in made_from else _labs_of(index, made_from, lab)
    found = [one for lab in labs if (one := at_surface(index, lab, text, moment))]
    if found:
        slugs = tuple(dict.fromkeys(s for one in found for s in _slugs(one)))
        return found[0] if len(slugs) == 1 else Ambiguous(slugs)
    if labs or lab:
        return None if len(sold := index.sold.get(text.lower(), ())) < 2 else one_of(sold, "only seller")
    aliased = index.aliases.get(text.lower(), ())
    listed = [slug for slug in index.sold.get(text.lower(), ()) if not is_local(slug.partition("/")[0])]
    slugs = tuple(dict.fromkeys((*aliased, *_in_this_case(listed, text))))
    if aliased and len(slugs) == 1:
        return Resolution(slugs[0], "source alias")
    if len(slugs) == 1 and _names_a_seller(text):
        return None
    return one_of(_with_other_sellers(index, slugs), "only seller") if slugs else None


def _in_this_case(slugs: list[str], text: str) -> list[str]:
    """The id that is written so, where one seller has others that differ from it in case alone."""
    exact = [slug for slug in slugs if slug.partition("/")[2] == text]
    return exact if exact and len({slug.partition("/")[0] for slug in slugs}) == 1 else slugs


def _labs_of(index: NameIndex, name: str, namer: str) -> list[Seller]:
    """The labs whose name it is: that a list says so of, that named it themselves, and the other houses of these."""
    labs = [lab for lab in index.claiming if lab.model_match and lab.model_match(name)]
    named = index.sellers.get(namer)
    labs += [named] if named and named not in labs else []
    return labs + [index.sellers[o] for lab in labs if (o := _HOUSES.get(lab.slug, "")) in index.sellers]


def _with_other_sellers(index: NameIndex, slugs: tuple[str, ...]) -> tuple[str, ...]:
    """A bare id that one seller has, and the same model at others that write it otherwise, but for those that name this
    seller as its maker. An id with a path is nobody else's.
    """
    (first, *more) = slugs
    seller, _, api_id = first.partition("/")
    if more or "/" in api_id:
        return slugs
    others = [other.partition("/") for other in index.same_model(first)]
    rivals = [f"{sells}/{sold}" for sells, _, sold in others if sells != seller and not is_local(sells)]
    return (first, *(other for other in rivals if _maker(other) != organisation(f"{seller}/{api_id}")))


def _maker(slug: str) -> str:
    """Who made what a seller sells by an id with a path; empty where the id says nobody."""
    return organisation(slug.partition("/")[2])


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


def _names_a_seller(text: str) -> bool:
    """Whether the name begins with a seller by our table, whichever the price book has: no import may change it."""
    head, slash, _ = text.partition("/")
    return bool(slash) and head.lower() not in ORGANISATIONS and sells_at_all(head)
