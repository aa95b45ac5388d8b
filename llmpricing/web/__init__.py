"""The only room that knows HTTP: routes, parameters, errors and their one shape, security, request log."""

from __future__ import annotations

from typing import Any

import msgspec

from llmpricing.log import configure


class _Json:
    """The renderer of all JSON answers: UTC times end in Z, and money has become text before it gets here."""

    def __init__(self, info: Any) -> None:
        self.encoder = msgspec.json.Encoder()

    def __call__(self, value: Any, system: dict[str, Any]) -> bytes:
        request = system.get("request")
        if request is not None:
            request.response.content_type = "application/json"
            request.response.charset = None
        return self.encoder.encode(value)


def includeme(config: Any) -> None:
    configure(config.registry.settings["llmpricing"].log_format)
    config.add_renderer("json", _Json)
    for part in (
        "rendering",
        "asked",
        "transactions",
        "held_book",
        "json_body",
        "security",
        "bulkhead",
        "metrics",
        "request_log",
        "errors",
        "delivery",
        "conditional",
        "ready_feeds",
        "access",
        "operators",
        "ready_answers",
        "api.quick_quotes",
        "api.health",
        "routes",
    ):
        config.include(f"llmpricing.web.{part}")
