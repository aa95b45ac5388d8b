"""Who made a model, by the first word of its family: ``claude`` is Anthropic's, whoever sells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_FIRST_WORD = re.compile(r"[-\d.]")
_LABS: Mapping[str, str] = MappingProxyType(
    {
        word: lab
        for lab, words in {
            "ai21": "jamba",
            "alibaba": "qwen qvq",
            "amazon": "nova titan",
            "anthropic": "claude",
            "baidu": "ernie",
            "bytedance": "seed",
            "cohere": "command cohere",
            "deepseek": "deepseek",
            "google": "gemini gemma imagen lyria veo",
            "ibm": "granite",
            "inception": "mercury",
            "meta": "llama",
            "microsoft": "phi mai",
            "minimax": "minimax",
            "mistral": "codestral devstral magistral ministral mistral mixtral pixtral voxtral",
            "moonshotai": "kimi",
            "nvidia": "nemotron",
            "openai": "dall gpt o sora whisper",
            "perplexity": "sonar",
            "stepfun": "step",
            "tencent": "hunyuan hy",
            "upstage": "solar",
            "x-ai": "grok",
            "xiaomi": "mimo",
            "zai": "glm glmv",
        }.items()
        for word in words.split()
    }
)
# Labs that sell under other ids than their own, as clouds do and where a platform bears a name of its own.
_SELL_AS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        lab: frozenset(sellers.split())
        for lab, sellers in {
            "alibaba": "alibaba-cn qwen-ai-platform qwencloud",
            "amazon": "aws aws-polly bedrock-mantle nova sagemaker",
            "bespokelabs": "bespoke",
            "bytedance": "byteplus volcengine",
            "featherless": "featherless-ai",
            "google": "google-vertex",
            "ibm": "watsonx",
            "meituan": "longcat",
            "meta": "llama",
            "microsoft": "azure azure-ai azure-cognitive-services github-copilot microsoft-365-copilot",
            "mistral": "codestral",
            "moonshotai": "kimi-for-coding",
            "openai": "chatgpt",
            "stabilityai": "stability",
            "stepfun": "stepfun-ai",
            "tencent": "tencent-tokenhub",
            "zai": "zai-coding-plan zhipuai",
        }.items()
    }
)


def lab_of(family: str) -> str | None:
    """The lab whose own the family's first word is, by its id as a seller; None where it is nobody's own."""
    return _LABS.get(_FIRST_WORD.split(family.lower())[0])


def sells_for(provider: str, lab: str | None) -> bool:
    """Whether a seller is the lab itself, under its own id or another: AWS sells Amazon's models. False where nobody
    knows the lab.
    """
    if lab is None:
        return False
    return provider == lab or provider in _SELL_AS.get(lab, ()) or _without_signs(provider) == lab


def _without_signs(provider: str) -> str:
    """As paths write who made a model: ``black-forest-labs`` is ``blackforestlabs``."""
    return provider.replace("-", "").replace("_", "")
