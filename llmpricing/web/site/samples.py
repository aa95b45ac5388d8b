"""Calls of this server that run as they are printed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class CodeSample:
    """``text`` to be pasted where the ``title`` says."""

    title: str
    text: str


def samples(application_url: str, slug: str, of_litellm: str | None) -> list[CodeSample]:
    """What a request to this offering costs, asked of the server at this address, by curl and by Python; and a call of
    it by LiteLLM, which counts by the prices of here, where its name there is known.
    """
    query = urlencode({"model": slug, "input_tokens": 1000, "output_tokens": 500})
    url = f"{application_url}/api/v1/quote?{query}"
    return [
        CodeSample("A request’s cost, by curl", f"curl --fail --silent '{url}'"),
        CodeSample("By Python, without a package", _PYTHON.format(url=url)),
        CodeSample("LiteLLM with the prices of here", _LITELLM.format(url=application_url)),
        *(
            [CodeSample("A call by LiteLLM with its cost", _CALL.format(name=of_litellm))]
            if can_be_quoted(of_litellm)
            else []
        ),
    ]


def can_be_quoted(name: str | None) -> bool:
    """Whether a list's name can stand in a program as it is: a list may hold anything."""
    return name is not None and name.isprintable() and not set(name) & set("\"'\\")


_PYTHON = """import json
from urllib.request import urlopen

with urlopen("{url}") as answer:
    quote = json.load(answer)["data"]
print(quote["model"]["id"], quote["total"], quote["currency"])"""
_CALL = """import litellm  # with the line above in its environment

answer = litellm.completion(model="{name}", messages=[{{"role": "user", "content": "Hello"}}])
print(litellm.completion_cost(answer))"""
_LITELLM = "export LITELLM_MODEL_COST_MAP_URL={url}/api/v1/export/litellm.json"
