"""The one table of what else providers are called, for importers and resolver alike."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

# What public lists call a provider -> its id in the price book. Only true namesakes: another surface of one company
# (Vertex beside Gemini's own API, a subscription beside the API) sells at prices of its own and stays a provider.
CANONICAL: Mapping[str, str] = MappingProxyType(
    {
        "amazon-bedrock": "aws",
        "amazon-nova": "nova",
        "azure-text": "azure",
        "bedrock": "aws",
        "bedrock-converse": "aws",
        "bigmodel": "zhipuai",
        "cloudflare-workers-ai": "cloudflare",
        "cohere-chat": "cohere",
        "dashscope": "alibaba",
        "fireworks-ai": "fireworks",
        "fireworks-ai-embedding-models": "fireworks",
        "friendliai": "friendli",
        "gateway": "vercel",  # the Vercel AI SDK's own name of its gateway
        "gemini": "google",
        "google-cloud": "google-vertex",  # pydantic-ai's newer name of Vertex
        "google-vertex-anthropic": "google-vertex",
        "googleai": "google",  # as Genkit writes it, and vertexai
        "meta-llama": "llama",
        "moonshot": "moonshotai",
        "novita-ai": "novita",
        "nvidia-nim": "nvidia",
        "sap": "sap-ai-core",
        "text-completion-codestral": "codestral",
        "text-completion-inception": "inception",
        "text-completion-openai": "openai",
        "together-ai": "together",
        "togetherai": "together",
        "vercel-ai-gateway": "vercel",
        "vertex": "google-vertex",
        "vertex-ai": "google-vertex",
        "vertexai": "google-vertex",
        "voyage": "voyageai",
        "wafer": "wafer.ai",
        "xai": "x-ai",
        "xiaomi-mimo": "xiaomi",
        "zhipu": "zhipuai",
    }
)
AZURE = ("azure", "azure-ai", "azure-cognitive-services")  # one family, each surface with its own prices
# Where customers give deployments, endpoints and profiles names of their own, which logs have in place of a model's.
NAMED_BY_CUSTOMERS = frozenset({*AZURE, "aws", "databricks", "google-vertex", "sagemaker"})
HUGGING_FACE = "huggingface"  # its routes are providers called huggingface_...
ORGANISATIONS = frozenset({"meta-llama"})  # before a slash: who made a model, though a list calls a provider so too
# Where a surface lists a model not, its next of kin stands in, and the answer says so.
KIN: Mapping[str, tuple[str, ...]] = MappingProxyType({"google-vertex": ("google",)})


def canonical(provider: str) -> str:
    """The price book's id of a provider that a public list names."""
    lowered = provider.replace("_", "-")
    return CANONICAL.get(lowered, provider)


@lru_cache(maxsize=4096)
def called_exactly(name: str) -> str:
    """The id that a name has in the table, signs and case apart; the lowered name itself where it has none."""
    lowered = name.strip().lower().replace("_", "-").replace(" ", "-")
    return CANONICAL.get(lowered, lowered)


def surfaces_of(provider: str) -> tuple[str, ...]:
    """The surfaces to try for a provider's id, itself first: its family follows before any stand-in."""
    if provider in AZURE:
        return (provider, *(other for other in AZURE if other != provider))
    return (provider,)
