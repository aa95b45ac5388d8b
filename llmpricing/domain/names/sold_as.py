"""What sellers write into an id of how they sell: taken away, the model's own id is left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

# By seller: what stands before its ids, or behind, of its own; no word of a model.
_OF_SELLER: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        seller: re.compile(pattern, re.IGNORECASE)
        for seller, pattern in {
            "aihubmix": r"^(?:coding|cc)-(?:xiaomi-)?",  # its plans for coding tools
            "azure-ai": r"^fw-",  # served by Fireworks
            "databricks": r"^(?:databricks-|system\.ai\.)",
            "fireworks": r"^accounts/fireworks/routers/|(?<=/)spot-|-spot$|-us$",
            "github-copilot": r"-inference$",
            "gradient-ai": r"^alibaba-(?=qwen)",
            "mistral": r"^zai-(?=glm)",
            "ollama": r"-cloud$",
            "snowflake": r"^snowflake-(?=llama)",
        }.items()
    }
)
# By seller: words of another way to sell the same, at a price of its own and on terms of its own.
_WAYS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "aihubmix": re.compile(r"^(coding|cc)-", re.IGNORECASE),
        "fireworks": re.compile(r"/(spot)-|-(spot)$", re.IGNORECASE),
    }
)
_WAY_WORDS = {"cc": "coding"}
PLAN = "plan"
# Sellers of nothing but plans: tokens are for who pays a fee too, and a price by the token is what the plan counts by.
_PLANS = re.compile(
    r"coding-plan|token-plan|^(?:chatgpt|firepass|github-copilot|gitlab|kimi-for-coding|microsoft-365-copilot"
    r"|opencode-go|wafer\.ai)$"
)
_LATER = frozenset({"batch", "flex"})
# How the weights are kept, whoever runs them: most sellers keep them so and do not say it.
_PRECISION = re.compile(r"[-_](?:(?:nv|mx)?fp\d{0,2}|bf16|int[48]|awq|gptq|gguf|\dbit)(?![a-z0-9])", re.IGNORECASE)
_FORM = re.compile(r"(?<=[a-z0-9])-hf$", re.IGNORECASE)  # the files' format at Hugging Face
_BEDROCK = re.compile(r"^(?:[a-z-]+\.)?deepseek\.(?=r1|v\d\.\d)|(?<!-v1):0$", re.IGNORECASE)
_MAKER_TWICE = re.compile(r"^((?:[^/]+/)*)(?:nvidia-(?=nemotron)|meta-(?=llama)|xiaomi-(?=mimo))", re.IGNORECASE)
_GROQ = re.compile(r"^(llama-[\d.]+-\d+b)-(?:instant|versatile)$", re.IGNORECASE)  # its names of the tuned Llamas
# Sellers of tuned models alone leave the word out by which the lab tells them from its base models.
_TUNED_ALONE = frozenset(
    {"aws", "bedrock-mantle", "cerebras", "databricks", "inferenceapis", "kyma", "llamagate", "snowflake", "vercel"}
)
_TUNED_WORDS = {"llama": "instruct", "qwen": "instruct", "gemma": "it"}
_HYBRID = frozenset({"qwen"})  # families of which the plain id may be a model that knows no such word


def model_id(provider: str, api_id: str) -> str:
    """The id without its seller's own words: ``FW-GLM-5.3`` of azure-ai is ``GLM-5.3``; the whole id where it would
    be nothing else.
    """
    plain = found.sub("", api_id) if (found := _OF_SELLER.get(provider)) else api_id
    if provider in ("aws", "bedrock-mantle"):
        plain = _BEDROCK.sub(lambda found: "deepseek-" if found[0] != ":0" else "", plain)
    plain = _FORM.sub("", _PRECISION.sub("", _MAKER_TWICE.sub(r"\1", plain)))
    return _GROQ.sub(r"\1-instruct", plain) or api_id


def way_to_sell(provider: str, api_id: str) -> str:
    """Another way than the plain one that the seller writes into the id, such as ``spot``, or ``plan`` where it sells
    nothing but plans; empty for the plain one.
    """
    if sells_by_plan(provider):
        return PLAN
    found = _WAYS[provider].search(api_id) if provider in _WAYS else None
    word = next(filter(None, found.groups())).lower() if found else ""
    return _WAY_WORDS.get(word, word)


@lru_cache(maxsize=1024)
def sells_by_plan(provider: str) -> bool:
    """Whether a seller sells nothing but plans: 0 by the token there is what a fee has paid for, and not free."""
    return _PLANS.search(provider) is not None


def answers_later(way: str) -> bool:
    """Whether what is sold so answers when it suits the seller: another service than an answer at once."""
    return way in _LATER


def word_left_out(words: tuple[str, ...]) -> str:
    """The word that tells a tuned model of this family from its base one, where these words lack it; empty else."""
    word = next((_TUNED_WORDS[one] for one in words if one in _TUNED_WORDS), "")
    return "" if word in words or "base" in words else word


def sells_tuned_alone(provider: str) -> bool:
    """Whether a seller has no base models, and so leaves out the word."""
    return provider in _TUNED_ALONE


def has_untuned(words: tuple[str, ...]) -> bool:
    """Whether ids of this family without the word are others' base models, and not models that know no such word."""
    return not _HYBRID.intersection(words)
