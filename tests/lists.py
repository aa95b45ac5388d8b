"""A small price list made for the tests, in genai-prices' shape: one offering for each thing a page must get right."""

from __future__ import annotations

import json
from typing import Any


def _model(id_: str, prices: Any, **more: Any) -> dict[str, Any]:
    return {"id": id_, "match": {"equals": id_}, "prices": prices, **more}


_ACME = [
    _model(
        "acme-large",
        {"input_mtok": 2.5, "output_mtok": 10, "cache_read_mtok": 1.25},
        name="Acme Large",
        context_window=128000,
    ),
    _model("acme-small", {"input_mtok": 0.0025, "output_mtok": 0.01}, name="Acme Small", context_window=8000),
    _model(
        "acme-long",
        {
            "input_mtok": {"base": 1, "tiers": [{"start": 200000, "price": 2}]},
            "output_mtok": {"base": 4, "tiers": [{"start": 200000, "price": 6}]},
        },
        name="Acme Long",
        context_window=1000000,
    ),
    _model(
        "acme-dated",
        [
            {"prices": {"input_mtok": 8, "output_mtok": 24}},
            {"constraint": {"start_date": "2026-03-01"}, "prices": {"input_mtok": 4, "output_mtok": 12}},
        ],
        name="Acme Dated",
        price_variants=[{"when": {"processing": "batch"}, "prices": {"input_mtok": 2, "output_mtok": 6}}],
    ),
    _model("acme-embed", {"input_mtok": 0.02}, name="Acme Embed"),
    _model("acme-mystery", {}, name="Acme <b>Mystery</b>"),
]
_BAZAAR = [
    _model(
        "acme/acme-large", {"input_mtok": 3, "output_mtok": 11}, name="Acme Large via Bazaar", context_window=128000
    ),
    _model("acme/acme-tiny:free", {}, name="Acme Tiny (free)"),
]


def small_list() -> bytes:
    """The list as genai-prices' data.json would bring it: 2 providers, 8 offerings, one of them without a price."""
    providers = [
        {"id": "acme", "name": "Acme", "api_pattern": r"https://api\.acme\.example", "models": _ACME},
        {"id": "bazaar", "name": "Bazaar", "api_pattern": r"https://bazaar\.example", "models": _BAZAAR},
    ]
    return json.dumps(providers).encode()


def price_list(**prices: float) -> bytes:
    """A list of one seller, acme, with an offering for each name, at this input price; output is four times that."""
    models = [_model(name, {"input_mtok": amount, "output_mtok": amount * 4}) for name, amount in prices.items()]
    return json.dumps([{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": models}]).encode()


def cost_map(**prices: float) -> bytes:
    """LiteLLM's map of the same seller, with the same offerings and meters as price_list."""
    entries = {
        f"acme/{name}": {
            "litellm_provider": "acme",
            "mode": "chat",
            "input_cost_per_token": amount / 1_000_000,
            "output_cost_per_token": amount * 4 / 1_000_000,
        }
        for name, amount in prices.items()
    }
    return json.dumps(entries).encode()


def listed(seller: str, prices: dict[str, tuple[float, float]]) -> bytes:
    """A list of one seller in genai-prices' shape: input and output in USD per million tokens, by id."""
    models = [_model(id_, {"input_mtok": into, "output_mtok": out}) for id_, (into, out) in prices.items()]
    return json.dumps([{"id": seller, "name": seller.title(), "api_pattern": seller, "models": models}]).encode()


def dated_list(now: tuple[float, float], dated: dict[str, tuple[float, float]]) -> bytes:
    """A list of one model, acme-large: its prices of input and output now, and those from some days on."""
    prices: list[dict[str, Any]] = [{"prices": {"input_mtok": now[0], "output_mtok": now[1]}}]
    prices += [
        {"constraint": {"start_date": day}, "prices": {"input_mtok": into, "output_mtok": out}}
        for day, (into, out) in dated.items()
    ]
    models = [_model("acme-large", prices)]
    return json.dumps([{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": models}]).encode()
