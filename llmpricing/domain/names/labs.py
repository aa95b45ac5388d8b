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


def lab_of(family: str) -> str | None:
    """The lab whose own the family's first word is, by its id as a seller; None where it is nobody's own."""
    return _LABS.get(_FIRST_WORD.split(family.lower())[0])
