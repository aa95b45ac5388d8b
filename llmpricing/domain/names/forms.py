"""Names whose form alone says the seller: resource names and paths of the clouds, version marks, routers' variants."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ARN = re.compile(r"arn:aws[a-z-]*:(?:bedrock|sagemaker):(?P<region>[^:]*):[^:]*:(?P<kind>[a-z-]+)/(?P<model>.+)")
_VERTEX = re.compile(r"(?:projects/[^/]+/)?(?:locations/(?P<region>[^/]+)/)?publishers/[^/]+/models/(?P<model>.+)")
# How Bedrock names models, here without a seller: their maker before the first point, or after a place.
_BEDROCK = re.compile(
    r"(?:(?:us|eu|apac|au|ca|jp|in|us-gov|global|regional)\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax"
    r"|mistral|moonshot|moonshotai|nvidia|openai|qwen|stability|twelvelabs|writer|xai|zai)\.[a-z][^/]*"
)
_VERTEX_VERSION = re.compile(r"(?:claude|mistral|codestral|jamba)-[^/@:]*@(?:20\d{6}|default|latest|\d{3,4}|20\d\d)")
# OpenRouter alone has these variants of models that other sellers sell too.
_OPENROUTER_VARIANT = re.compile(r"[^/:]+/[^/:]+:(?:free|thinking|extended|beta|exacto|nitro|floor|online)")
# Endpoints and deployments of one's own, which name no model: Vertex, Fireworks, Databricks.
_OWN = re.compile(
    r"(?:projects/[^/]+/)?locations/[^/]+/endpoints/.+|accounts/(?!fireworks/)[^/]+/(?:models|deployedmodels|deployments)/.+"
    r"|accounts/fireworks/(?:deployedmodels|deployments)/.+"
)
_PREFIXES = (
    (re.compile(r"accounts/fireworks/(?:models|routers)/.+"), "fireworks"),
    (re.compile(r"(?:workers-ai/|cf:)?@(?:cf|hf)/.+"), "cloudflare"),
    (re.compile(r"(?:databricks-|system\.ai\.).+"), "databricks"),
)
_CLOUDFLARE_MARK = re.compile(r"^(?:workers-ai/|cf:)(?=@)")
# Platforms whose own ids look like Bedrock's.
LIKE_BEDROCK = frozenset({"aws", "bedrock-mantle", "oci", "sagemaker"})


_TELLING = re.compile(r"[/.@]|^arn:|^databricks-", re.IGNORECASE)  # what every form has


@dataclass(frozen=True, slots=True)
class Form:
    """What the form of a name says: whose it is, the model's id in it, the region; ``own``: a resource of one's own,
    such as an application inference profile, that names no model.
    """

    provider: str
    model: str
    region: str = ""
    own: bool = False


def form_of(name: str) -> Form | None:
    """What the form of a name says of its seller; None where any seller may call a model so."""
    if not _TELLING.search(name):
        return None
    if arn := _ARN.fullmatch(name):
        listed = arn["kind"] in ("foundation-model", "inference-profile")
        return Form("aws", arn["model"], arn["region"], own=not listed)
    if path := _VERTEX.fullmatch(name):
        return Form("google-vertex", path["model"], path["region"] or "")
    lowered = name.lower()
    if _OWN.fullmatch(lowered):
        return Form("fireworks" if lowered.startswith("accounts/") else "google-vertex", name, own=True)
    for pattern, provider in _PREFIXES:
        if pattern.fullmatch(lowered):
            return Form(provider, _CLOUDFLARE_MARK.sub("", name))
    if _BEDROCK.fullmatch(lowered):
        return Form("aws", name)
    if _VERTEX_VERSION.fullmatch(lowered):
        return Form("google-vertex", name)
    if _OPENROUTER_VARIANT.fullmatch(lowered):
        return Form("openrouter", name)
    return Form("google", name[7:]) if lowered.startswith("models/") else None


# How LiteLLM writes regions: bedrock/us-east-1/..., azure/eu/...; invoke and converse are two ways to call one model.
_AWS_PATH = re.compile(
    r"(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)/|\*/)?(?:invoke/|converse/|converse_like/)?(?P<model>[^/]+)"
)
_AZURE_PATH = re.compile(r"(?P<region>apac|eu|global|global-standard|us|us-gov)/(?P<model>.+)")
_OPENAI_PATH = re.compile(r"(?P<region>)(?:responses|chat/completions)/(?P<model>[^/]+)")
_PATHS = {
    "aws": (_AWS_PATH,),
    "bedrock-mantle": (_AWS_PATH,),
    "azure": (_OPENAI_PATH, _AZURE_PATH),
    "openai": (_OPENAI_PATH,),
}


def path_at(provider: str, name: str) -> tuple[str, str]:
    """The model and the region in a path as LiteLLM writes it for a seller; the name itself and no region elsewhere."""
    found = next((found for path in _PATHS.get(provider, ()) if (found := path.fullmatch(name))), None)
    return (found["model"], found["region"] or "") if found else (name, "")
