"""How sellers and labs write their own names, as on their own sites; lists write many otherwise, or as an id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

OWN_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "ai21": "AI21 Labs",
        "aihubmix": "AIHubMix",
        "aiml": "AI/ML API",
        "alibaba": "Alibaba Cloud",
        "amazon": "Amazon",
        "anyscale": "Anyscale",
        "arcee": "Arcee AI",
        "assemblyai": "AssemblyAI",
        "aws-polly": "Amazon Polly",
        "azure-ai": "Azure AI",
        "bailing": "Bailing",
        "black-forest-labs": "Black Forest Labs",
        "bytedance": "ByteDance",
        "byteplus": "BytePlus",
        "chatgpt": "ChatGPT",
        "cognition": "Cognition",
        "crusoe": "Crusoe",
        "dataforseo": "DataForSEO",
        "deepgram": "Deepgram",
        "deepinfra": "DeepInfra",
        "deepseek": "DeepSeek",
        "duckduckgo": "DuckDuckGo",
        "exa-ai": "Exa",
        "fal-ai": "fal",
        "featherless-ai": "Featherless",
        "featherless_ai": "Featherless",
        "firecrawl": "Firecrawl",
        "fireworks": "Fireworks AI",
        "friendli": "FriendliAI",
        "friendliai": "FriendliAI",
        "gigachat": "GigaChat",
        "gmi": "GMI Cloud",
        "google-pse": "Google Programmable Search",
        "google-vertex": "Google Vertex AI",
        "gradient-ai": "DigitalOcean Gradient AI",
        "heroku": "Heroku",
        "hyperbolic": "Hyperbolic",
        "ibm": "IBM",
        "inception": "Inception",
        "jina-ai": "Jina AI",
        "lambda-ai": "Lambda",
        "lambda_ai": "Lambda",
        "libertai": "LibertAI",
        "linkup": "Linkup",
        "longcat": "LongCat",
        "microsoft": "Microsoft",
        "microsoft-365-copilot": "Microsoft 365 Copilot",
        "mistral": "Mistral AI",
        "moonshotai": "Moonshot AI",
        "morph": "Morph",
        "nebius": "Nebius",
        "nlp-cloud": "NLP Cloud",
        "novita": "Novita AI",
        "nscale": "Nscale",
        "nvidia": "NVIDIA",
        "nvidia_nim": "NVIDIA NIM",
        "oci": "Oracle Cloud",
        "ollama": "Ollama",
        "poolside": "Poolside",
        "publicai": "Public AI",
        "recraft": "Recraft",
        "reducto": "Reducto",
        "replicate": "Replicate",
        "runwayml": "Runway",
        "sagemaker": "Amazon SageMaker",
        "sakana": "Sakana AI",
        "sambanova": "SambaNova",
        "sarvam": "Sarvam AI",
        "scaleway": "Scaleway",
        "searxng": "SearXNG",
        "sensenova": "SenseNova",
        "serper": "Serper",
        "snowflake": "Snowflake",
        "soniox": "Soniox",
        "stability": "Stability AI",
        "stepfun": "StepFun",
        "stepfun-ai": "StepFun",
        "tavily": "Tavily",
        "tencent": "Tencent",
        "tencent-tokenhub": "Tencent TokenHub",
        "thinkingmachines": "Thinking Machines",
        "upstage": "Upstage",
        "vercel": "Vercel AI Gateway",
        "volcengine": "Volcengine",
        "wandb": "Weights & Biases",
        "watsonx": "IBM watsonx",
        "x-ai": "xAI",
        "xiaomi": "Xiaomi",
        "you-com": "You.com",
        "zai": "Z.ai",
        "zhipuai": "Zhipu AI",
    }
)


# What an id is made of, without signs, where a company by that name has none of its own in the table.
_OTHERWISE: Mapping[str, str] = MappingProxyType(
    {
        "01ai": "01.AI",
        "abacus": "Abacus.AI",
        "allenai": "Ai2",
        "baai": "BAAI",
        "codellama": "Code Llama",
        "deepcogito": "Deep Cogito",
        "eleutherai": "EleutherAI",
        "huggingface": "Hugging Face",
        "inclusionai": "inclusionAI",
        "lmsys": "LMSYS",
        "nexusflow": "Nexusflow",
        "nousresearch": "Nous Research",
        "nova": "Amazon Nova",
        "openchat": "OpenChat",
        "paddlepaddle": "PaddlePaddle",
        "pygmalionai": "PygmalionAI",
        "rekaai": "Reka AI",
        "servicenowai": "ServiceNow AI",
        "thedrummer": "TheDrummer",
        "togethercomputer": "Together AI",
        "voyageai": "Voyage AI",
        "wizardlm": "WizardLM",
        "zerooneai": "01.AI",
    }
)
_SIGNS = re.compile(r"[^a-z0-9]+", re.ASCII)
_TELLING = 3  # letters that a name has at the least: "x" and "z" alone are not xAI's and Z.ai's
_INITIALS = frozenset({"ai", "agi", "api", "ml", "nlp", "llm"})
_LAST_INITIALS = re.compile(r"(?<=[a-z0-9]{3})(ai|agi|llm)\Z", re.ASCII)


class CompanyNames(dict[str, str]):
    """Names by id, and of any other id a readable one: whoever is asked for has a name."""

    def __missing__(self, slug: str) -> str:
        """The name of this id, by its letters alone or by the rule."""
        return company_name(slug)


def company_names(sellers: Iterable[tuple[str, str, *tuple[Any, ...]]]) -> CompanyNames:
    """By id the names of these sellers (id, name and more), and of labs that sell nothing themselves.

    Who is stored by an id alone has the name that is known by now, or one that the id makes.
    """
    said = {slug: company_name(slug) if name == slug else name for slug, name, *_ in sellers}
    return CompanyNames({**OWN_NAMES, **said})


def company_name(slug: str) -> str:
    """The name of an id that no list names: one's own, signs apart (``arceeai`` is ``arcee``'s), else as names are
    written: ``essentialai`` is ``EssentialAI``, ``liquid-labs`` ``Liquid Labs``.
    """
    bare = _SIGNS.sub("", slug.lower())
    if known := OWN_NAMES.get(slug) or _OTHERWISE.get(bare) or _BY_LETTERS.get(bare):
        return known
    letters = bare.removesuffix("ai")
    if len(letters) >= _TELLING and (own := _BY_LETTERS.get(letters) or _BY_LETTERS.get(f"{letters}ai")):
        return own
    return " ".join(map(_written, filter(None, re.split(r"[-_ ]+", slug)))) or slug


def _written(word: str) -> str:
    """A word as names have it; one that has capitals of its own keeps them."""
    if word != word.lower():
        return word
    if word in _INITIALS:
        return word.upper()
    capital = word[0].upper() + word[1:]
    return _LAST_INITIALS.sub(lambda found: found[1].upper(), capital)


_BY_LETTERS: Mapping[str, str] = MappingProxyType(
    {_SIGNS.sub("", written.lower()): name for slug, name in OWN_NAMES.items() for written in (name, slug)}
)
