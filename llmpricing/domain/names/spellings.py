"""How names are really sent: cloud paths, dates with or without hyphens, version marks, routing suffixes.

Each spelling means the same model. Suffixes that name another offering (OpenRouter's ``:free``, ``:batch``,
``:thinking``, ``:extended``) are no spellings and are never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

# What else a seller is called -> its ids, the first that the catalogue has is meant first. The lists call one seller
# by different names; Vertex is a surface of Google, Foundry of Azure, each with prices of its own where listed.
PROVIDER_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "amazon": ("aws",),
        "amazon-bedrock": ("aws",),
        "azure-ai": ("azure-ai", "azure"),
        "azure-openai": ("azure",),
        "bedrock": ("aws",),
        "bedrock-converse": ("aws",),
        "cloudflare-workers-ai": ("cloudflare",),
        "cohere-chat": ("cohere",),
        "dashscope": ("alibaba",),
        "fireworks-ai": ("fireworks",),
        "gemini": ("google",),
        "github": ("github-copilot",),
        "google-gla": ("google",),
        "google-vertex": ("google-vertex", "google"),
        "moonshot": ("moonshotai",),
        "novita-ai": ("novita",),
        "together-ai": ("together",),
        "togetherai": ("together",),
        "vertex": ("google-vertex", "google"),
        "vertex-ai": ("google-vertex", "google"),
        "voyage": ("voyageai",),
        "xai": ("x-ai",),
        "zhipu": ("zhipuai",),
    }
)
# Names that a lab gave its own models, besides those that genai-prices' clauses claim for it.
_LABS_NAMES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "openai": re.compile(
            r"(chatgpt-4o|codex-mini|computer-use-preview|dall-e-[23]|omni-moderation|text-embedding-(3-|ada-)).*"
            r"|(babbage|davinci)-002"
        )
    }
)
# Variants that OpenRouter accepts on any model and lists nowhere: they choose among its sellers, and the model's listed
# price stands (https://openrouter.ai/docs/guides/routing/model-variants/overview.md); :online bills searches apart.
_ROUTING = re.compile(r":(nitro|floor|exacto|online)$")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:(?P<region>[^:]*):[^:]*:[a-z-]+/(?P<model>.+)")
_VERTEX_PATH = re.compile(r"(?:projects/[^/]+/)?(?:locations/(?P<region>[^/]+)/)?publishers/[^/]+/models/(?P<model>.+)")
# How Bedrock names models, here without a seller: their maker before the first point, or after a place.
_BEDROCK_ID = re.compile(
    r"(?:(?:us|eu|apac|au|ca|jp|in|us-gov|global)\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax"
    r"|mistral|moonshot|moonshotai|nvidia|openai|qwen|stability|twelvelabs|writer|xai|zai)\.[^/]+"
)
# How LiteLLM writes regions: bedrock/us-east-1/..., azure/eu/...; invoke and converse are two ways to call one model.
_AWS_PATH = re.compile(r"(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)/|\*/)?(?:invoke/|converse/)?(?P<model>[^/]+)")
_AZURE_PATH = re.compile(r"(?P<region>apac|eu|global|global-standard|us|us-gov)/(?P<model>.+)")
_COMPACT_DATE = re.compile(r"(?<=[-@])(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")
_DASHED_DATE = re.compile(r"(?<=[-@])(20\d{2})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?=-|:|$)")
_FINE_TUNE = re.compile(r"(ft:[^:]+):.+|(.+\.ft-).+")  # OpenAI's way, and Azure's


@dataclass(frozen=True, slots=True)
class Spelling:
    """A way to write the requested name, and in words how it was read."""

    text: str
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a path or resource name says: the model's id, and its seller and region where it names them."""

    model: str
    provider: str | None = None
    region: str = ""


def unpacked(name: str, provider: str | None = None) -> Unpacked:
    """The model's id out of an ARN of Bedrock, a resource path of Vertex or a region's path; else the name itself."""
    for path, seller in ((_ARN, "aws"), (_VERTEX_PATH, "vertex-ai")):
        if found := path.fullmatch(name):
            return Unpacked(found["model"], seller, found["region"] or "")
    if name.startswith("models/"):
        return Unpacked(name.removeprefix("models/"), "google")
    own_path = {"aws": _AWS_PATH, "azure": _AZURE_PATH}.get(provider or "")
    if own_path and (found := own_path.fullmatch(name)):
        return Unpacked(found["model"], provider, found["region"] or "")
    return Unpacked(name)


def is_named_by(lab: str, name: str) -> bool:
    """Whether a name without a seller is of those that a lab gave, though no list's clause claims it."""
    return lab in _LABS_NAMES and _LABS_NAMES[lab].fullmatch(name.lower()) is not None


def is_bedrock_id(name: str) -> bool:
    """Whether a name without a seller is of the form that Bedrock alone uses, such as ``us.amazon.nova-pro-v1:0``."""
    return _BEDROCK_ID.fullmatch(name.lower()) is not None


def spellings(name: str, *, routed: bool) -> Iterator[Spelling]:
    """The name as it is, then other spellings; ``routed`` where the seller knows OpenRouter's routing suffixes."""
    found = [Spelling(name)]
    for reading, respell in _RESPELLINGS.items():
        if reading == "without its routing suffix" and not routed:
            continue
        for known in tuple(found):
            text = respell(known.text)
            if text != known.text and all(text != other.text for other in found):
                found.append(Spelling(text, f"{known.reading}, {reading}" if known.reading else reading))
    yield from found


def _without_routing(text: str) -> str:
    return _ROUTING.sub("", text)


def _without_own_part(text: str) -> str:
    return _FINE_TUNE.sub(r"\1\2", text)


def _version_mark(text: str) -> str:
    head, mark, version = text.rpartition("@")
    if not mark or not head:
        return text
    return head if version in ("default", "latest") else f"{head}-{version}"


def _dashed(text: str) -> str:
    return _COMPACT_DATE.sub(lambda found: _joined(found, "-"), text)


def _compact(text: str) -> str:
    return _DASHED_DATE.sub(lambda found: _joined(found, ""), text)


def _joined(found: re.Match[str], hyphen: str) -> str:
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return found[0]
    return hyphen.join(found.groups())


def _without_latest(text: str) -> str:
    return text.removesuffix("-latest")


_RESPELLINGS = MappingProxyType(
    {
        "without its routing suffix": _without_routing,
        "without the fine-tune's own name": _without_own_part,
        "its @ read as a version": _version_mark,
        "its date with hyphens": _dashed,
        "its date without hyphens": _compact,
        "without -latest": _without_latest,
    }
)
