"""Calls of this server that run as they are printed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class CodeSample:
    """``text`` to be pasted where the ``title`` says."""

    title: str
    text: str


def samples(application_url: str, slug: str) -> list[CodeSample]:
    """What a request to this offering costs, asked of the server at this address, by curl and by Python."""
    query = urlencode({"model": slug, "input_tokens": 1000, "output_tokens": 500})
    url = f"{application_url}/api/v1/quote?{query}"
    return [
        CodeSample("A request’s cost, by curl", f"curl --fail --silent '{url}'"),
        CodeSample("By Python, without a package", _PYTHON.format(url=url)),
        CodeSample("LiteLLM with the prices of here", _LITELLM.format(url=application_url)),
    ]


_PYTHON = """import json
from urllib.request import urlopen

with urlopen("{url}") as answer:
    quote = json.load(answer)["data"]
print(quote["model"]["id"], quote["total"], quote["currency"])"""
_LITELLM = "export LITELLM_MODEL_COST_MAP_URL={url}/api/v1/export/litellm.json"
