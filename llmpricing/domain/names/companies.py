"""How sellers and labs write their own names, as on their own sites; lists write many otherwise, or as an id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

OWN_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "ai21": "AI21 Labs",
        "alibaba": "Alibaba Cloud",
        "amazon": "Amazon",
        "arcee": "Arcee AI",
        "assemblyai": "AssemblyAI",
        "bailing": "Bailing",
        "byteplus": "BytePlus",
        "bytedance": "ByteDance",
        "cognition": "Cognition",
        "deepgram": "Deepgram",
        "deepinfra": "DeepInfra",
        "deepseek": "DeepSeek",
        "featherless_ai": "Featherless",
        "fireworks": "Fireworks AI",
        "friendliai": "FriendliAI",
        "gigachat": "GigaChat",
        "gmi": "GMI Cloud",
        "hyperbolic": "Hyperbolic",
        "ibm": "IBM",
        "inception": "Inception",
        "lambda_ai": "Lambda",
        "longcat": "LongCat",
        "mistral": "Mistral AI",
        "moonshotai": "Moonshot AI",
        "morph": "Morph",
        "nebius": "Nebius",
        "novita": "Novita AI",
        "nscale": "Nscale",
        "nvidia": "NVIDIA",
        "nvidia_nim": "NVIDIA NIM",
        "oci": "Oracle Cloud",
        "ollama": "Ollama",
        "poolside": "Poolside",
        "replicate": "Replicate",
        "runwayml": "Runway",
        "sagemaker": "Amazon SageMaker",
        "sakana": "Sakana AI",
        "sambanova": "SambaNova",
        "sarvam": "Sarvam AI",
        "scaleway": "Scaleway",
        "sensenova": "SenseNova",
        "snowflake": "Snowflake",
        "soniox": "Soniox",
        "stability": "Stability AI",
        "stepfun": "StepFun",
        "stepfun-ai": "StepFun",
        "tencent": "Tencent",
        "tencent-tokenhub": "Tencent TokenHub",
        "thinkingmachines": "Thinking Machines",
        "upstage": "Upstage",
        "volcengine": "Volcengine",
        "wandb": "Weights & Biases",
        "watsonx": "IBM watsonx",
        "x-ai": "xAI",
        "xiaomi": "Xiaomi",
        "zai": "Z.ai",
        "zhipuai": "Zhipu AI",
    }
)


def company_names(sellers: Iterable[tuple[str, str, int]]) -> dict[str, str]:
    """By id the names of these sellers (id, name, number of offerings), and of labs that sell nothing themselves."""
    return {**OWN_NAMES, **{slug: name for slug, name, _ in sellers}}
