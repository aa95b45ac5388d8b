"""What a log says of the seller, by words: a provider's id, a library's class, an OpenTelemetry value, an API host.

Words for a platform beat words for a lab (``azure.ai.openai`` is Azure); words that say how one calls say nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from llmpricing.domain.names.providers import AZURE, CANONICAL, HUGGING_FACE, called_exactly, surfaces_of


class HintKind(Enum):
    """What a hint names."""

    PLATFORM = auto()  # a seller of several labs' models
    LAB = auto()
    LOCAL = auto()  # a runner on one's own machine: never a price, but for what a list says of it by its own id
    NOBODY = auto()  # a way to call, no seller: the name decides
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint that was read: the ids of the surfaces it means, in the order in which they are tried."""

    kind: HintKind
    surfaces: tuple[str, ...] = ()


_PLATFORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {  # the more special first: what comes first in this table wins where a hint has words for several
        "mantle": ("bedrock-mantle",),
        "copilot": ("github-copilot",),
        "github": ("github-models",),
        "openrouter": ("openrouter",),
        "huggingface": (HUGGING_FACE,),
        "hf": (HUGGING_FACE,),
        "bedrock": ("aws",),
        "converse": ("aws",),
        "aws": ("aws",),
        "amazon": ("aws",),
        "azure": AZURE,
        "az": AZURE,
        "foundry": AZURE,
        "vertex": ("google-vertex",),
        "vertexai": ("google-vertex",),
        "aiplatform": ("google-vertex",),
        "databricks": ("databricks",),
        "mosaicml": ("databricks",),
        "snowflake": ("snowflake",),
        "cortex": ("snowflake",),
        "watsonx": ("watsonx",),
        "ibm": ("watsonx",),
        "groq": ("groq",),
        "workers": ("cloudflare",),
        "cloudflare": ("cloudflare",),
        "cf": ("cloudflare",),
        "togetherai": ("together",),
        "together": ("together",),
        "fireworks": ("fireworks",),
        "deepinfra": ("deepinfra",),
        "nebius": ("nebius",),
        "cerebras": ("cerebras",),
        "sambanova": ("sambanova",),
        "novita": ("novita",),
        "nvidia": ("nvidia",),
        "nim": ("nvidia",),
        "oci": ("oci",),
        "oracle": ("oci",),
        "vercel": ("vercel",),
        "replicate": ("replicate",),
        "baseten": ("baseten",),
        "hyperbolic": ("hyperbolic",),
        "siliconflow": ("siliconflow",),
        "gcp": ("google",),
        "gemini": ("google",),
        "gla": ("google",),
        "genai": ("google",),
        "googleai": ("google",),
        "generativelanguage": ("google",),
        "palm": ("google",),
        "google": ("google",),
    }
)
_LABS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "openai": ("openai",),
        "anthropic": ("anthropic",),
        "claude": ("anthropic",),
        "mistral": ("mistral",),
        "mistralai": ("mistral",),
        "cohere": ("cohere",),
        "xai": ("x-ai",),
        "deepseek": ("deepseek",),
        "moonshot": ("moonshotai",),
        "moonshotai": ("moonshotai",),
        "zai": ("zai",),
        "zhipu": ("zhipuai",),
        "zhipuai": ("zhipuai",),
        "bigmodel": ("zhipuai",),
        "alibaba": ("alibaba",),
        "dashscope": ("alibaba",),
        "tongyi": ("alibaba",),
        "qwen": ("alibaba",),
        "minimax": ("minimax",),
        "perplexity": ("perplexity",),
        "pplx": ("perplexity",),
        "voyage": ("voyageai",),
        "voyageai": ("voyageai",),
        "ai21": ("ai21",),
        "upstage": ("upstage",),
        "thinkingmachines": ("thinkingmachines",),
    }
)
_PLATFORM_IDS = frozenset(slug for surfaces in _PLATFORMS.values() for slug in surfaces)
_LAB_IDS = frozenset(slug for surfaces in _LABS.values() for slug in surfaces)
_LOCAL = frozenset(
    {
        *(
            "gpt4all",
            "lemonade",
            "llamacpp",
            "llamafile",
            "llamastack",
            "lmstudio",
            "local",
            "localai",
            "localhost",
            "mlx",
        ),
        *("ollama", "oobabooga", "sgl", "sglang", "tgi", "triton", "vllm", "xinference"),
    }
)
_NOBODY = frozenset(
    {
        *("compatible", "custom", "default", "fake", "helicone", "langfuse", "like", "litellm", "other", "portkey"),
        *("proxy", "unknown"),
    }
)
# What runs agents with any seller's models, in one word.
_FRAMEWORKS = frozenset(
    {
        *("agentframework", "agno", "autogen", "crewai", "dspy", "haystack", "langchain", "langgraph", "llamaindex"),
        *("mastra", "microsoftagentframework", "pydanticai", "semantickernel", "smolagents", "springai", "strands"),
        "strandsagents",
    }
)
CALLING = frozenset(
    {
        *("agent", "ai", "api", "apis", "async", "audio", "beta", "chat", "client", "com", "completion", "completions"),
        *("converse", "embedding", "embeddings", "gen", "generative", "http", "https", "image", "images", "inference"),
        *("invoke", "language", "legacy", "llm", "llms", "message", "messages", "model", "models", "rerank"),
        *("response", "responses", "speech", "stream", "streaming", "text", "transcription", "v1", "v2", "www"),
    }
)
_ALL_WORDS = CALLING | _PLATFORMS.keys() | _LABS.keys() | _LOCAL | _NOBODY
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")


def is_providers_name(name: str) -> bool:
    """Whether every word of a name is one for a seller or for a way to call it: ``azure_openai``, not ``qwen3``."""
    return all(word in _ALL_WORDS for word in words_of(name))


def names_nobody(name: str) -> bool:
    """Whether a name is one for a gateway or a shape of requests alone, such as ``litellm_proxy``: no seller's."""
    return is_providers_name(name) and not _NOBODY.isdisjoint(words_of(name))


def is_framework(name: str) -> bool:
    """Whether a name is that of a framework alone, such as ``strands-agents`` or ``LangChain``: traces name it where
    they should name the seller, which ``langchain_openai`` does beside it.
    """
    return "".join(words_of(name)) in _FRAMEWORKS


def is_local(provider: str) -> bool:
    """Whether a provider's id is that of a runner on one's own machine."""
    return provider in _LOCAL


def sells_at_all(name: str) -> bool:
    """Whether a word is a seller's by this table, whatever the price book has of it."""
    return called_exactly(name) in _PLATFORM_IDS | _LAB_IDS


def words_of(hint: str) -> tuple[str, ...]:
    """The lowered words of a hint: split at signs, blanks and CamelCase."""
    return tuple(word.lower() for word in _WORD.findall(hint))


def read_hint(hint: str, known: Container[str]) -> Hint:
    """What a hint means; ``known`` are the providers of the price book, which their own ids always mean."""
    own = hint.strip().lower()
    if own in known and own not in _GENERAL:
        return Hint(HintKind.LOCAL if own in _LOCAL else kind_of(own), surfaces_of(own))
    exact = called_exactly(hint)
    if exact not in _GENERAL and (exact in known or exact in CANONICAL.values()):
        return Hint(HintKind.LOCAL if exact in _LOCAL else kind_of(exact), surfaces_of(exact))
    return _by_words(words_of(hint), known)


_GENERAL = frozenset({HUGGING_FACE, "github"})  # ids that are words of wider meaning


def kind_of(provider: str) -> HintKind:
    """Whether a provider's id is a lab's or a platform's."""
    return HintKind.LAB if provider in _LAB_IDS else HintKind.PLATFORM


def _by_words(words: tuple[str, ...], known: Container[str]) -> Hint:
    pairs = tuple(one + other for one, other in itertools.pairwise(words) if not {one, other} <= CALLING)  # gen_ai
    said = {*words, *pairs}
    if said & _LOCAL:
        name = next(word for word in (*pairs, *words) if word in _LOCAL)
        return Hint(HintKind.LOCAL, (name,))
    route = next((f"{HUGGING_FACE}_{word}" for word in words if f"{HUGGING_FACE}_{word}" in known), None)
    if route and said & {HUGGING_FACE, "hf"}:
        return Hint(HintKind.PLATFORM, (route,))
    if found := next((surfaces for word, surfaces in _PLATFORMS.items() if word in said), None):
        return Hint(HintKind.PLATFORM, found)
    is_host = "https" in words or "http" in words
    if said & (_NOBODY - {"compatible"} if is_host else _NOBODY):
        return Hint(HintKind.NOBODY)
    if found := next((surfaces for word, surfaces in _LABS.items() if word in said), None):
        return Hint(HintKind.LAB, found)
    if is_host:  # the host of nobody we know: no word of it is a seller's id
        return Hint(HintKind.UNKNOWN)
    telling = [word for word in words if word not in CALLING]
    for size in range(len(telling), 0, -1):
        for start in range(len(telling) - size + 1):
            for slug in ("-".join(telling[start : start + size]), "".join(telling[start : start + size])):
                if slug in known:
                    return Hint(kind_of(slug), surfaces_of(slug))
    return Hint(HintKind.NOBODY if words and not telling else HintKind.UNKNOWN)
