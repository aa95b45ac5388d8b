"""Price lists made for the slice that runs with every test: one market, told by four sources that err in known ways."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.invariants.orders import SEED, DatedList

MODELS = 60
FACTORS = (0.25, 0.5, 0.8, 1.002, 1.25, 2, 4)
MAPS = ("2023-11-01", "2024-09-06", "2025-07-04", "2026-11-12")
GENAI_LIST, MODELS_DEV_LIST = "2026-11-10", "2026-05-21"


@dataclass(frozen=True)
class Tariff:
    """What a model costs, in USD per million tokens; None: no such price."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    audio: float | None = None


def first_list() -> DatedList:
    """The most trusted list, from which a book is begun."""
    models = [
        {"id": name, "match": {"equals": name}, "prices": _genai(history)}
        for name, history in _market("genai-prices").items()
    ]
    data = json.dumps([{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": models}]).encode()
    return DatedList("genai-prices", _day(GENAI_LIST), data)


def later_lists() -> list[DatedList]:
    """LiteLLM's maps and models.dev's list of the same market, each with gaps, errors and prices of its time."""
    maps = [DatedList("litellm", _day(day), json.dumps(_map(day)).encode()) for day in MAPS]
    return [*maps, DatedList("models-dev", _day(MODELS_DEV_LIST), json.dumps(_models_dev()).encode())]


def _market(source: str) -> dict[str, list[tuple[str, Tariff]]]:
    """By model the tariffs that were asked since a day, as this source tells them; it does not know all."""
    found = {}
    for number in range(MODELS):
        truth, numbers = random.Random(f"{SEED} {number}"), random.Random(f"{SEED} {number} {source}")  # noqa: S311
        history = _history(truth)
        if numbers.random() < 0.15:
            continue
        found[f"model-{number}"] = [(day, _told(tariff, numbers)) for day, tariff in history]
    return found


def _history(truth: random.Random) -> list[tuple[str, Tariff]]:
    price = round(truth.choice((0.1, 0.5, 2, 8)) * truth.uniform(0.5, 2), 3)
    tariff = Tariff(
        price,
        price * truth.choice((2, 4, 5)),
        price / 10 if truth.random() < 0.6 else None,
        price * 1.25 if truth.random() < 0.3 else None,
        price * 8 if truth.random() < 0.3 else None,
    )
    history = [("2023-06-01", tariff)]
    for day in ("2024-06-01", "2025-10-01", "2026-08-01"):
        if truth.random() < 0.3:
            tariff = _scaled(tariff, truth.choice(FACTORS))
            history.append((day, tariff))
    return history


def _told(tariff: Tariff, numbers: random.Random) -> Tariff:
    """A tariff as a source tells it: mostly right, at times another one, or without some prices."""
    if numbers.random() < 0.12:
        tariff = _scaled(tariff, numbers.choice(FACTORS))
    gaps = {name: None for name in ("cache_read", "cache_write", "audio") if numbers.random() < 0.25}
    return Tariff(**(vars(tariff) | gaps))


def _scaled(tariff: Tariff, factor: float) -> Tariff:
    return Tariff(**{name: round(value * factor, 6) if value else value for name, value in vars(tariff).items()})


def _asked(history: list[tuple[str, Tariff]], day: str) -> Tariff:
    return next(tariff for since, tariff in reversed(history) if since <= day)


def _genai(history: list[tuple[str, Tariff]]) -> Any:
    """Dated where the source tells of changes, undated where it knows today's price only."""
    told = [_named(tariff, _GENAI) for _, tariff in history]
    if len(told) % 2:
        return told[-1]
    dated = [{"constraint": {"start_date": since}} for since, _ in history[1:]]
    return [{"prices": prices} | when for prices, when in zip(told, [{}, *dated], strict=True)]


def _map(day: str) -> dict[str, Any]:
    own = {"litellm_provider": "acme", "mode": "chat"}
    return {
        f"acme/{name}": own | {key: value / 1e6 for key, value in _named(_asked(history, day), _LITELLM).items()}
        for name, history in _market(f"litellm {day[:4]}").items()
    }


def _models_dev() -> dict[str, Any]:
    models = {
        name: {"id": name, "name": name, "limit": {}, "cost": _named(_asked(history, MODELS_DEV_LIST), _MODELS_DEV)}
        for name, history in _market("models-dev").items()
    }
    return {"acme": {"id": "acme", "name": "Acme", "models": models}}


def _named(tariff: Tariff, names: dict[str, str]) -> dict[str, float]:
    return {names[name]: value for name, value in vars(tariff).items() if value is not None and name in names}


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


_GENAI = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "audio": "input_audio_mtok",
}
_LITELLM = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "audio": "input_cost_per_audio_token",
}
_MODELS_DEV = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write",
    "audio": "input_audio",
}
