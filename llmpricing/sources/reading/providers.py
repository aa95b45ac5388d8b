"""One name per seller: genai-prices' provider ids, and the other lists' names for the same seller.

Only a true namesake is mapped. Another surface of the same company (Vertex beside Gemini's own API, an international
site beside the Chinese one, a subscription beside the API) sells at its own prices and stays its own provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CANONICAL: Mapping[str, str] = MappingProxyType(
    {
        "amazon-bedrock": "aws",
        "cloudflare-workers-ai": "cloudflare",
        "fireworks-ai": "fireworks",
        "google-vertex-anthropic": "google-vertex",
        "novita-ai": "novita",
        "togetherai": "together",
        "xai": "x-ai",
    }
)


def canonical(provider: str) -> str:
    """The price book's id of a provider that models.dev or model-prices names."""
    return _CANONICAL.get(provider, provider)
