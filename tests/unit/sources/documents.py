"""Price lists as JSON that may state a key twice: objects are pairs, so that tests can break them as lists break."""

from __future__ import annotations

import copy
import json
import random
from typing import Any


class Pairs(list):
    """A JSON object as the pairs that it states, in order."""

    def get(self, key: str) -> Any:
        return dict(self)[key]


class Raw(str):
    """A value as it is written in the document."""


def read(data: bytes) -> Any:
    return json.loads(data, object_pairs_hook=Pairs, parse_float=Raw)


def write(document: Any) -> bytes:
    return _text(document).encode("utf-8", "surrogatepass")


def _text(value: Any) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(key)}:{_text(inner)}" for key, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(inner) for inner in value) + "]"
    return json.dumps(value)


def containers(source: str, document: Any) -> list[list]:
    """The lists (genai-prices) or objects that hold the list's entries."""
    if source == "litellm":
        return [document]
    if source == "genai-prices":
        return [provider.get("models") for provider in document]
    if source == "model-prices":
        return [models for _, models in document.get("prices")]
    return [provider.get("models") for _, provider in document]


def cut(source: str, document: Any, chance: random.Random) -> Any:
    """A copy of the list with a few of its providers, and a few entries of each."""
    if source == "model-prices":
        few = Pairs((key, Pairs(_few(models, chance))) for key, models in _few(document.get("prices"), chance, 2))
        return copy.deepcopy(Pairs((key, few if key == "prices" else value) for key, value in document))
    if source == "genai-prices":
        return copy.deepcopy([_with_few_models(provider, list, chance) for provider in _few(document, chance, 2)])
    if source == "models-dev":
        return copy.deepcopy(
            Pairs((key, _with_few_models(provider, Pairs, chance)) for key, provider in _few(document, chance, 2))
        )
    if any(entries is document for entries in containers(source, document)):
        return copy.deepcopy(Pairs(_few(document, chance)))
    few = copy.deepcopy(document)
    for entries in containers(source, few):
        entries[:] = _few(entries, chance)
    return few


def _few(entries: list, chance: random.Random, number: int = 4) -> list:
    return chance.sample(entries, min(number, len(entries)))


def _with_few_models(provider: Pairs, kind: type, chance: random.Random) -> Pairs:
    return Pairs((key, kind(_few(value, chance)) if key == "models" else value) for key, value in provider)


_KEYS = (
    "",
    "\x00",
    "a\x00b",
    "\ud800",
    " padded ",
    "\x1b[31m",
    "k" * 500,
    "id",
    "models",
    "prices",
    "a;b=c:d",
    "x" * 90,
)
_VALUES = (
    None, True, 0, -1, 2**70, 10**400, Raw("9" * 5000), Raw("1e999"), Raw("1e-999"), Raw("NaN"), Raw("-0.0"),
    Raw("1.5"), "", " ", "\x00", "\ud800", " padded ", "(", "x" * 21_000, "24:00", "9999-12-31T23:59:59-23:00",
    "0001-01-01", "1,5",
    [], Pairs(), [None], Pairs([("or", [])]), Pairs([("regex", "(a+)+$")]), Pairs([("regex", "(?<=a)b")]),
    Pairs([("contains", "")]), Pairs([("base", 1), ("tiers", [])]), Pairs([("", None), ("", 1)]),
)  # fmt: skip


def mutate(document: Any, chance: random.Random) -> None:
    """One thing about the document becomes odd: a value, a key, what is missing, what is doubled, how deep it is."""
    places = list(_places(document))
    if not places:
        return
    holder, position = chance.choice(places)
    key, value = holder[position] if isinstance(holder, Pairs) else ("", holder[position])
    how = chance.randrange(6)
    if how == 0:
        del holder[position]
        return
    if how == 1:
        key = chance.choice(_KEYS)
    elif how == 2:
        depth, (opened, closed) = (
            chance.choice((1, 15, 25, 60, 150, 400)),
            chance.choice((("[", "]"), ('{"or":[', "]}"))),
        )
        value = Raw(opened * depth + _text(value) + closed * depth)
    elif how < 5:
        value = chance.choice(_VALUES)
    if how >= 4:  # beside what stands there already
        holder.insert(position, (key, value) if isinstance(holder, Pairs) else value)
    else:
        holder[position] = (key, value) if isinstance(holder, Pairs) else value


def _places(node: Any) -> Any:
    for position in range(len(node)):
        yield node, position
        inner = node[position][1] if isinstance(node, Pairs) else node[position]
        if isinstance(inner, list):
            yield from _places(inner)
